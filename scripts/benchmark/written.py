"""The bar: the benchmark's operations as somebody would write them by hand, for speed and nothing else.

A bare ASGI application, held connections with prepared statements, SQL that makes the JSON text, and one round trip
for a query: the statement that reads is the one that sets whose rows it may see. It knows its few documents by heart.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, cast

import asyncpg
import orjson
from asyncpg.prepared_stmt import PreparedStatement
from uuid_utils import uuid7

from benchmark.operations import Operation, operation

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Values = Sequence[str]
Answerer = Callable[[dict[str, Any]], Awaitable[str]]

_SCOPED = """
SELECT CASE WHEN scope.bound THEN ({}) END
FROM (
    SELECT set_config('app.current_tenant_id', $1, true) IS NOT NULL
        AND set_config('app.current_actor_kind', $2, true) IS NOT NULL
        AND set_config('app.current_actor_id', $3, true) IS NOT NULL
        AND set_config('app.current_customer_id', $4, true) IS NOT NULL AS bound
    OFFSET 0
) scope
"""


class Held:
    """A connection that is kept, with the statements that were prepared on it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self._prepared: dict[str, PreparedStatement] = {}

    async def value(self, statement: str, values: Values) -> str:
        """The one value that a statement gives."""
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = self._prepared[statement] = await self.connection.prepare(statement)
        return cast("str", await prepared.fetchval(*values))


class Pool:
    """A fixed number of held connections; who finds none waits in line."""

    def __init__(self, held: Sequence[Held]) -> None:
        self._free = deque(held)
        self._waiting: deque[asyncio.Future[Held]] = deque()

    async def take(self) -> Held:
        """A connection, which must be given back."""
        if self._free:
            return self._free.pop()
        turn: asyncio.Future[Held] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        return await turn

    def give(self, held: Held) -> None:
        """Give a connection back: to whom has waited longest, if anybody does."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(held)
                return
        self._free.append(held)

    async def value(self, statement: str, values: Values) -> str:
        """The one value that a statement gives, on any connection."""
        held = await self.take()
        try:
            return await held.value(statement, values)
        finally:
            self.give(held)


class Written:
    """The operations' answers; `scope` is what the policies of the database read."""

    def __init__(self, pool: Pool, scope: Values) -> None:
        self._pool = pool
        self._scope = scope
        self._begin = "BEGIN; SELECT " + ", ".join(
            f"set_config('app.{name}', '{value}', true)" for name, value in zip(_SETTINGS, scope, strict=True)
        )
        self.answers: dict[str, Answerer] = {
            operation("order").gateway: self._query(operation("order"), lambda given: (_key(given["id"]),)),
            operation("orders").gateway: self._query(operation("orders")),
            operation("skus").gateway: self._query(operation("skus")),
            operation("page").gateway: self._query(operation("page"), lambda given: (given["status"],)),
            operation("deep").gateway: self._query(operation("deep")),
            operation("typename").gateway: self._typename,
            operation("supplier").gateway: self._create_supplier,
        }

    def _query(self, asked: Operation, values: Callable[[dict[str, Any]], Values] = lambda _: ()) -> Answerer:
        statement, scope, pool = _SCOPED.format(asked.written), self._scope, self._pool

        async def answer(given: dict[str, Any]) -> str:
            return await pool.value(statement, (*scope, *values(given)))

        return answer

    async def _typename(self, _: dict[str, Any]) -> str:
        return '{"__typename":"Query"}'

    async def _create_supplier(self, given: dict[str, Any]) -> str:
        name = str(given["input"]["name"])
        statement = operation("supplier").written
        held = await self._pool.take()
        try:
            await held.connection.execute(self._begin)
            made = await held.value(statement, (str(uuid7()), name, name.lower().replace(" ", "-")))
            await held.connection.execute("COMMIT")
            return made
        finally:
            self._pool.give(held)


_SETTINGS = ("current_tenant_id", "current_actor_kind", "current_actor_id", "current_customer_id")


def _key(global_id: str) -> str:
    return base64.b64decode(global_id).decode().partition(":")[2]


class Application:
    """The ASGI side; what it needs is in the environment, in `WRITTEN`, as `environment()` puts it there."""

    def __init__(self) -> None:
        self._given = json.loads(os.environ["WRITTEN"])
        self._token = f"Bearer {self._given['token']}".encode()
        self._answers: dict[str, Answerer] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or start with the server."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._lifespan(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        held = [Held(await asyncpg.connect(self._given["url"])) for _ in range(self._given["pool"])]
        self._answers = Written(Pool(held), self._given["scope"]).answers
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for one in held:
            await one.connection.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        if (b"authorization", self._token) not in scope["headers"]:
            await _respond(send, 401, b'{"errors":[{"message":"Sign in."}]}')
            return
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        asked = orjson.loads(body)
        data = await self._answers[asked["query"]](asked.get("variables") or {})
        await _respond(send, 200, b'{"data":%b}' % data.encode())


async def _respond(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def environment(*, url: str, pool: int, scope: Values, token: str) -> dict[str, str]:
    """The environment that the application is started with."""
    return {"WRITTEN": json.dumps({"url": url, "pool": pool, "scope": list(scope), "token": token})}
