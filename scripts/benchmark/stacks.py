"""The stacks that are compared: how each is started, and what it is asked."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bundle
import httpx

from benchmark import written
from benchmark.database import ACCOUNT, Database
from benchmark.load import UNIQUE
from benchmark.operations import Operation
from benchmark.processes import Family, free_port, serving
from leora_gql.db.admission import Admission
from leora_gql.db.connect import pool_sizes
from leora_gql.db.logins import Login
from leora_gql.demo import PASSWORD
from leora_gql.secrets_file import SECRET_NAMES
from leora_gql.settings import Settings, variable

PEER = Path(__file__).resolve().parent / "peer"
_OLDEST_NODE = 22
_RATE_LIMITS = (
    "RATE_LIMIT_TENANT",
    "RATE_LIMIT_PRINCIPAL",
    "RATE_LIMIT_ADDRESS",
    "RATE_LIMIT_ANONYMOUS",
)
"""One caller asks for everything here."""
_SIGN_IN = "mutation($input: SignInInput!) { signIn(input: $input) { accessToken } }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the stacks are run: `workers` processes each, with `pool` connections per process."""

    database: Database
    workers: int
    pool: int
    logs: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack: its name in the report, and how it is started (given the port and the token of who asks)."""

    name: str
    title: str
    start: Callable[[Plan, int, str], AbstractContextManager[Family]]
    is_peer: bool = False

    def bodies(self, operation: Operation, database: Database) -> tuple[str, ...]:
        """The requests' bodies for an operation, to be asked in turn."""
        query = operation.peer if self.is_peer else operation.gateway
        values = _peer_variables if self.is_peer else _variables
        return tuple(
            json.dumps({"query": query, "variables": given} if given else {"query": query})
            for given in values(operation.name, database)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A stack that serves."""

    stack: Stack
    port: int
    token: str
    family: Family

    def answer(self, body: str) -> Any:
        """The answer's `data`. Raises `SystemExit` when there is none, or errors beside it."""
        response = httpx.post(
            f"http://127.0.0.1:{self.port}/graphql",
            content=body,
            headers={
                "content-type": "application/json",
                "accept": "application/json",
                "authorization": f"Bearer {self.token}",
            },
            timeout=30,
        )
        answer = response.json()
        if response.status_code != 200 or answer.get("errors") or answer.get("data") is None:
            raise SystemExit(
                f"{self.stack.title} answered {response.status_code}: {response.text[:1000]}\nto {body[:1000]}"
            )
        return answer["data"]


def _variables(operation: str, database: Database) -> list[dict[str, Any]]:
    if operation == "order":
        return [{"id": base64.b64encode(f"Order:{key}".encode()).decode()} for key in database.orders]
    if operation in {"page", "growth"}:
        return [{"status": "FULFILLED"}]
    if operation == "supplier":
        return [{"input": {"name": f"Bench {UNIQUE}"}}]
    return [{}]


def _peer_variables(operation: str, database: Database) -> list[dict[str, Any]]:
    tenant = str(database.tenant)
    if operation == "order":
        return [{"tenant": tenant, "id": str(key)} for key in database.orders]
    if operation == "supplier":
        row = {"tenantId": tenant, "rowId": UNIQUE, "name": f"Bench {UNIQUE}", "slug": f"bench-{UNIQUE}"}
        return [{"input": {"supplier": row}}]
    return _variables(operation, database)


def _gateway(compiler: str) -> Callable[[Plan, int, str], AbstractContextManager[Family]]:
    def start(plan: Plan, port: int, token: str) -> AbstractContextManager[Family]:
        settings = plan.database.settings
        size = next(size for size in range(7, 200) if _for_one_tenant(settings, size) >= plan.pool)
        address = plan.database.staff.render_as_string(hide_password=False)
        environment = {
            "LEORA_ENV": "production",
            "DATABASE_URL": address,
            "DATABASE_POOL_SIZE": str(size),
            "DATA_DIR": str(settings.data_dir),
            "ACCESS_TOKEN_MINUTES": "60",
            "COMPILER": compiler,
            "LOG_LEVEL": "warning",
            **dict.fromkeys(_RATE_LIMITS, "off"),
            **{variable(name): getattr(settings, name).get_secret_value() for name in SECRET_NAMES},
        }
        command = [
            sys.executable,
            "-m",
            "leora_gql.cli.main",
            "serve",
            "--port",
            str(port),
            "--workers",
            str(plan.workers),
        ]
        return serving(command, port=port, environment=environment, log=plan.logs / f"gateway-{compiler}.log")

    return start


def _for_one_tenant(settings: Settings, size: int) -> int:
    """How many staff connections one tenant may use at once: all who ask here are of one, as in the other stacks."""
    sizes = pool_sizes(settings.model_copy(update={"database_pool_size": size}))
    return Admission(sizes[Login.STAFF]).tenant_limit


def _written(plan: Plan, port: int, token: str) -> AbstractContextManager[Family]:
    address = plan.database.staff.render_as_string(hide_password=False)
    environment = written.environment(url=address, pool=plan.pool, scope=plan.database.scope, token=token)
    command = [
        *(sys.executable, "-m", "uvicorn", "--factory", "benchmark.written:Application"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", str(plan.workers), "--no-access-log"),
        *("--loop", "uvloop", "--http", "httptools", "--no-server-header", "--log-level", "warning"),
    ]
    return serving(command, port=port, environment=environment, log=plan.logs / "written.log")


def _peer(plan: Plan, port: int, token: str) -> AbstractContextManager[Family]:
    database = plan.database
    names = ("tenant_id", "actor_kind", "actor_id", "customer_id")
    given = {f"app.current_{name}": value for name, value in zip(names, database.scope, strict=True)}
    environment = {
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "DATABASE_URL": database.staff.render_as_string(hide_password=False),
        "PG_SETTINGS": json.dumps(given),
        "POOL": str(plan.pool),
        "PORT": str(port),
        "WORKERS": str(plan.workers),
    }
    command = [_node(), PEER / "cluster.cjs"]
    return serving(command, port=port, environment=environment, log=plan.logs / "peer.log")


def _node() -> str:
    """A Node that the peer runs on, with the peer's packages installed. Raises `SystemExit` without one."""
    packaged = bundle.packaged_node()
    candidates = [
        os.environ.get("NODE"),
        shutil.which("node"),
        str(packaged / "bin" / "node") if packaged else None,
    ]
    found = next((node for node in candidates if node and bundle.node_traits(node)[0] >= _OLDEST_NODE), None)
    if found is None:
        raise SystemExit(
            f"The peer needs Node {_OLDEST_NODE} or newer: name one by NODE=, or run"
            " `.venv/bin/pip install -r requirements/node.txt`. --stacks leaves the peer out."
        )
    lock, stamp = PEER / "package-lock.json", PEER / "node_modules" / ".lock.sha256"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        bundle.npm_ci(PEER)
        stamp.write_text(wanted)
    return found


STACKS: Mapping[str, Stack] = {
    stack.name: stack
    for stack in (
        Stack(name="compiled", title="gateway, compiled", start=_gateway("on")),
        Stack(name="resolved", title="gateway, resolved", start=_gateway("off")),
        Stack(name="written", title="SQL by hand", start=_written),
        Stack(name="peer", title="PostGraphile 5", start=_peer, is_peer=True),
    )
}


@contextlib.contextmanager
def running(names: list[str], plan: Plan) -> Generator[list[Running]]:
    """The stacks of those names, all serving at once; ended when the block ends."""
    token = "nobody"
    with contextlib.ExitStack() as started:
        serving_now: list[Running] = []
        for stack in (STACKS[name] for name in names):
            port = free_port()
            family = started.enter_context(stack.start(plan, port, token))
            if token == "nobody" and stack.name in {"compiled", "resolved"}:
                token = _sign_in(port)
            serving_now.append(Running(stack=stack, port=port, token=token, family=family))
        yield serving_now


def _sign_in(port: int) -> str:
    body = {"query": _SIGN_IN, "variables": {"input": {"email": ACCOUNT.email, "password": PASSWORD}}}
    answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json=body, timeout=30).json()
    return answer["data"]["signIn"]["accessToken"]
