"""Reading one text under a tenant's scope in one round trip to the server: the compiled way's call.

The statement makes the transaction's settings in a part that is evaluated first, and gives its value only
when they are made:

    SELECT CASE WHEN scope.bound THEN textsend(…) END
    FROM (SELECT set_config('app.current_tenant_id', $1, true) IS NOT NULL AND … AS bound OFFSET 0) AS scope

It is sent as one exchange of the extended protocol, which is a transaction of its own: the settings end with
it, whatever becomes of it. `OFFSET 0` keeps the part apart, so that it is evaluated once, and CASE evaluates
the expression after it; row-level security's own `(SELECT leora.tenant_id())` is evaluated where a row is
first tested, which is later still. `textsend` gives the text as it is sent anyway, so that nobody decodes what
is to be bytes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.pool import connection_of
from leora_gql.db.scope import SETTINGS, TenantScope


@dataclass(frozen=True, slots=True)
class Expression:
    """A scalar SQL expression of type text with the parameters `$1` … `$n`, n being `parameters`.

    Make one per plan and keep it: the server's prepared statement is found by it.
    """

    sql: str
    parameters: int
    bound: str = field(init=False, repr=False, compare=False)
    """The statement that gives it in UTF-8 under a scope, whose settings are the parameters after its own."""
    bare: str = field(init=False, repr=False, compare=False)
    """The statement that gives it in a transaction that is bound already."""

    def __post_init__(self) -> None:
        made = [
            f"set_config('{name}', ${number}, true) IS NOT NULL"
            for number, name in enumerate(SETTINGS, self.parameters + 1)
        ]
        made.append("set_config('transaction_read_only', 'on', true) IS NOT NULL")
        bound = (
            f"SELECT CASE WHEN scope.bound THEN textsend({self.sql}) END"
            f" FROM (SELECT {' AND '.join(made)} AS bound OFFSET 0) AS scope"
        )
        object.__setattr__(self, "bound", bound)
        object.__setattr__(self, "bare", f"SELECT {self.sql}")


async def read_utf8(
    pools: Pools,
    scope: TenantScope,
    expression: Expression,
    arguments: Sequence[object],
    *,
    login: Login,
    patient: bool = False,
) -> bytes | None:
    """The expression's value in UTF-8 under the scope: read only, in one round trip and a transaction of its own.

    Who is `patient` waits for a connection as long as who writes. Raises `Unavailable` when no connection can be had
    in time or it is lost on the way; the driver's `PostgresError` for what the server refuses. Nothing is tried twice.
    """
    pool = pools.pool(login)
    connection = await pool.take(scope.tenant_id, seconds=pools.wait_seconds(read_only=not patient))
    try:
        return await connection.text(expression.bound, (*arguments, *scope.values))
    finally:
        pool.give_back(connection)


async def text_in(core: AsyncConnection, expression: Expression, arguments: Sequence[object]) -> str | None:
    """The expression's value inside the open transaction of `with_tenant`, which sees what it has written.

    Raises `RuntimeError` outside such a transaction, `Unavailable` when the connection is lost, the driver's
    `PostgresError` for what the server refuses.
    """
    return await connection_of(core).text(expression.bare, arguments)
