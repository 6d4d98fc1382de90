"""The base of every table: what all of them have, and the few words to declare the rest.

Everything lives in the schema `leora`. A tenant table has the primary key `(tenant_id, id)` with a
time-ordered UUIDv7, and every foreign and unique key of it carries `tenant_id`. No ORM
relationships are declared: joins belong to the schema kit (`graph/`), so nothing loads lazily.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

SCHEMA = "leora"

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_1_name)s",
    "uq": "uq_%(table_name)s_%(column_1_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
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
    """The registry of all tables."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING)
    type_annotation_map = {
        str: Text(),
        UUID: Uuid(as_uuid=True),
        dt.datetime: DateTime(timezone=True),
        int: Integer(),
    }


class Timestamps:
    """When a row was made and last changed; a trigger keeps `updated_at`."""

    created_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"), sort_order=900)
    updated_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"), sort_order=901)


class Versioned:
    """For what can be edited: a trigger raises `version` at each change."""

    version: Mapped[int] = mapped_column(server_default=text("1"), sort_order=902)


class TenantModel(Timestamps, Base):
    """A table of rows that each belong to one tenant: primary key `(tenant_id, id)`."""

    __abstract__ = True

    @declared_attr
    @classmethod
    def tenant_id(cls) -> Mapped[UUID]:
        """The tenant; row-level security compares it with the transaction's."""
        return mapped_column(primary_key=True, sort_order=-10)

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


def one_of(column: str, enum: type[DescribedEnum]) -> CheckConstraint:
    """CHECK that a text column holds one of the enum's values."""
    values = ", ".join(f"'{member.value}'" for member in enum)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def check(name: str, condition: str) -> CheckConstraint:
    """A named CHECK; the constraint becomes `ck_<table>_<name>`."""
    return CheckConstraint(condition, name=name)


def to_tenant() -> ForeignKeyConstraint:
    """The foreign key from `tenant_id` to the tenant itself."""
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


def trigrams(table: str, column: str) -> Index:
    """A GIN index for substring search, entered only through the look-up functions of `policies/`."""
    return Index(
        f"ix_{table}_{column}_trgm",
        "tenant_id",
        column,
        postgresql_using="gin",
        postgresql_ops={column: "gin_trgm_ops"},
    )


def snake_case(name: str) -> str:
    """`PriceListEntry` → `price_list_entry`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def column_names(model: type[Base]) -> Sequence[str]:
    """The names of a table's columns in their order."""
    return [column.name for column in model.__table__.columns]
