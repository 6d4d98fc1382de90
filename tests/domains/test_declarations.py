"""The graph's declarations agree with the tables: nothing forgotten, nothing that no index serves."""

from __future__ import annotations

import typing
from collections.abc import Iterator

import pytest
from graphql import GraphQLNonNull
from sqlalchemy import Boolean, Column, Numeric, Table, UniqueConstraint, select
from strawberry.utils.str_converters import to_camel_case

from leora_gql.auth.permissions import KEYS, PORTAL_KEYS
from leora_gql.graph.entity import Entity, Registry, is_optional
from leora_gql.graph.fields import ColumnSpec, ToManySpec, ToOneSpec
from leora_gql.schema import product_schema

TYPES: dict[str, typing.Any] = product_schema()._schema.type_map
ENTITIES = [entity for entity in Registry.entities.values() if entity.name != "Tenant"]

# Columns that are no fields: what is secret, what only machinery reads, what never changes.
HIDDEN = {
    "audit_log": {"canonical", "hash", "updated_at"},
    "integration_tokens": {"token_hash", "secret"},
    "inventory_movements": {"updated_at"},
    "portal_users": {"password_hash"},
    "sessions": {"generation", "rotated_at", "salt"},
    "users": {"password_hash"},
    "webhook_events": {"updated_at"},
    "webhook_subscriptions": {"secret", "previous_secret"},
}
# Columns that are read inside a computed field.
INSIDE = {"audit_log": {"actor_id", "entity_id"}, "account_health_snapshots": {"order_ids"}}


def columns_shown(entity: Entity) -> set[str]:
    """The columns that some field of the entity stands for."""
    shown: set[str] = set(INSIDE.get(entity.table.name, ()))
    for name, spec in entity.fields.items():
        if isinstance(spec, ColumnSpec):
            shown.add(spec.key or entity.source(name))
        elif isinstance(spec, ToOneSpec):
            shown.add(spec.by)
    return shown


def leading_columns(table: Table) -> Iterator[list[str]]:
    """The columns of each btree of a table, without the tenant that each begins with."""
    for index in table.indexes:
        if index.dialect_options["postgresql"]["using"] in (None, False, "btree"):
            yield [column.name for column in index.columns][1:]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.name for column in constraint.columns][1:]


def foreign_keys(table: Table) -> Iterator[tuple[str, str]]:
    """(column, target table) of each foreign key within the tenant."""
    for constraint in table.foreign_key_constraints:
        names = [column.name for column in constraint.columns]
        if len(names) == 2:
            yield names[1], constraint.referred_table.name


@pytest.fixture(params=ENTITIES, ids=lambda entity: entity.name)
def entity(request: pytest.FixtureRequest) -> Entity:
    return request.param


def test_every_column_is_a_field_or_hidden_on_purpose(entity: Entity):
    hidden = HIDDEN.get(entity.table.name, set())
    expected = {
        column.name
        for column in entity.table.columns
        if column.name not in {"tenant_id", "id", "search_vector"} and not column.name.endswith("_lower")
    }
    assert expected - hidden == columns_shown(entity) & expected
    assert not hidden & columns_shown(entity)
    assert hidden <= expected


def test_a_field_is_null_only_where_its_column_can_be_or_it_can_be_denied(entity: Entity):
    for name, spec in entity.columns().items():
        if spec.expression is not None and spec.key is None:
            continue
        column: Column[typing.Any] = entity.table.c[spec.key or entity.source(name)]
        nullable = bool(column.nullable) or spec.access.requires is not None or spec.access.staff_only
        assert is_optional(entity.annotations[name]) == nullable, name


def test_what_can_be_filtered_by_has_an_index(entity: Entity):
    indexed = {name for columns in leading_columns(entity.table) for name in columns}
    for name, spec in entity.columns().items():
        source = spec.key or entity.source(name)
        if not spec.where or (spec.expression is not None and spec.key is None):
            continue
        column = entity.table.c[source]
        assert not isinstance(column.type, Numeric), name
        assert isinstance(column.type, Boolean) or source in indexed or f"{source}_lower" in indexed, name


def test_what_can_be_ordered_by_has_an_index_that_begins_with_it(entity: Entity):
    first = {columns[0] for columns in leading_columns(entity.table)}
    for name, spec in entity.columns().items():
        if spec.sort:
            assert entity.sort_source(name) in first, name


def test_every_foreign_key_leads_both_ways(entity: Entity):
    by_table = {one.table.name: one for one in ENTITIES}
    ours = {
        (s.by, entity.target(n).table.name) for n, s in entity.relations().items() if isinstance(s, ToOneSpec)
    }
    wanted = {(column, target) for column, target in foreign_keys(entity.table) if target in by_table}
    assert ours == wanted
    for column, target in wanted:
        other = by_table[target]
        back = {
            (other.target(name).name, spec.by)
            for name, spec in other.relations().items()
            if isinstance(spec, ToManySpec)
        }
        assert (entity.name, column) in back, f"{target} has no list of {entity.name} by {column}"


def test_a_list_reads_a_column_that_names_its_parent(entity: Entity):
    for name, spec in entity.relations().items():
        if isinstance(spec, ToManySpec) and spec.by is not None:
            target = entity.target(name)
            assert (spec.by, entity.table.name) in set(foreign_keys(target.table)), name


def test_what_can_be_denied_or_hidden_is_optional(entity: Entity):
    fields = TYPES[entity.name].fields
    for name, spec in entity.fields.items():
        denied = spec.access.requires is not None or spec.access.staff_only
        if not isinstance(spec, ColumnSpec):
            target = entity.target(name)
            crosses = target.view is not None and target.view != entity.view
            denied = denied or crosses or (target.staff_only and not entity.staff_only)
            assert isinstance(fields[to_camel_case(name)].type, GraphQLNonNull) != (
                denied or isinstance(spec, ToOneSpec)
            ), name
        elif denied:
            assert not isinstance(fields[to_camel_case(name)].type, GraphQLNonNull), name


def test_a_permission_that_a_field_needs_exists(entity: Entity):
    needed = {spec.access.requires for spec in entity.fields.values()} | {entity.view}
    assert needed - {None} <= set(KEYS)


def test_what_no_portal_role_can_hold_is_for_staff_only():
    closed = {
        entity.name for entity in ENTITIES if entity.view not in PORTAL_KEYS and entity.view is not None
    }
    assert closed - {"Role"} == {entity.name for entity in ENTITIES if entity.staff_only} - {"Supplier"}


def test_a_field_reads_no_column_but_those_it_names(entity: Entity):
    for name in entity.columns():
        needed = {"id", *entity.read_by(name)}
        rows = select(*(entity.table.c[column] for column in sorted(needed))).subquery("rows")
        entity.expression(name, rows)  # a column that is not there raises
