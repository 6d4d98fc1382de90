"""An SMTP server for tests, on a real socket, that keeps what it is sent."""

from __future__ import annotations

import asyncio
import email
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP

from leora_gql.settings import Settings

_TOKEN = re.compile(r"#token=(\S+)")


@dataclass(frozen=True)
class Letter:
    """A mail as it arrived: to whom the envelope says, and what is in it."""

    to: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        """Its text."""
        return self.message.get_content()

    @property
    def token(self) -> str:
        """The token in its link."""
        found = _TOKEN.search(self.text)
        assert found is not None
        return found[1]


@dataclass
class Postbox:
    """What arrived. With `refuses` nothing does; mails to `slow_to` take until `go_on` is set."""

    port: int = 0
    refuses: bool = False
    slow_to: str | None = None
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    letters: list[Letter] = field(default_factory=list)
    _coming: asyncio.Queue[Letter] = field(default_factory=asyncio.Queue)

    @property
    def url(self) -> str:
        """For SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        """Take a mail."""
        if self.refuses:
            return "554 No"
        if self.slow_to in envelope.rcpt_tos:
            await self.go_on.wait()
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        letter = Letter(tuple(envelope.rcpt_tos), message)
        self.letters.append(letter)
        self._coming.put_nowait(letter)
        return "250 OK"

    async def next(self) -> Letter:
        """The next mail, which arrives soon."""
        return await asyncio.wait_for(self._coming.get(), timeout=20)


@asynccontextmanager
async def open_postbox() -> AsyncGenerator[Postbox]:
    """A server that runs within the block."""
    box = Postbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()


async def mailed_token(settings: Settings, to: str) -> str:
    """The token of the mail to somebody, which is written beside the answer."""
    async with asyncio.timeout(20):
        while True:
            for path in (settings.data_dir / "mail").glob("*.eml"):
                message = email.message_from_bytes(path.read_bytes(), policy=default)
                found = _TOKEN.search(message.get_content()) if message["To"] == to else None
                if found is not None:
                    return found[1]
            await asyncio.sleep(0.02)
