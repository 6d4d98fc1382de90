"""Answering mutations: all declared ones of an operation in one transaction, or nothing.

1. *Plan* (`planning.py`): permission and input of each are checked; no transaction is opened when one of them fails.
2. *Do*: what they lock is locked (`domains/locks.py`), and the services run in order, in one READ COMMITTED transaction
   on the login that writes for the audience; the first that refuses undoes all. Then comes what they left for the end
   (`Change.at_the_end`), and last what they did is written down (`domains/outbox.py`): both take the lock of the
   tenant's head row, for which all other changes wait.
3. *Tell*: the operation is answered. What it made is read on the login that *reads* for the audience, which
   alone decides what the caller may see. Staff reads and writes on the same login: there the payload is read in
   the same transaction, before its commit, and a database error in it undoes the change. For the portal it
   is read after the commit, in a read-only transaction; an error then stands at its field, and the change stays.

No answer leaves before the commit. When that fails, the answer says so and nothing happened. A request with an
`Idempotency-Key` is done once (`idempotency.py`); its permissions are checked again each time.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace

from asyncpg import DeadlockDetectedError, SerializationError
from graphql import GraphQLSchema
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.clock import utc_now
from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import Principal
from leora_gql.compiler.compiler import Bound
from leora_gql.compiler.lower import NotCompilable
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.change import Change, Origin
from leora_gql.domains.locks import take
from leora_gql.errors import Conflict, TooExpensive
from leora_gql.graph.context import GraphContext
from leora_gql.graph.plan import Plan
from leora_gql.server.answer import Answer
from leora_gql.server.compiled import CompiledWay
from leora_gql.server.context import OperationSession, login_of
from leora_gql.server.documents import Operation
from leora_gql.server.failures import public_error
from leora_gql.server.idempotency import Claim, Claims, Remembered, keeps
from leora_gql.server.request import OperationRequest
from leora_gql.server.resolved import execution, resolve
from leora_gql.settings import Settings, decode_key

_ATTEMPTS = 4
"""How often a change is tried that others were in the way of."""
_PAUSE_SECONDS = 0.02

Told = tuple[Answer, int]
"""An answer, and how many objects it holds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A mutation's request."""

    operation: Operation
    request: OperationRequest
    context: GraphContext
    principal: Principal
    session: OperationSession
    idempotency_key: str | None

    @property
    def plan(self) -> Plan:
        """What it asks for, and what has become of it."""
        return self.context.plan

    def content(self) -> object:
        """What makes it the same request when it comes again."""
        return [self.operation.document.text, self.request.variables, self.operation.name]


class _Undone(Exception):
    """Leaves the transaction so that nothing of it stays; never seen outside."""


class Changes:
    """Answers the mutations of one schema."""

    def __init__(
        self, schema: GraphQLSchema, *, settings: Settings, pools: Pools, compiled: CompiledWay
    ) -> None:
        self._schema = schema
        self._pools = pools
        self._compiled = compiled
        self._audit_key = decode_key(settings.audit_key.get_secret_value())
        self._claims = Claims(decode_key(settings.encryption_key.get_secret_value()))

    async def answer(self, asked: Asked) -> Told:
        """The answer. Raises `Conflict` and `BadUserInput` for an `Idempotency-Key` that cannot be had."""
        planning, plan = asked.operation.planning, asked.plan
        if planning is None:
            return await self._resolved(asked)
        if not planning.plan(plan, asked.request.variables, asked.principal):
            planned = await execution(self._schema, planning.document, asked.request, asked.context)
            plan.broken = bool(planned.errors)
        plan.closed = True
        if asked.idempotency_key is None or plan.denied:
            return await self._done(asked, None)
        async with self._claims.claim(asked.principal, asked.idempotency_key, asked.content()) as claim:
            return await self._done(asked, claim)

    async def _done(self, asked: Asked, claim: Claim | None) -> Told:
        done = await self._outcome(asked, claim)
        if done is None:
            return await self._tell(asked)
        if done.answer is not None:
            return done.answer, done.objects
        asked.plan.recall(done.rows)
        try:
            told = await self._tell(asked)
        except TooExpensive as error:
            raise TooExpensive(f"{error.message} What it changed stays.") from None
        if claim is not None and keeps(told[0]):
            await self._remember(claim, replace(done, answer=told[0], objects=told[1]), asked)
        return told

    async def _outcome(self, asked: Asked, claim: Claim | None) -> Remembered | None:
        """What is committed, now or under the same key before; None when nothing is, and the plan says why."""
        plan = asked.plan
        if plan.failed or not plan.calls:
            return None if claim is None else await self._remembered(claim, asked)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._in_one_transaction(asked, claim)
            except _Undone:
                return None
            except Conflict:
                raise
            except Exception as error:  # noqa: BLE001  whatever it is, the answer tells it at its field
                if attempt == _ATTEMPTS or not _was_in_the_way(error):
                    plan.fail(error)
                    return None
            plan.forget()
            asked.context.forget_rows()
            await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS) * 2**attempt)  # noqa: S311  no secret
        raise AssertionError

    async def _in_one_transaction(self, asked: Asked, claim: Claim | None) -> Remembered:
        """What is committed; without its answer where that is told afterwards. Raises what undoes it."""
        principal, plan = asked.principal, asked.plan
        async with self._writing(principal) as connection:
            found = await claim.hold(connection) if claim is not None else None
            if found is not None:
                return found
            change = Change(connection, actor=principal, origin=self._origin(asked))
            await take(connection, plan.locks())
            await plan.run(change)
            if plan.failed:
                raise _Undone
            await change.catch_up()
            done = Remembered(plan.known)
            if told_before_commit(principal):
                done = Remembered(done.rows, *await self._tell_within(asked, connection))
            if claim is not None:
                await claim.keep(connection, done)
            await change.flush()
        self._follow(change, asked)
        return done

    def _follow(self, change: Change, asked: Asked) -> None:
        """Do what follows from a change that is committed. When that fails, the change stays all the same."""
        for effect in change.effects:
            try:
                effect(asked.context.auth)
            except Exception as error:  # noqa: BLE001  the change is committed, and the caller is told so
                public_error(error, request_id=asked.context.request_id)  # for the log

    async def _remembered(self, claim: Claim, asked: Asked) -> Remembered | None:
        async with self._writing(asked.principal) as connection:
            return await claim.find(connection)

    async def _remember(self, claim: Claim, what: Remembered, asked: Asked) -> None:
        """Keep an answer that was told after the commit. When that fails, the next one has it told again."""
        try:
            async with self._writing(asked.principal) as connection:
                await claim.keep(connection, what)
        except Exception as error:  # noqa: BLE001  the change is committed, and this request has its answer
            public_error(error, request_id=asked.context.request_id)  # for the log

    def _writing(self, principal: Principal) -> AbstractAsyncContextManager[AsyncConnection]:
        return with_tenant(self._pools, principal.scope, login=writing_login_of(principal))

    def _origin(self, asked: Asked) -> Origin:
        context = asked.context
        return Origin(
            now=utc_now(),
            audit_key=self._audit_key,
            request_id=context.request_id,
            address=context.client_address,
        )

    async def _tell_within(self, asked: Asked, connection: AsyncConnection) -> Told:
        """The answer to what was done, read in its transaction. Raises what undoes it."""
        bound = await self._bound(asked)
        if bound is not None:
            return await self._compiled.read_within(bound, connection)
        async with asked.session.within(connection, asked.principal):
            told = await self._resolved(asked)
        if asked.session.failure is not None:
            raise asked.session.failure
        return told

    async def _tell(self, asked: Asked) -> Told:
        """The answer to what was done in a transaction that has ended, or that never was.

        Who has changed something waits to be told of it. When the one statement fails that reads what was made, that
        undoes nothing any more: the resolvers tell what can be told, each error at its field.
        """
        try:
            bound = await self._bound(asked)
            if bound is not None:
                return await self._compiled.read_at_once(bound, asked.principal, patient=True)
        except TooExpensive:
            raise  # the resolvers could tell no less
        except Exception as error:  # noqa: BLE001  told again below
            public_error(error, request_id=asked.context.request_id)  # for the log
        return await self._resolved(asked)

    async def _bound(self, asked: Asked) -> Bound | None:
        """What reads the payloads of all that was made in one statement; None where no statement can."""
        created = asked.plan.created
        if created is None:
            return None
        with suppress(NotCompilable):
            return await self._compiled.bind(
                asked.operation.plans, asked.request.variables, asked.principal, created=created
            )
        return None

    async def _resolved(self, asked: Asked) -> Told:
        return await resolve(self._schema, asked.operation, asked.request, asked.context)


def writing_login_of(principal: Principal) -> Login:
    """The login that writes for the principal's audience."""
    return Login.PORTAL_WRITE if principal.audience is Audience.PORTAL else Login.STAFF


def told_before_commit(principal: Principal) -> bool:
    """Whether what the principal changes is told in the writing transaction, so that failing to tell undoes it."""
    return writing_login_of(principal) is login_of(principal)


def _was_in_the_way(error: Exception) -> bool:
    """Whether only another transaction kept this one from its end, so that it may be tried again."""
    cause = getattr(getattr(error, "orig", None), "__cause__", None) or error
    return isinstance(cause, SerializationError | DeadlockDetectedError)
