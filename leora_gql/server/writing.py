"""The writing transaction of an operation: all of its declared mutations, or nothing.

1. *Plan* (`planning.py`): permission and input of each mutation are checked, and no transaction is opened when one
   of them fails.
2. *Do*: the services run in order, in one READ COMMITTED transaction on the login that writes for the
   audience; the first that refuses undoes all.
3. *Tell*: the operation is answered. What it created is read on the login that *reads* for the audience, which
   alone decides what the caller may see. Staff reads and writes on the same login: there the payload is read in
   the same transaction, before its commit, and a database error in it undoes the change. For the portal it
   is read after the commit, in a read-only transaction; an error then stands at its field, and the change stays.

No answer leaves before the commit. When that fails, the answer says so and nothing happened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import Principal
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.change import Change, Origin
from leora_gql.domains.locks import take
from leora_gql.graph.plan import Plan
from leora_gql.server.context import login_of, scope_of

T = TypeVar("T")


def writing_login_of(principal: Principal) -> Login:
    """The login that writes for the principal's audience."""
    return Login.PORTAL_WRITE if principal.audience is Audience.PORTAL else Login.STAFF


def told_before_commit(principal: Principal) -> bool:
    """Whether what the principal changes is told in the writing transaction, so that failing to tell undoes it."""
    return writing_login_of(principal) is login_of(principal)


class _Undone(Exception):
    """Leaves the transaction so that nothing of it stays; never seen outside."""


Tell = Callable[[AsyncConnection | None], Awaitable[T]]
"""Makes the answer of a plan: in the transaction of the change while that is open, where what it raises undoes it."""


async def perform(plan: Plan, *, pools: Pools, principal: Principal, origin: Origin, tell: Tell[T]) -> T:
    """Do what is planned, all of it or nothing, and give the answer that `tell` makes of the plan.

    It is called again, outside, when the transaction fails after it.
    """
    plan.closed = True
    if plan.failed or not plan.calls:
        return await tell(None)
    try:
        told = await _in_one_transaction(plan, pools=pools, principal=principal, origin=origin, tell=tell)
    except _Undone:
        told = None
    except Exception as error:  # noqa: BLE001  whatever it is, the answer tells it at its field
        plan.fail(error)
        told = None
    return told[0] if told is not None else await tell(None)


async def _in_one_transaction(
    plan: Plan, *, pools: Pools, principal: Principal, origin: Origin, tell: Tell[T]
) -> tuple[T] | None:
    """The answer, where it is told before the commit. Raises what undoes the transaction.

    All that the services lock is locked before the first of them; what they did is written down last, since that
    takes the lock of the tenant's head row, for which every other change of the tenant waits.
    """
    async with with_tenant(pools, scope_of(principal), login=writing_login_of(principal)) as connection:
        change = Change(connection, actor=principal, origin=origin)
        await take(connection, plan.locks())
        await plan.run(change)
        if plan.failed:
            raise _Undone
        told = (await tell(connection),) if told_before_commit(principal) else None
        await change.flush()
        return told
