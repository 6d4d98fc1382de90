"""Every filter and ordering that the schema offers is served by an index under row-level security.

Generated from the declarations, and explained as each login that may use them. Sequential scans are
priced out, so a plan that still has one had no index to take; sorts likewise.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from sqlalchemy import URL, ClauseElement, Executable, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from strawberry.utils.str_converters import to_camel_case

from leora_gql.auth.principal import Principal
from leora_gql.db.model import DescribedEnum, new_id
from leora_gql.db.tenant import with_tenant
from leora_gql.graph.access import may
from leora_gql.graph.cursors import Cursors
from leora_gql.graph.entity import Entity, plain
from leora_gql.graph.fields import ColumnSpec, ToManySpec
from leora_gql.graph.inputs import Given, itself
from leora_gql.graph.keyset import Page, Statement
from leora_gql.graph.listing import Listing
from leora_gql.graph.node import encode_id
from leora_gql.graph.ordering import default_ordering, sort_fields
from leora_gql.graph.reading import ListRequest, Projection
from leora_gql.graph.where import WhereReader
from leora_gql.server.context import login_of, scope_of
from leora_gql.settings import Settings
from tests import postgres
from tests.api import ADMIN, BUYER
from tests.graph.documents import camel, entities
from tests.graph.principals import Runner

ENTITIES = entities()
INDEXED = ("eq", "in_", "lt", "lte", "gt", "gte", "is_null", "starts_with")
LOOKED_UP = ("contains", "ends_with")
COMPLEMENTS = ("ne", "not_in")
SMALL = {
    "tenants",
    "tenant_settings",
    "roles",
    "role_permissions",
    "user_roles",
    "portal_user_roles",
    "permissions",
}
"""Tables of a handful of rows that policies look into; how they are read matters to nobody."""


EXAMPLES: dict[Any, tuple[Any, Any, Any]] = {
    str: ("   ", "abc", "~~~"),
    int: (-9, 5, 10**9),
    Decimal: (Decimal(-(10**6)), Decimal("10.00"), Decimal(10**9)),
    dt.date: (dt.date(1900, 1, 1), dt.date(2026, 1, 31), dt.date(2900, 1, 1)),
    dt.datetime: tuple(dt.datetime(year, 1, 31, tzinfo=dt.UTC) for year in (1900, 2026, 2900)),
}
"""For each kind of value one below all that there is, one among it, and one above: comparisons that find little."""


OWN = {"leora_staff": (), "leora_portal": ("(customer_id = ", "(portal_user_id = ", "(id = (InitPlan")}
"""The conditions by which a policy itself narrows the rows to a few: as good as the filter's own."""


def examples(kind: Any, entity: Entity, operator: str) -> list[Any]:
    """Values to compare a field with; where one of them finds little, PostgreSQL should want the index."""
    if operator == "is_null":
        return [True, False]
    if kind is bool:
        return [True, False]
    if isinstance(kind, type) and issubclass(kind, DescribedEnum):
        return list(kind)
    below, among, above = EXAMPLES.get(kind, (encode_id(entity.name, new_id()),) * 3)
    return [{"lt": below, "lte": below, "gt": above, "gte": above}.get(operator, among)]


def comparisons(entity: Entity, name: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each operator of a field's filter with filters that use it, by their GraphQL names."""
    assert entity.where is not None
    comparator = plain(entity.where.input_type.__annotations__[name])
    kind = strawberry.ID if name == "id" else plain(entity.annotations[name])
    for operator in comparator.__annotations__:
        values = examples(kind, entity, operator)
        many = operator in ("in_", "not_in")
        word = to_camel_case(operator.rstrip("_"))
        yield operator, [{camel(name): {word: [value] if many else value}} for value in values]


def columns(entity: Entity) -> Iterator[str]:
    """The scalar filters of an entity."""
    yield "id"
    yield from (name for name, spec in entity.columns().items() if spec.where)


def request(
    entity: Entity,
    principal: Principal,
    *,
    where: dict[str, Any] | None = None,
    order: tuple[str, ...] = (),
    after: list[Any] | None = None,
    backward: bool = False,
) -> ListRequest:
    """A list of the entity with no more than its id."""
    given = Given(Cursors(b"k" * 32, principal.tenant_id))
    cursor = None if after is None else tuple(v if v is None else given.parameter(v, itself) for v in after)
    listing = Listing(
        entity=entity,
        ordering=default_ordering(entity, order),
        page=Page(size=20, cursor=cursor, backward=backward),
        condition=WhereReader(given, principal.rights).read(entity, where or {}),
    )
    return ListRequest(
        listing=listing, bind=given.bind, shape=Projection(entity, frozenset()), principal=principal
    )


class Explain(Executable, ClauseElement):
    """EXPLAIN of a statement, its parameters bound as usual."""

    inherit_cache = False

    def __init__(self, statement: Statement) -> None:
        self.statement = statement


@compiles(Explain)
def _explained(element: Explain, compiler: Any, **given: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.statement, **given)


async def explain(connection: AsyncConnection, statement: Statement) -> dict[str, Any]:
    """The plan under the session's login and tenant."""
    found = (await connection.execute(Explain(statement))).scalar_one()
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def sequential(plan: dict[str, Any]) -> list[str]:
    """The large tables that a plan reads from end to end."""
    return [
        node["Relation Name"]
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in SMALL
    ]


def index_conditions(plan: dict[str, Any]) -> str:
    """What the plan's index scans search for."""
    return " ".join(node.get("Index Cond", "") for node in nodes(plan))


async def callers(runner: Runner, entity: Entity) -> list[Principal]:
    """A principal for each login that may read the entity."""
    both = [await runner.principal(ADMIN), await runner.principal(BUYER)]
    return [principal for principal in both if entity.open_to(principal)]


@pytest.fixture(scope="module")
def direct_url(databases: postgres.Databases) -> URL:
    """A seeded database that nobody else writes to: its statistics are of the demo rows."""
    return databases.copy()


@pytest.fixture(scope="module")
def settings(direct_url: URL) -> Settings:
    """Settings for that database."""
    return postgres.settings_for(direct_url, data_dir=postgres.run_folder())


async def priced(connection: AsyncConnection, *, sorts: bool = True) -> None:
    """Make what an index would avoid too dear to be chosen where there is one: each row too many as well,

    since in small tables an index that finds all of a tenant's rows may cost no more than the right one."""
    dear = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", *([] if sorts else ["enable_sort"])]
    for setting in dear:
        await connection.execute(text(f"SET LOCAL {setting} = off"))
    await connection.execute(text("SET LOCAL cpu_tuple_cost = 100"))


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
async def test_every_filter_reaches_an_index(runner: Runner, entity: Entity) -> None:
    missing: list[str] = []
    for principal in await callers(runner, entity):
        async with with_tenant(
            runner.pools, scope_of(principal), login=login_of(principal), read_only=True
        ) as connection:
            await priced(connection)
            for name in columns(entity):
                if name != "id" and not may(entity.columns()[name].access, principal):
                    continue
                for operator, inputs in comparisons(entity, name):
                    plans = [
                        await explain(connection, request(entity, principal, where=where).count())
                        for where in inputs
                    ]
                    login = login_of(principal).value
                    faults = [_faults(entity, name, operator, plan, login) for plan in plans]
                    missing += min(faults, key=len)
    assert missing == []


def _faults(entity: Entity, name: str, operator: str, plan: dict[str, Any], login: str) -> list[str]:
    case = f"{login}: {entity.name}.{name} {operator}"
    if found := sequential(plan):
        return [f"{case} reads all of {found}"]
    if operator in COMPLEMENTS or (operator == "is_null" and _is_never(plan)):
        return []
    if operator in LOOKED_UP:
        return [] if "id = ANY" in index_conditions(plan) else [f"{case} does not go by the ids looked up"]
    spec = None if name == "id" else entity.columns()[name]
    wanted = "id" if spec is None else _searched(entity, name, spec)
    conditions = index_conditions(plan)
    if any(mark in conditions for mark in [*(f"({column} " for column in wanted.split("|")), *OWN[login]]):
        return []
    return [f"{case} is no index condition: {conditions or 'none at all'}"]


def _is_never(plan: dict[str, Any]) -> bool:
    """Whether PostgreSQL knows that no row fits: a column that cannot be NULL is asked for NULL."""
    return any(node.get("One-Time Filter") == "false" for node in nodes(plan))


def _searched(entity: Entity, name: str, spec: ColumnSpec) -> str:
    if spec.search:
        return f"{entity.source(name)}_lower|{entity.source(name)}"
    if spec.expression is not None:
        return "|".join(spec.needs or ((spec.key,) if spec.key else ())) or name
    return entity.source(name)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
async def test_every_ordering_follows_an_index(runner: Runner, entity: Entity) -> None:
    missing: list[str] = []
    for principal in await callers(runner, entity):
        async with with_tenant(
            runner.pools, scope_of(principal), login=login_of(principal), read_only=True
        ) as connection:
            await priced(connection, sorts=False)
            for name in sort_fields(entity):
                if not may(entity.columns()[name].access, principal):
                    continue
                for sign in ("", "-"):
                    missing += await _unordered(connection, entity, principal, f"{sign}{name}")
    assert missing == []


async def _unordered(
    connection: AsyncConnection, entity: Entity, principal: Principal, key: str
) -> list[str]:
    chosen = default_ordering(entity, (key,))
    found: list[str] = []
    for backward in (False, True):
        values = [None if sort.nullable else _sort_value(entity, sort.source) for sort in chosen.keys]
        present = [_sort_value(entity, sort.source) for sort in chosen.keys]
        for after in (None, present, values):
            listed = request(entity, principal, order=(key,), after=after, backward=backward)
            plan = await explain(connection, listed.statement())
            if sequential(plan) or _sorts_a_table(plan):
                where = "the start" if after is None else "a cursor"
                found.append(f"{login_of(principal).value}: {entity.name} by {key} from {where}")
    return found


def _sort_value(entity: Entity, source: str) -> Any:
    kind = entity.table.c[source].type.python_type
    return {str: "abc", int: 5, bool: True, dt.date: dt.date(2026, 1, 31)}.get(
        kind, new_id() if source.endswith("id") else dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
    )


def _sorts_a_table(plan: dict[str, Any]) -> bool:
    """Whether rows are sorted before they are limited: a full sort below the page's own limit."""
    return any(node["Node Type"] == "Sort" and not _limited_below(node) for node in nodes(plan))


def _limited_below(node: dict[str, Any]) -> bool:
    below = node.get("Plans", [])
    if node["Node Type"] == "Limit":
        return True
    scans = [child for child in below if child.get("Parent Relationship") not in ("InitPlan", "SubPlan")]
    return bool(scans) and all(_limited_below(child) for child in scans)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
async def test_every_list_below_a_row_reaches_an_index(runner: Runner, entity: Entity) -> None:
    missing: list[str] = []
    for principal in await callers(runner, entity):
        async with with_tenant(
            runner.pools, scope_of(principal), login=login_of(principal), read_only=True
        ) as connection:
            await priced(connection)
            for name, spec in entity.relations().items():
                target = entity.target(name)
                if (
                    not isinstance(spec, ToManySpec)
                    or not target.open_to(principal)
                    or not may(spec.access, principal)
                ):
                    continue
                listed = request(target, principal, order=spec.order_by)
                plan = await explain(connection, listed.count_below([new_id(), new_id()], spec))
                column = spec.by or spec.through.ours  # type: ignore[union-attr]
                served = [f"{column} ", *OWN[login_of(principal).value]]
                if sequential(plan) or not any(mark in index_conditions(plan) for mark in served):
                    missing.append(f"{login_of(principal).value}: {entity.name}.{name}")
    assert missing == []
