"""The words that declare a field: `column`, `money`, `computed`, `reference`, `embedded` and relations.

Each returns a specification that stands in the class body of an entity. From it follow the
Strawberry field, the filter and ordering inputs, the loader, the permission, the SDL description
and the portal's column grants, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, cast, func

from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import Principal, Rights
from leora_gql.errors import Forbidden
from leora_gql.graph.json_text import joined, raw, without_breaks


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller needs beyond the entity's own view permission."""

    requires: str | None = None
    staff_only: bool = False

    def refusal(self, caller: Principal | Rights) -> Forbidden | None:
        """Why the caller may not read what is declared with this; None when it may."""
        if self.staff_only and caller.audience is not Audience.STAFF:
            return Forbidden(required_audience=Audience.STAFF.value)
        if self.requires is not None and not caller.can(self.requires):
            return Forbidden(required_permission=self.requires)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """A scalar read from the entity's own row.

    `source` is the column (its name, unless given); `expression` computes the value instead.
    `where` and `sort` opt into filtering and ordering, both of which an index must serve.
    `search` adds case-insensitive text search over `<source>_lower`. `key` is the column that holds the
    key of the row which a global id names, where that can be of several types.
    """

    description: str
    source: str | None = None
    expression: Callable[[FromClause], ColumnElement[Any]] | None = None
    shape: type[Any] | None = None
    money: bool = False
    where: bool = False
    sort: bool = False
    search: bool = False
    access: Access = Access()
    needs: tuple[str, ...] = ()
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToOneSpec:
    """A row of another entity that this row names in its column `by`."""

    description: str
    by: str
    where: bool = False
    access: Access = Access()


@dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """The join table between two entities: its column that names us, and the one that names them."""

    model: Any
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToManySpec:
    """The rows of another entity that name this row in their column `by`, or through a join table."""

    description: str
    by: str | None = None
    through: Through | None = None
    order_by: tuple[str, ...] = ()
    where: bool = False
    access: Access = Access()


FieldSpec = ColumnSpec | ToOneSpec | ToManySpec


def column(
    description: str,
    *,
    source: str | None = None,
    where: bool = False,
    sort: bool = False,
    search: bool = False,
    requires: str | None = None,
    staff_only: bool = False,
) -> Any:
    """A scalar column. `search=True` (text only) implies `where` and adds contains/startsWith/endsWith."""
    return ColumnSpec(
        description=description,
        source=source,
        where=where or search,
        sort=sort,
        search=search,
        access=Access(requires, staff_only),
    )


def money(
    description: str,
    *,
    source: str | None = None,
    where: bool = False,
    sort: bool = False,
    requires: str | None = None,
    staff_only: bool = False,
) -> Any:
    """An amount, stored in minor units in `<name>_cents`, shown as a decimal with two places."""
    return ColumnSpec(
        description=description,
        source=source,
        money=True,
        where=where,
        sort=sort,
        access=Access(requires, staff_only),
    )


def computed(
    description: str,
    expression: Callable[[FromClause], ColumnElement[Any]],
    *,
    needs: tuple[str, ...],
    where: bool = False,
    requires: str | None = None,
    staff_only: bool = False,
) -> Any:
    """A value that SQL works out from the row; `needs` names the columns that it reads."""
    return ColumnSpec(
        description=description,
        expression=expression,
        where=where,
        needs=needs,
        access=Access(requires, staff_only),
    )


def reference(
    description: str,
    *,
    key: str,
    type_name: Callable[[FromClause], ColumnElement[str]],
    needs: tuple[str, ...],
    where: bool = False,
    requires: str | None = None,
    staff_only: bool = False,
) -> Any:
    """The global id of a row that can be of several types: `key` is its column, `type_name` says the type
    by the columns that `needs` names.

    For pairs such as `entity_type` and `entity_id`, which no foreign key holds; null where the type
    or the key is. Annotate it `strawberry.ID`.
    """
    return ColumnSpec(
        description=description,
        expression=lambda table: global_id(type_name(table), table.c[key]),
        where=where,
        access=Access(requires, staff_only),
        needs=(key, *needs),
        key=key,
    )


def global_id(type_name: ColumnElement[str], key: ColumnElement[Any]) -> ColumnElement[str]:
    """The SQL of `encode_id`: base64 of `Type:uuid` without the line breaks that PostgreSQL puts in."""
    named = joined(type_name, raw(":"), cast(key, Text()))
    return without_breaks(func.encode(func.convert_to(named, raw("UTF8")), raw("base64"), type_=Text()))


def embedded(
    description: str,
    shape: type[Any],
    *,
    source: str | None = None,
    requires: str | None = None,
    staff_only: bool = False,
) -> Any:
    """A JSON column shown as an object: `shape` is a Strawberry type of texts, each stored under its Python name."""
    return ColumnSpec(
        description=description, source=source, shape=shape, access=Access(requires, staff_only)
    )


def to_one(
    description: str,
    *,
    by: str,
    where: bool = False,
    requires: str | None = None,
    staff_only: bool = False,
) -> Any:
    """The row that our column `by` names. Always nullable: row-level security may hide the target."""
    return ToOneSpec(description=description, by=by, where=where, access=Access(requires, staff_only))


def to_many(
    description: str,
    *,
    by: str | None = None,
    through: Through | None = None,
    order_by: str | tuple[str, ...] = (),
    where: bool = False,
    requires: str | None = None,
    staff_only: bool = False,
) -> Any:
    """A connection of the rows that name us in their column `by`, or through a join table.

    `order_by` are the target's field names, `-` in front for descending; used when the caller gives none.
    """
    return ToManySpec(
        description=description,
        by=by,
        through=through,
        order_by=(order_by,) if isinstance(order_by, str) else order_by,
        where=where,
        access=Access(requires, staff_only),
    )
