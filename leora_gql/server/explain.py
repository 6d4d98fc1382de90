"""How an operation is answered, for people: compiled or why not, what is read, the SQL, PostgreSQL's plan.

The plan is that of the principal's own login under its own scope, row-level security included. Estimates in it are
of whole tables, all tenants together: that is for who develops, never for a caller in production.
No secret is in an explanation: what cursors are signed with is neither shown nor sent to be explained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, cast

from graphql import OperationType

from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.compiler.compiler import Bound
from leora_gql.compiler.lower import NotCompilable, Reason
from leora_gql.compiler.outline import outline
from leora_gql.compiler.render import MARK
from leora_gql.compiler.statement import Statement
from leora_gql.db.engine import Pools
from leora_gql.db.explaining import query_plan
from leora_gql.db.tenant import with_tenant
from leora_gql.server.compiled import CompiledWay
from leora_gql.server.context import login_of, scope_of
from leora_gql.server.documents import Operation
from leora_gql.server.sql_lines import sql_lines

PERMISSION: Final = "roles.manage"
"""Who may have answers explained: whoever decides what roles permit may do everything in the tenant already."""

KEY: Final = "<key>"
"""Shown in place of what cursors are signed with."""

_NEVER_PLANNED: Final = {
    OperationType.MUTATION: "Mutations are planned and done by their services; what they made is then read.",
    OperationType.SUBSCRIPTION: "Subscriptions send events as they happen.",
}
_NO_SQL: Final = "The answer depends on no row: it is made without the database."


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the SQL: PostgreSQL's name of its type, and its value as JSON has it."""

    name: str
    type: str
    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How an operation is answered. `reason` and `what` say why not by the compiled way, or why without SQL.

    `sql` is laid out, without the marks by which objects are counted. Texts are lines.
    """

    way: Literal["compiled", "resolved"]
    reason: Reason | None = None
    what: str | None = None
    outline: Sequence[str] = ()
    parameters: Sequence[Parameter] = ()
    sql: Sequence[str] = ()
    plan: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """What there is of it, in types of JSON; texts stay lists of lines, which JSON viewers show as such."""
        parts = {
            "way": self.way,
            "reason": self.reason and self.reason.value,
            "what": self.what,
            "outline": list(self.outline),
            "parameters": [
                {"name": one.name, "type": one.type, "value": one.value} for one in self.parameters
            ],
            "sql": list(self.sql),
            "plan": list(self.plan),
        }
        return {name: part for name, part in parts.items() if part}


def may_have_explained(principal: Principal | None) -> bool:
    """Whether a caller may see explanations at all: members of staff with `PERMISSION`."""
    return principal is not None and principal.kind is ActorKind.USER and principal.can(PERMISSION)


async def explain(
    operation: Operation,
    variables: Mapping[str, Any],
    principal: Principal | None,
    *,
    compiled: CompiledWay,
    pools: Pools,
    analyze: bool = False,
) -> Explanation:
    """How a valid operation is answered. Only queries are planned, and run only with `analyze`, read only.

    Raises `Unavailable`, and the driver's `PostgresError` for what the server refuses.
    """
    if operation.kind is not OperationType.QUERY:
        reason = Reason.MUTATION if operation.kind is OperationType.MUTATION else Reason.HAND_WRITTEN
        return Explanation(way="resolved", reason=reason, what=_NEVER_PLANNED[operation.kind])
    try:
        bound = (await compiled.compiler()).bind(operation.plans, variables, principal)
    except NotCompilable as why:
        return Explanation(way="resolved", reason=why.reason, what=why.what)
    statement = bound.plan.statement
    if statement is None or principal is None:
        return Explanation(way="compiled", what=_NO_SQL, outline=outline(bound.plan.root, parameters={}))
    return await _planned(bound, statement, principal, pools=pools, analyze=analyze)


async def _planned(
    bound: Bound, statement: Statement, principal: Principal, *, pools: Pools, analyze: bool
) -> Explanation:
    expression, arguments = statement.expression, [_without_key(value) for value in bound.arguments]
    async with with_tenant(
        pools, scope_of(principal), login=login_of(principal), read_only=True
    ) as connection:
        found = await query_plan(connection, expression, arguments, analyze=analyze)
    names = {number: f"${at}" for at, (number, given) in enumerate(statement.order, 1) if given}
    return Explanation(
        way="compiled",
        outline=outline(bound.plan.root, parameters=names),
        parameters=[
            Parameter(f"${at}", kind, _shown(value))
            for at, (kind, value) in enumerate(zip(found.types, bound.arguments, strict=True), 1)
        ],
        sql=sql_lines(expression.bare.replace(MARK, "")),
        plan=found.lines,
    )


def _without_key(value: object) -> object:
    """A value for PostgreSQL's plan, which quotes values. The API has no bytes: they are made of `CURSOR_KEY`."""
    return bytes(len(value)) if isinstance(value, bytes) else value


def _shown(value: object) -> object:
    if isinstance(value, bytes):
        return KEY
    if isinstance(value, list | tuple):
        return [_shown(item) for item in cast("Sequence[object]", value)]
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
