"""Liveness and readiness: whether the process runs, and whether it can answer."""

from __future__ import annotations

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from leora_gql.db import revisions
from leora_gql.db.engine import CONNECTING_FAILED, Pools
from leora_gql.db.logins import Login
from leora_gql.errors import LeoraError

log = structlog.get_logger("leora.health")

_NO_STORE = {"Cache-Control": "no-store"}


async def healthz(_: Request) -> Response:
    """200 while the process runs; asks nothing of the database."""
    return JSONResponse({"status": "ok"}, headers=_NO_STORE)


class Health:
    """Readiness: the database answers, its migrations are at our head, its policies are ours."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        self._head = revisions.newest()

    async def readyz(self, _: Request) -> Response:
        """200 with every check ok, 503 with the one that is not."""
        try:
            checks = await self._checks()
        except (LeoraError, DBAPIError, *CONNECTING_FAILED) as error:
            log.warning("not ready", reason=type(error).__name__)
            checks = {"database": False}
        ready = all(checks.values())
        body = {"status": "ok" if ready else "unavailable", "checks": checks}
        return JSONResponse(body, status_code=200 if ready else 503, headers=_NO_STORE)

    async def _checks(self) -> dict[str, bool]:
        async with self._pools.connect(Login.AUTH, read_only=True) as connection:
            found = (await connection.execute(text("SELECT * FROM leora.readiness()"))).one()
        return {
            "database": True,
            "migrations": found.revision == self._head,
            "policies": bool(found.policies_hold),
        }
