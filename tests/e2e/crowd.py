"""A crowd at the door of a served gateway: people signed in without a password, each on a connection of its own."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import resource
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from leora_gql.auth.clock import utc_now
from leora_gql.auth.keys import SigningKeys
from leora_gql.auth.permissions import PORTAL_KEYS
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.auth.tokens import AccessTokens
from leora_gql.db.addresses import connected
from leora_gql.db.embedded import EmbeddedServer
from leora_gql.db.model import new_id
from tests.graph.principals import Runner

_PERSON = """
INSERT INTO leora.portal_users (tenant_id, id, customer_id, email, first_name, last_name, status)
VALUES (:tenant, :person, :customer, :email, 'One', 'Of Many', 'ACTIVE')
"""
_ROLE = """
INSERT INTO leora.portal_user_roles (tenant_id, portal_user_id, role_id)
SELECT tenant_id, :person, id FROM leora.roles WHERE tenant_id = :tenant AND name = 'portal_user'
"""
_SESSION = """
INSERT INTO leora.sessions (tenant_id, id, {column}, salt, idle_expires_at, expires_at)
VALUES (:tenant, :session, :person, decode(repeat('5a', 16), 'hex'), now() + '1 hour', now() + '1 hour')
"""
_LOUD = (" ERROR: ", " FATAL: ", " PANIC: ")


@dataclass
class Line:
    """One connection to the gateway, for one request after another."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, port: int) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @property
    def number(self) -> int:
        """The port at this end: no two open connections have the same."""
        return int(self.writer.get_extra_info("sockname")[1])

    async def ask(self, token: str, document: str, given: dict[str, Any]) -> tuple[int, Any]:
        """The status and the body of the answer to a mutation with that input."""
        body = json.dumps({"query": document, "variables": {"input": given}}).encode()
        self.writer.write(
            f"POST /graphql HTTP/1.1\r\nhost: leora.test\r\nauthorization: Bearer {token}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        return int(head.split()[1]), json.loads(await self.reader.readexactly(length))

    def close(self) -> None:
        self.writer.close()


@dataclass(frozen=True)
class Person:
    """Somebody signed in: who that is, and the token that says so."""

    principal: Principal
    token: str


class Signer:
    """Signs people in as the gateway would, but for asking their passwords: a session's row, and a token of its key."""

    def __init__(self, runner: Runner) -> None:
        settings = runner.settings
        self._runner = runner
        self._tokens = AccessTokens(
            SigningKeys.parse(settings.jwt_signing_keys),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            lifetime=dt.timedelta(minutes=settings.access_token_minutes),
            clock=utc_now,
        )

    async def buyers(self, count: int, customers: Sequence[UUID]) -> list[Person]:
        """So many new portal users, of these customers in turn."""
        tenant = await self._runner.tenant()
        rows = [
            {
                "tenant": tenant,
                "person": new_id(),
                "session": new_id(),
                "customer": customers[number % len(customers)],
                "email": f"buyer-{number}@crowd.test",
            }
            for number in range(count)
        ]
        async with connected(self._runner.direct_url, autocommit=True) as connection:
            for statement in (_PERSON, _ROLE, _SESSION.format(column="portal_user_id")):
                await connection.execute(text(statement), rows)
        return [self._signed_in(_buyer(row), row["session"]) for row in rows]

    async def staff(self, email: str) -> Person:
        """A demo account."""
        principal, session = await self._runner.principal(email), new_id()
        row = {"tenant": principal.tenant_id, "person": principal.id, "session": session}
        await self._runner.write(_SESSION.format(column="user_id"), **row)
        return self._signed_in(principal, session)

    def _signed_in(self, principal: Principal, session: UUID) -> Person:
        issued = self._tokens.issue(tenant_id=principal.tenant_id, subject=principal.id, session_id=session)
        return Person(principal, issued.token)


def _buyer(row: dict[str, Any]) -> Principal:
    return Principal(
        kind=ActorKind.PORTAL_USER,
        id=row["person"],
        tenant_id=row["tenant"],
        tenant_slug="well-crafted",
        permissions=PORTAL_KEYS,
        customer_id=row["customer"],
    )


def let_open(files: int) -> None:
    """Let this process, and those that it starts, have so many files open at least."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))


async def open_lines(port: int, count: int) -> list[Line]:
    """So many connections to the gateway, all open at once."""
    lines = await asyncio.gather(*(Line.open(port) for _ in range(count)))
    assert len({line.number for line in lines}) == count
    return lines


async def step(line: Line, who: Person, name: str, **given: Any) -> str:
    """OK, the code of the refusal, or what there is instead of an answer: the status, and the error's code."""
    kind = name[0].upper() + name[1:]
    made = "order { number status }" if name.endswith("Order") else "inventoryItem { onHand }"
    document = (
        f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ {made} userErrors {{ code }} }} }}"
    )
    status, body = await line.ask(who.token, document, given)
    if status != 200 or "errors" in body:
        return f"{status} {body['errors'][0]['extensions']['code']}"
    problems = body["data"][name]["userErrors"]
    return problems[0]["code"] if problems else "OK"


@dataclass
class Log:
    """What PostgreSQL's own log says of a database from now on."""

    path: Path
    database: str
    begin: int = field(init=False)

    @classmethod
    def of(cls, server: EmbeddedServer, runner: Runner) -> Log:
        return cls(server.log, str(runner.direct_url.database))

    def __post_init__(self) -> None:
        self.begin = self.path.stat().st_size

    def complaints(self) -> list[str]:
        """Its errors: a deadlock is one, also when the transaction was then tried again."""
        with self.path.open(errors="replace") as file:
            file.seek(self.begin)
            ours = [line.rstrip() for line in file if f"@{self.database} " in line]
        return [line for line in ours if any(loud in line for loud in _LOUD)]
