"""What holds for every table, whatever it is about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from leora_gql.domains.models import metadata

LONGEST_NAME = 63
GLOBAL = {"tenants", "permissions"}
TABLES = {table.name: table for table in metadata.sorted_tables}
TENANT_TABLES = [table for name, table in TABLES.items() if name not in GLOBAL]
EXPECTED = (
    "tenants tenant_settings tenant_heads users portal_users roles permissions role_permissions user_roles"
    " portal_user_roles sessions one_time_tokens customers suppliers products skus inventory"
    " inventory_movements price_list_entries orders order_lines order_allocations invoices invoice_lines"
    " payments payment_allocations activities call_plans tasks sample_pulls account_health_snapshots"
    " sales_metrics webhook_subscriptions webhook_events webhook_deliveries webhook_attempts"
    " integration_tokens audit_log idempotency_keys"
)

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=str)
every_tenant_table = pytest.mark.parametrize("table", TENANT_TABLES, ids=str)


def foreign_keys(table: Table) -> Iterator[ForeignKeyConstraint]:
    return (key for key in table.constraints if isinstance(key, ForeignKeyConstraint))


def leading_columns(table: Table) -> list[list[str]]:
    """The columns of every index of a table, those of its primary and unique keys included."""
    keys = [key for key in table.constraints if isinstance(key, PrimaryKeyConstraint | UniqueConstraint)]
    return [[column.name for column in key.columns] for key in [*keys, *table.indexes]]


def test_the_tables_are_those_of_the_domain() -> None:
    assert set(TABLES) == set(EXPECTED.split())


@every_tenant_table
def test_the_primary_key_begins_with_the_tenant(table: Table) -> None:
    assert next(iter(table.primary_key.columns)).name == "tenant_id"
    assert next(iter(table.columns)).name == "tenant_id"


@every_tenant_table
def test_foreign_keys_stay_within_the_tenant(table: Table) -> None:
    for key in foreign_keys(table):
        pairs = [(element.parent.name, element.column.name) for element in key.elements]
        if key.referred_table.name == "tenants":
            assert pairs == [("tenant_id", "id")]
        elif key.referred_table.name not in GLOBAL:
            assert pairs[0] == ("tenant_id", "tenant_id"), key.name


@every_tenant_table
def test_unique_keys_begin_with_the_tenant(table: Table) -> None:
    uniques = [key for key in table.constraints if isinstance(key, UniqueConstraint)]
    uniques += [index for index in table.indexes if index.unique]
    for key in uniques:
        assert next(iter(key.columns)).name == "tenant_id", key.name


@every_tenant_table
def test_required_keys_tie_every_row_to_a_tenant_that_exists(table: Table) -> None:
    required = [
        key for key in foreign_keys(table) if not any(element.parent.nullable for element in key.elements)
    ]
    assert any(key.referred_table.name != "permissions" for key in required) or table.name == "sessions"


@every_tenant_table
def test_every_foreign_key_is_indexed(table: Table) -> None:
    indexed = leading_columns(table)
    for key in foreign_keys(table):
        columns = [column.name for column in key.columns]
        if columns[0] != "tenant_id":
            columns.insert(0, "tenant_id")
        assert any(set(names[: len(columns)]) == set(columns) for names in indexed), key.name


@every_tenant_table
def test_indexes_begin_with_the_tenant(table: Table) -> None:
    across_tenants = {"ix_webhook_deliveries_due"}
    for index in table.indexes:
        if index.name not in across_tenants:
            assert next(iter(index.columns)).name == "tenant_id", index.name


@every_table
def test_orderings_end_with_the_id(table: Table) -> None:
    for index in table.indexes:
        if "id" in table.columns and index.dialect_options["postgresql"]["using"] != "gin":
            assert [column.name for column in index.columns][-1] == "id", index.name


@every_table
def test_no_column_is_a_float(table: Table) -> None:
    assert not [column.name for column in table.columns if isinstance(column.type, Float)]


@every_table
def test_money_is_whole_cents(table: Table) -> None:
    for column in table.columns:
        if column.name.endswith("_cents"):
            assert column.type.compile(postgresql.dialect()) == "BIGINT", column.name


@every_table
def test_times_have_a_zone_and_cannot_be_infinite(table: Table) -> None:
    times = {
        column.name
        for column in table.columns
        if column.type.compile(postgresql.dialect()) in {"DATE", "TIMESTAMP WITH TIME ZONE"}
    }
    assert "TIMESTAMP WITHOUT TIME ZONE" not in str(CreateTable(table).compile(dialect=postgresql.dialect()))
    finite = [str(check.sqltext) for check in table.constraints if isinstance(check, CheckConstraint)]
    for name in times:
        assert any(f"isfinite({name})" in condition for condition in finite), name


@every_table
def test_text_is_bounded_or_one_of_a_list(table: Table) -> None:
    """A text without a bound would let one request fill the disk; `canonical` is ours alone."""
    ours = {"canonical"}
    conditions = " ".join(
        str(check.sqltext) for check in table.constraints if isinstance(check, CheckConstraint)
    )
    for column in table.columns:
        if column.type.compile(postgresql.dialect()) != "TEXT" or column.computed is not None:
            continue
        bounded = any(
            mark in conditions
            for mark in (
                f"char_length({column.name})",
                f"octet_length({column.name})",
                f"{column.name} IN (",
                f"{column.name} ~ '^",
            )
        )
        assert bounded or column.name in ours or column.foreign_keys, column.name


@every_table
def test_names_fit_postgresql(table: Table) -> None:
    named: list[Index | object] = [*table.constraints, *table.indexes]
    names = [str(getattr(item, "name", "")) for item in named]
    assert all(names)
    assert max(len(name.encode()) for name in [table.name, *names, *table.columns.keys()]) <= LONGEST_NAME
    assert len(names) == len(set(names))


@every_table
def test_generated_columns_say_stored(table: Table) -> None:
    for column in table.columns:
        if column.computed is not None:
            assert column.computed.persisted is True, column.name
        if column.name.endswith("_lower"):
            assert column.type.compile(postgresql.dialect()) == 'TEXT COLLATE "C"', column.name
