"""Mail: posted without waiting, sent beside what goes on; that one fails is logged, and nobody is told.

Without SMTP_URL, outside production, each mail becomes a file in `<DATA_DIR>/mail`, for the developer to read.
What a mail says is never logged: there are tokens in it.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import structlog
from uuid_utils import uuid7

from leora_gql.settings import Settings

log = structlog.get_logger("leora.mail")

_SENDER = "Leora <leora@localhost>"
_MOST_WAITING = 1_000
_MOST_AT_ONCE = 8
_SECONDS_TO_SEND = 30
_SECONDS_TO_CLOSE = 5
_SUBMISSION, _SUBMISSION_TLS = 587, 465


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one person, who has asked for it or not."""

    to: str
    subject: str
    text: str = field(repr=False)
    asked_for: bool = False


@dataclass(slots=True)
class _Lane:
    """Mails that wait for each other: some are on their way, the others behind them."""

    waiting: int = 0
    sending: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_AT_ONCE))


class Mailer:
    """Sends mails by the SMTP server of the settings. Call `close` with the application's lifespan.

    Mails that somebody has asked for never wait behind those that nobody has.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = settings.smtp_url.get_secret_value() if settings.smtp_url else None
        self._sender = settings.mail_from or _SENDER
        self._public_url = (settings.public_url or f"http://localhost:{settings.port}").rstrip("/")
        self._folder = None if settings.is_production else settings.data_dir / "mail"
        self._sending: set[asyncio.Task[None]] = set()
        self._lanes = {asked_for: _Lane() for asked_for in (True, False)}

    def link(self, page: str, token: str) -> str:
        """The address of a page of the site that the token is for: behind a `#`, which no server is told."""
        return f"{self._public_url}/{page}#token={quote(token, safe='')}"

    def post(self, mail: Mail) -> None:
        """Have a mail sent; gives nothing, raises nothing and does not wait."""
        lane = self._lanes[mail.asked_for]
        if lane.waiting >= _MOST_WAITING:
            log.error("mail not sent", subject=mail.subject, reason="too many are waiting")
            return
        lane.waiting += 1
        task = asyncio.get_running_loop().create_task(self._in_turn(mail, lane), name="leora-mail")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def sent(self) -> None:
        """Wait until every mail that was posted is sent or has failed."""
        if self._sending:
            await asyncio.wait(set(self._sending))

    async def close(self) -> None:
        """Give what is on its way a moment, then let it go."""
        if not self._sending:
            return
        _, late = await asyncio.wait(set(self._sending), timeout=_SECONDS_TO_CLOSE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _in_turn(self, mail: Mail, lane: _Lane) -> None:
        try:
            async with lane.sending:
                await self._deliver(mail)
        finally:
            lane.waiting -= 1

    async def _deliver(self, mail: Mail) -> None:
        try:
            message = self._message(mail)
            if self._url is not None:
                await _send(message, self._url, to=mail.to)
            elif self._folder is not None:
                path = await asyncio.to_thread(_keep, message, self._folder)
                log.info("mail written", subject=mail.subject, file=str(path))
            else:
                log.error("mail not sent", subject=mail.subject, reason="SMTP_URL is not set")
        except Exception as error:  # noqa: BLE001  whatever it is, who asked for the mail is not told
            log.error("mail not sent", subject=mail.subject, reason=type(error).__name__)  # noqa: TRY400  its text may quote the mail

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, mail.to, mail.subject
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="leora")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message


async def _send(message: EmailMessage, url: str, *, to: str) -> None:
    """Send by a server's address; a password goes over an encrypted connection only. Raises what went wrong."""
    import aiosmtplib  # only for those who have a server

    parts = urlsplit(url)
    encrypted = parts.scheme == "smtps"
    username = unquote(parts.username) if parts.username else None
    await aiosmtplib.send(
        message,
        recipients=[to],
        hostname=parts.hostname,
        port=parts.port or (_SUBMISSION_TLS if encrypted else _SUBMISSION),
        username=username,
        password=unquote(parts.password) if parts.password else None,
        use_tls=encrypted,
        start_tls=False if encrypted else (True if username else None),
        timeout=_SECONDS_TO_SEND,
    )


def _keep(message: EmailMessage, folder: Path) -> Path:
    """Write a mail to a file that only its owner reads."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{uuid7()}.eml"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(message.as_bytes())
    return path
