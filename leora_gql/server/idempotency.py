"""Requests that come with an `Idempotency-Key`: done once, and answered the same for 24 hours.

The key's row is the first that the transaction writes: whoever comes with the same key waits there for its end, and
finds the answer. A rollback leaves no key. Within a process they wait before they take a connection.

An answer is told anew from the rows behind it where it was too long to be kept, and where its reader may see less now
than then.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import orjson
from sqlalchemy import Column, LargeBinary, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.principal import Principal
from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.errors import BadUserInput, Conflict
from leora_gql.graph.plan import Known
from leora_gql.graph.problems import Problem, UserErrorCode
from leora_gql.server.answer import Answer

LONGEST_KEY = 255
LONGEST_ANSWER = 64 * 1024
"""Bytes of an answer that is kept; of a longer one the rows are."""

_WHOSE = (
    bindparam("kind", type_=Text()),
    bindparam("actor", type_=Uuid()),
    bindparam("key", type_=Text()),
)
_FORGET = Kept(
    text(
        "DELETE FROM leora.idempotency_keys WHERE actor_kind = :kind AND actor_id = :actor AND key = :key"
        " AND created_at < now() - interval '24 hours'"
    ).bindparams(*_WHOSE)
)
_CLAIM = Kept(
    text(
        "INSERT INTO leora.idempotency_keys (tenant_id, id, actor_kind, actor_id, key, request_hash)"
        " VALUES (:tenant, :id, :kind, :actor, :key, :digest) ON CONFLICT DO NOTHING RETURNING id"
    )
    .bindparams(
        *_WHOSE,
        bindparam("tenant", type_=Uuid()),
        bindparam("id", type_=Uuid()),
        bindparam("digest", type_=LargeBinary()),
    )
    .columns(Column("id", Uuid()))
)
_FIND = Kept(
    text(
        "SELECT request_hash, response FROM leora.idempotency_keys"
        " WHERE actor_kind = :kind AND actor_id = :actor AND key = :key"
    )
    .bindparams(*_WHOSE)
    .columns(
        Column("request_hash", LargeBinary()),
        Column("response", LargeBinary()),
    )
)
_KEEP = Kept(
    text(
        "UPDATE leora.idempotency_keys SET response = :response"
        " WHERE actor_kind = :kind AND actor_id = :actor AND key = :key"
    ).bindparams(*_WHOSE, bindparam("response", type_=LargeBinary()))
)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a committed request came to: its answer with the count of its objects, and the rows behind it.

    An answer that is told after the commit is missing for that moment, and one that is not for the reader's eyes or too
    long for good; whoever asks then has it told from the rows.
    """

    rows: Mapping[str, Known]
    answer: Answer | None = None
    objects: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """One request's right to be done under a key."""

    principal: Principal
    key: str
    digest: bytes
    sealing: bytes

    async def hold(self, connection: AsyncConnection) -> Remembered | None:
        """Claim the key in the transaction; or what the request came to that has it. Raises `Conflict`."""
        if await self._claimed(connection):
            return None
        if await _FORGET.run(connection, **self._whose()) and await self._claimed(connection):
            return None
        return await self.find(connection)

    async def _claimed(self, connection: AsyncConnection) -> bool:
        claimed = await _CLAIM.value(
            connection,
            tenant=self.principal.tenant_id,
            id=new_id(),
            digest=self.digest,
            **self._whose(),
        )
        return claimed is not None

    async def find(self, connection: AsyncConnection) -> Remembered | None:
        """What the request came to that has the key; None where there is none. Raises `Conflict` for another one."""
        found = await _FIND.row(connection, **self._whose())
        if found is None:
            return None
        if not hmac.compare_digest(found["request_hash"], self.digest):
            raise Conflict("Another request came with that Idempotency-Key.")
        return _read(found["response"], self.sealing, self.principal)

    async def keep(self, connection: AsyncConnection, what: Remembered) -> None:
        """Remember what the request comes to."""
        sealed = _sealed(what, self.sealing, self.principal)
        await _KEEP.run(connection, response=sealed, **self._whose())

    def _whose(self) -> dict[str, object]:
        return {"kind": self.principal.kind.value, "actor": self.principal.id, "key": self.key}


@dataclass(slots=True)
class Claims:
    """Gives each request that brings a key its claim; those of one key go one after the other."""

    secret: bytes
    _locks: WeakValueDictionary[tuple[UUID, UUID, str], asyncio.Lock] = field(
        default_factory=WeakValueDictionary[tuple[UUID, UUID, str], asyncio.Lock]
    )

    @asynccontextmanager
    async def claim(self, principal: Principal, key: str, request: object) -> AsyncGenerator[Claim]:
        """The claim of a request (anything that JSON can hold) to a key. Raises `BadUserInput` for a bad one."""
        if not 0 < len(key.strip()) <= len(key) <= LONGEST_KEY or "\0" in key:
            raise BadUserInput(f"An Idempotency-Key has 1 to {LONGEST_KEY} characters.")
        whose = (principal.tenant_id, principal.id, key)
        lock = self._locks.get(whose)
        if lock is None:
            lock = self._locks[whose] = asyncio.Lock()
        async with lock:
            yield Claim(principal, key, self._digest(request), self.secret)

    def _digest(self, request: object) -> bytes:
        asked = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
        return hmac.digest(b"leora idempotency\0" + self.secret, asked, hashlib.sha256)


def keeps(answer: Answer) -> bool:
    """Whether the answer is kept, and not only the rows behind it."""
    return answer.data is not None and len(answer.data) <= LONGEST_ANSWER


def _sealed(what: Remembered, secret: bytes, principal: Principal) -> bytes:
    from leora_gql.auth.sealing import seal  # its library is large, and only for those who send keys

    body: dict[str, Any] = {
        "rows": {key: _as_json(row) for key, row in what.rows.items()},
        "objects": what.objects,
    }
    if what.answer is not None and what.answer.data is not None and keeps(what.answer):
        body["answer"] = {"data": what.answer.data.decode(), "errors": list(what.answer.errors)}
        body["permissions"] = sorted(principal.permissions)
    return seal(orjson.dumps(body), key=secret, tenant=principal.tenant_id)


def _read(sealed: bytes, secret: bytes, principal: Principal) -> Remembered:
    from leora_gql.auth.sealing import unseal

    body: dict[str, Any] = orjson.loads(unseal(sealed, key=secret, tenant=principal.tenant_id))
    rows = {key: _from_json(row) for key, row in body["rows"].items()}
    told = body.get("answer")
    if told is None or not principal.permissions.issuperset(body["permissions"]):
        return Remembered(rows)
    return Remembered(rows, Answer(told["data"].encode(), told["errors"]), body["objects"])


def _as_json(known: Known) -> object:
    if isinstance(known, UUID):
        return str(known)
    return [str(one) if isinstance(one, UUID) else [_problem_as_json(each) for each in one] for one in known]


def _problem_as_json(problem: Problem) -> list[object]:
    return [problem.code.value, problem.message, problem.field]


def _from_json(known: Any) -> Known:
    if isinstance(known, str):
        return UUID(known)
    return tuple(UUID(one) if isinstance(one, str) else tuple(map(_problem, one)) for one in known)


def _problem(given: list[Any]) -> Problem:
    code, message, field = given
    return Problem(UserErrorCode(code), message, None if field is None else tuple(field))
