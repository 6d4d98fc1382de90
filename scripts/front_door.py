"""What the HTTP front door adds to a request, in microseconds.

    .venv/bin/python scripts/front_door.py [--rounds 200] [--requests 500]

In one process, without a socket or a database: a signed-in POST of a small operation goes to the product, and to an
ASGI application that reads a body and sends a constant answer, in turn, round by round. What executes is replaced by
a constant, so the difference is the front door's own: headers, JSON, credential, media type, the watch on time and
caller, the reply. Prints the medians of the rounds, and the median and quartiles of their differences.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvloop
from pydantic import SecretStr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leora_gql.app import Application
from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.lookup import Lookup, SessionRecord, Standing
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.connect import open_pools
from leora_gql.schema import product_schema
from leora_gql.server.answer import Answer
from leora_gql.server.caller import Caller
from leora_gql.server.documents import Document, Documents
from leora_gql.server.http import GraphQLEndpoint
from leora_gql.server.limits import widest_limits
from leora_gql.server.live import Live
from leora_gql.server.operation import Operations, Prepared
from leora_gql.server.request import OperationRequest
from leora_gql.settings import Settings, load_settings

QUERY = "query Kind { __typename }"
BODY = b'{"query":"query Kind { __typename }","operationName":"Kind","variables":{}}'
ANSWER = b'{"__typename":"Query"}'
BARE = b'{"data":' + ANSWER + b"}"


class Constant(Operations):
    """Runs nothing: one operation, one answer."""

    def __init__(self, settings: Settings) -> None:
        schema = product_schema()._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  as in app.py
        document = Documents(schema, limits=widest_limits(settings)).get(QUERY)
        assert isinstance(document, Document)
        (operation,) = document.operations
        self._prepared = Prepared(operation, OperationRequest(query=QUERY), operation.price({}), 1)
        self._constant = Answer(ANSWER)

    def prepare(self, request: OperationRequest, caller: Caller) -> Prepared | Answer:
        """The one operation."""
        return self._prepared

    async def run(self, prepared: Prepared, caller: Caller) -> Answer:
        """The one answer, to who is signed in only."""
        if caller.principal is None:
            raise RuntimeError("The credential was not taken.")
        return self._constant


class OneSession(Lookup):
    """Knows one session, without a database."""

    def __init__(self, record: SessionRecord) -> None:
        self._record = record

    async def session(self, tenant_id: UUID, *, session_id: UUID) -> SessionRecord | None:
        """The session."""
        return self._record


async def bare(_: Scope, receive: Receive, send: Send) -> None:
    """The least that an ASGI application can do."""
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BARE))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BARE})


def product(settings: Settings) -> tuple[ASGIApp, str]:
    """The product without a database, and an access token for it."""
    auth = Authenticator(settings, open_pools(settings))
    tenant, user, session = uuid4(), uuid4(), uuid4()
    principal = Principal(ActorKind.USER, user, tenant, settings.default_tenant_slug, session_id=session)
    ends_at = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    auth.lookup = OneSession(SessionRecord(Standing(principal, active=True), None, ends_at))
    token = auth.tokens.issue(tenant_id=tenant, subject=user, session_id=session).token
    endpoint = GraphQLEndpoint(Constant(settings), settings=settings, auth=auth, live=Live(settings))

    def no_lifespan(_: Application) -> Any:
        raise RuntimeError("Nothing here has a life.")

    return Application({"http": endpoint}, routes=(), middleware=(), lifespan=no_lifespan), token


def scope_of(token: str) -> Scope:
    """A request as uvicorn gives it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 4000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": "POST",
        "root_path": "",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [
            (b"host", b"127.0.0.1:4000"),
            (b"accept", b"application/graphql-response+json, application/json;q=0.9"),
            (b"accept-encoding", b"gzip, deflate, br"),
            (b"connection", b"keep-alive"),
            (b"user-agent", b"front-door/1"),
            (b"content-length", b"%d" % len(BODY)),
            (b"content-type", b"application/json"),
            (b"authorization", b"Bearer " + token.encode()),
        ],
        "state": {},
    }


async def seconds_of(app: ASGIApp, scope: Scope, requests: int) -> float:
    """Seconds of processor time that a request takes, on average over so many."""

    async def receive() -> Message:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"Refused with {message['status']}.")

    began = time.thread_time()
    for _ in range(requests):
        await app({**scope, "headers": list(scope["headers"])}, receive, send)
    return (time.thread_time() - began) / requests


async def measure(settings: Settings, *, rounds: int, requests: int) -> None:
    """Print what a request takes either way, and the difference."""
    app, token = product(settings)
    scope = scope_of(token)
    plain: list[float] = []
    ours: list[float] = []
    for number in range(rounds + 1):
        pair = await seconds_of(bare, scope, requests), await seconds_of(app, scope, requests)
        if number:  # the first one warms up
            plain.append(pair[0] * 1e6)
            ours.append(pair[1] * 1e6)
    added = [after - before for before, after in zip(plain, ours, strict=True)]
    low, middle, high = statistics.quantiles(added, n=4)
    print(f"bare ASGI application  {statistics.median(plain):6.2f} µs")
    print(f"front door             {statistics.median(ours):6.2f} µs")
    print(f"added                  {middle:6.2f} µs (quartiles {low:.2f} to {high:.2f}, {rounds} rounds)")


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--requests", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        address = SecretStr("postgresql://leora_staff:nobody@127.0.0.1:1/leora")
        settings = load_settings(_env_file=None, data_dir=Path(folder), database_url=address)
        run = measure(settings, rounds=arguments.rounds, requests=arguments.requests)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run)


if __name__ == "__main__":
    main()
