"""The base of every table: what all of them have, and the few words to declare the rest.

Everything lives in the schema `leora`. A tenant table has the primary key `(tenant_id, id)` with a
time-ordered UUIDv7, and every foreign and unique key of it carries `tenant_id`. No ORM
relationships are declared: joins belong to the schema kit (`graph/`), so nothing loads lazily.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Any, ClassVar, Self, cast
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.schema import ColumnCollectionConstraint

SCHEMA = "leora"


def _own_columns(key: ColumnCollectionConstraint | Index, table: Table) -> str:
    """The columns that tell one key of a table from another: without `tenant_id` and the last `id`."""
    names = [column.name for column in key.columns if column.name != "tenant_id"]
    if len(names) > 1 and names[-1] == "id":
        names.pop()
    return "_".join(names) or "tenant_id"


NAMING: dict[str, Any] = {
    "own_columns": _own_columns,
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(own_columns)s",
    "uq": "uq_%(table_name)s_%(own_columns)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(own_columns)s",
}


def new_id() -> UUID:
    """A fresh UUIDv7: ids sort by the time they were made."""
    return uuid_utils.compat.uuid7()


class DescribedEnum(StrEnum):
    """An enum whose members carry the description that the API shows for them.

    >>> class Light(DescribedEnum):
    ...     GREEN = "GREEN", "Go."
    >>> Light.GREEN.description
    'Go.'
    """

    description: str

    def __new__(cls, value: str, description: str = "") -> Self:
        """Make the member: its text value, and what it means."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member


class EnumText(TypeDecorator[Any]):
    """A `text` column that Python sees as an enum; pair it with `one_of` for the CHECK."""

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[DescribedEnum]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """The member's text."""
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> DescribedEnum | None:
        """The member that the text names."""
        return None if value is None else self.enum(value)


class Base(DeclarativeBase):
    """The registry of all tables; refuses infinite times and `NaN` in each of them."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        UUID: Uuid(as_uuid=True),
        dt.datetime: DateTime(timezone=True),
        int: Integer(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[str]: ARRAY(Text()),
        list[UUID]: ARRAY(Uuid(as_uuid=True)),
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Map the class, then add the checks that every table has."""
        super().__init_subclass__(**kwargs)
        if "__table__" in cls.__dict__:
            _refuse_infinities(cast(Table, cls.__table__))


def _refuse_infinities(table: Table) -> None:
    """One CHECK for all times of the table and one for all its `numeric` columns."""
    times = [column.name for column in table.columns if isinstance(column.type, Date | DateTime)]
    if times:
        finite = " AND ".join(f"isfinite({name})" for name in times)
        table.append_constraint(CheckConstraint(finite, name="finite"))
    numbers = [column.name for column in table.columns if isinstance(column.type, Numeric)]
    if numbers:
        real = " AND ".join(f"{name} <> 'NaN'::numeric" for name in numbers)
        table.append_constraint(CheckConstraint(real, name="no_nan"))


class Timestamps:
    """When a row was made and last changed; a trigger keeps `updated_at`."""

    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"), sort_order=900)
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"), sort_order=901)


class Versioned:
    """For what can be edited: a trigger raises `version` at each change."""

    version: Mapped[int] = mapped_column(server_default=text("1"), sort_order=902)


class TenantBound(Base):
    """A table of rows that each belong to one tenant; subclasses add what completes the primary key."""

    __abstract__ = True

    @declared_attr
    @classmethod
    def tenant_id(cls) -> Mapped[UUID]:
        """The tenant; row-level security compares it with the transaction's."""
        return mapped_column(primary_key=True, sort_order=-10)


class TenantModel(Timestamps, TenantBound):
    """A tenant's table with ids of its own: primary key `(tenant_id, id)`."""

    __abstract__ = True

    @declared_attr
    @classmethod
    def id(cls) -> Mapped[UUID]:
        """Unique together with the tenant."""
        return mapped_column(primary_key=True, default=new_id, sort_order=-9)


def cents(*, nullable: bool = False, default: int | None = None) -> Mapped[Any]:
    """A money column in minor units (`bigint`); its name ends in `_cents`."""
    server_default = None if default is None else text(str(default))
    return mapped_column(BigInteger(), nullable=nullable, server_default=server_default)


def lowered(column: str) -> Mapped[str]:
    """The stored, generated lower-case form of a text column, in byte order; named `<column>_lower`."""
    return mapped_column(Text(collation="C"), Computed(f"lower({column})", persisted=True), sort_order=800)


def full_text(**weights: str | tuple[str, ...]) -> Mapped[str]:
    """The stored, generated search document of a row: columns by weight, `A` (most) to `D`.

    Not loaded with the row; entered only through the look-up functions of `policies/`.
    """
    parts: list[str] = []
    for weight, columns in weights.items():
        names = (columns,) if isinstance(columns, str) else columns
        words = " || ' ' || ".join(f"coalesce({name}, '')" for name in names)
        parts.append(f"setweight(to_tsvector('simple'::regconfig, {words}), '{weight}')")
    document = Computed(" || ".join(parts), persisted=True)
    return mapped_column(TSVECTOR, document, deferred=True, sort_order=801)


def flag(*, default: bool) -> Mapped[bool]:
    """A yes-or-no column that is never null."""
    return mapped_column(server_default=text("true" if default else "false"))


def choice(enum: type[DescribedEnum], *, default: DescribedEnum | None = None) -> Mapped[Any]:
    """A `text` column holding one of an enum's values; pair it with `one_of` for the CHECK."""
    server_default = None if default is None else text(f"'{default.value}'")
    return mapped_column(EnumText(enum), server_default=server_default)


def one_of(column: str, enum: type[DescribedEnum]) -> CheckConstraint:
    """CHECK that a text column holds one of the enum's values."""
    return CheckConstraint(f"{column} IN ({_quoted(enum)})", name=column)


def all_of(column: str, enum: type[DescribedEnum]) -> CheckConstraint:
    """CHECK that an array of text holds nothing but the enum's values."""
    return CheckConstraint(f"{column} <@ ARRAY[{_quoted(enum)}]", name=column)


def _quoted(enum: type[DescribedEnum]) -> str:
    return ", ".join(f"'{member.value}'" for member in enum)


def check(name: str, condition: str) -> CheckConstraint:
    """A named CHECK; the constraint becomes `ck_<table>_<name>`."""
    return CheckConstraint(condition, name=name)


def named(column: str, *, limit: int = 200) -> CheckConstraint:
    """CHECK that a text has 1 to `limit` characters and is not blank; null passes."""
    return check(f"{column}_length", f"char_length({column}) <= {limit} AND btrim({column}) <> ''")


def bounded(column: str, *, limit: int = 200) -> CheckConstraint:
    """CHECK that a text has at most `limit` characters; empty and null pass."""
    return check(f"{column}_length", f"char_length({column}) <= {limit}")


def at_least(minimum: int, *columns: str) -> tuple[CheckConstraint, ...]:
    """CHECKs that whole numbers (amounts, quantities) are not below `minimum`; null passes."""
    return tuple(check(f"{column}_minimum", f"{column} >= {minimum}") for column in columns)


def is_currency() -> CheckConstraint:
    """CHECK that `currency` has the form of an ISO 4217 code."""
    return check("currency", "currency ~ '^[A-Z]{3}$'")


def adds_up() -> tuple[CheckConstraint, ...]:
    """CHECKs of the amounts that an order and an invoice have: what adds up, and what is not negative."""
    return (
        check(
            "total",
            "total_cents = subtotal_cents - discount_amount_cents + tax_amount_cents + shipping_amount_cents",
        ),
        check("discount", "discount_amount_cents BETWEEN 0 AND subtotal_cents"),
        *at_least(0, "tax_amount_cents", "shipping_amount_cents"),
    )


def is_object(column: str) -> CheckConstraint:
    """CHECK that a JSON column holds an object; null passes."""
    return check(f"{column}_object", f"jsonb_typeof({column}) = 'object'")


def is_address(column: str) -> CheckConstraint:
    """CHECK that a JSON column holds an address: no key but the six known ones; null passes."""
    keys = "'{line1,line2,city,region,postal_code,country}'::text[]"
    return check(
        f"{column}_address",
        f"jsonb_typeof({column}) = 'object' AND {column} - {keys} = '{{}}'::jsonb"
        f" AND char_length({column}::text) <= 2000",
    )


def to_tenant() -> ForeignKeyConstraint:
    """The foreign key from `tenant_id` to the tenant, for tables that no other required key ties to it."""
    return ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"])


def refers(column: str, table: str, *, on_delete: str | None = None) -> ForeignKeyConstraint:
    """A foreign key within the tenant: `(tenant_id, column)` to `table (tenant_id, id)`."""
    return ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{SCHEMA}.{table}.tenant_id", f"{SCHEMA}.{table}.id"],
        ondelete=on_delete,
    )


def unique(*columns: str) -> UniqueConstraint:
    """A unique key within the tenant."""
    return UniqueConstraint("tenant_id", *columns)


def indexed(*columns: str) -> Index:
    """A btree that serves filters on and orderings by the columns: `(tenant_id, columns…, id)`."""
    return Index(None, "tenant_id", *columns, "id")


def seldom(column: str) -> Index:
    """As `indexed`, for a foreign key that few rows have: only those are in it."""
    where = text(f"{column} IS NOT NULL")
    return Index(None, "tenant_id", column, "id", postgresql_where=where)


def trigrams(table: str, column: str) -> Index:
    """A GIN index for substring search, entered only through the look-up functions of `policies/`."""
    return Index(
        f"ix_{table}_{column}_trgm",
        "tenant_id",
        column,
        postgresql_using="gin",
        postgresql_ops={column: "gin_trgm_ops"},
    )


def searchable(table: str, column: str) -> tuple[Index, Index]:
    """The indexes of a text that is searched without case, both on its `lowered` column."""
    return indexed(f"{column}_lower"), trigrams(table, f"{column}_lower")


def full_text_index(table: str) -> Index:
    """The GIN index on a table's `search_vector`, by tenant."""
    return Index(f"ix_{table}_search_vector", "tenant_id", "search_vector", postgresql_using="gin")


def snake_case(name: str) -> str:
    """`PriceListEntry` → `price_list_entry`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
