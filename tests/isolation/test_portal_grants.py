"""The columns that the portal's login may read are those that the schema's declarations open to it.

What the schema shows and the grants lack would be an error for buyers; what is granted and never shown is a
column that only a mistake could show.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from leora_gql.auth.permissions import PORTAL_KEYS
from leora_gql.db.logins import Login
from leora_gql.graph.entity import Entity, Registry
from leora_gql.graph.fields import Access, ColumnSpec, ToManySpec, ToOneSpec
from leora_gql.schema import product_schema
from tests.graph.principals import Runner

Columns = dict[str, set[str]]

BESIDES: dict[str, tuple[str, set[str]]] = {
    "users": (
        "Customer.salesRepContact is a card of a member of staff, who is no entity for buyers",
        {"tenant_id", "id", "first_name", "last_name", "email", "phone"},
    ),
    "inventory": (
        "availability adds up what is available and shows nothing else of stock",
        {"tenant_id", "id", "sku_id", "warehouse", "available"},
    ),
    "tenant_settings": (
        "Invoice.isOverdue counts the tenant's days, price is in its currency, policies ask if invoices are shown",
        {"tenant_id", "timezone", "default_currency", "portal_invoices_enabled"},
    ),
    "roles": (
        "viewer.roles shows buyers their own roles, without the permission that all roles need",
        {
            *("tenant_id", "id", "name", "description", "kind", "is_system", "is_default"),
            *("created_at", "updated_at", "version"),
        },
    ),
    "portal_user_roles": ("viewer.roles: which are the buyer's", {"tenant_id", "portal_user_id", "role_id"}),
    "role_permissions": ("viewer.roles: what they hold", {"tenant_id", "role_id", "permission_key"}),
}
"""What is read for buyers by other means than an entity of theirs: why, and which columns."""

GRANTED = """
    SELECT c.table_name, c.column_name FROM information_schema.columns c
    WHERE c.table_schema = 'leora'
        AND has_column_privilege(:login, 'leora.' || quote_ident(c.table_name), c.column_name, 'SELECT')
"""
GRANTED_TO_CHANGE = """
    SELECT t.relname FROM pg_class t
    WHERE t.relnamespace = 'leora'::regnamespace AND t.relkind IN ('r', 'p')
        AND (has_any_column_privilege(:login, t.oid, 'INSERT, UPDATE') OR has_table_privilege(:login, t.oid, 'DELETE'))
"""


def allowed(access: Access) -> bool:
    """Whether some portal role can hold what a declaration asks for."""
    return not access.staff_only and (access.requires is None or access.requires in PORTAL_KEYS)


def visible(entity: Entity) -> bool:
    """Whether some portal role can see rows of the entity."""
    return allowed(Access(entity.view, entity.staff_only))


def declared() -> Columns:
    """The columns that answering every field open to the portal reads, by table."""
    product_schema()
    found: Columns = defaultdict(set)
    for entity in filter(visible, Registry.entities.values()):
        found[entity.table.name] |= {"id", "tenant_id"} & set(entity.table.c.keys())
        found[entity.table.name].update(*entity.needs.values())
        for name, spec in entity.fields.items():
            if not allowed(spec.access):
                continue
            if isinstance(spec, ColumnSpec):
                found[entity.table.name] |= _read_by_column(entity, name, spec)
            elif visible(entity.target(name)):
                _add_relation(found, entity, name, spec)
    return found


def _read_by_column(entity: Entity, name: str, spec: ColumnSpec) -> set[str]:
    if spec.expression is not None:
        return {*spec.needs, *((spec.key,) if spec.key else ())}
    source = entity.source(name)
    return {source, f"{source}_lower"} if spec.search else {source}


def _add_relation(found: Columns, entity: Entity, name: str, spec: ToOneSpec | ToManySpec) -> None:
    if isinstance(spec, ToOneSpec):
        found[entity.table.name].add(spec.by)
    elif spec.through is not None:
        link: Any = spec.through.model.__table__
        found[link.name] |= {"tenant_id", spec.through.ours, spec.through.theirs}
    else:
        assert spec.by is not None
        found[entity.target(name).table.name].add(spec.by)


async def test_buyers_columns_are_those_that_the_schema_shows_them(runner: Runner) -> None:
    granted: Columns = defaultdict(set)
    for row in await runner.sql(GRANTED, login=Login.PORTAL.value):
        granted[row["table_name"]].add(row["column_name"])
    wanted = declared()
    for table, (_, columns) in BESIDES.items():
        wanted[table] |= columns
    lacking = {table: sorted(wanted[table] - granted[table]) for table in wanted}
    beyond = {table: sorted(granted[table] - wanted[table]) for table in granted}
    assert {table: columns for table, columns in lacking.items() if columns} == {}
    assert {table: columns for table, columns in beyond.items() if columns} == {}


def test_what_is_listed_besides_is_not_declared_too() -> None:
    assert set(BESIDES) & set(declared()) == set()


async def test_the_reading_login_changes_nothing(runner: Runner) -> None:
    assert await runner.sql(GRANTED_TO_CHANGE, login=Login.PORTAL.value) == []
