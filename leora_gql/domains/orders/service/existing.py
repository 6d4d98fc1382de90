"""An order as it stands, with its lines: read after it was locked, before anything is decided on it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, Table, bindparam, select, update

from leora_gql.auth.permissions import Audience
from leora_gql.db.kept import Kept
from leora_gql.domains.change import Change
from leora_gql.domains.editing import moved_on
from leora_gql.domains.facts import facts
from leora_gql.domains.orders.amounts import line_total
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.domains.orders.models import Order, OrderLine
from leora_gql.graph.node import encode_id
from leora_gql.graph.problems import Problem, UserErrorCode, no_such


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """What is asked of an order as a whole; with a `version` only if it is still that one."""

    id: UUID
    version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An order's own row, as far as both audiences may read it."""

    id: UUID
    number: str
    status: OrderStatus
    version: int
    customer_id: UUID
    created_by_id: UUID | None
    sales_rep_id: UUID | None
    currency: str
    is_sample: bool
    requires_approval: bool
    approved_at: dt.datetime | None
    placed_at: dt.datetime | None
    fulfilled_at: dt.datetime | None
    cancelled_at: dt.datetime | None
    subtotal_cents: int
    discount_amount_cents: int
    tax_amount_cents: int
    shipping_amount_cents: int
    total_cents: int

    def told(self, **now: object) -> dict[str, object]:
        """What an event says of the order, besides what it is `now`."""
        names = ("number", "customer_id", "status", "currency", "total_cents")
        return {**{name: getattr(self, name) for name in names}, **now}

    def before(self, names: Iterable[str]) -> dict[str, object]:
        """The values that it has in these columns."""
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line's own row, as far as both audiences may read it.

    `listed_cents` is no column: the price that the rules gave just now, where it was priced anew.
    """

    id: UUID
    sku_id: UUID
    sku_code: str
    description: str
    position: int
    quantity: int
    cases: Decimal
    liters: Decimal
    unit_price_cents: int
    discount_amount_cents: int
    fulfilled_quantity: int
    applied_pricing_rule: dict[str, object] | None
    price_override_at: dt.datetime | None
    listed_cents: int | None = field(default=None, compare=False)

    @property
    def total_cents(self) -> int:
        """What it costs."""
        return line_total(self.unit_price_cents, self.quantity, discount_cents=self.discount_amount_cents)

    @property
    def missing(self) -> int:
        """Bottles that are not delivered yet."""
        return self.quantity - self.fulfilled_quantity

    def told(self) -> dict[str, object]:
        """What the record says of it."""
        return facts(
            {
                "id": encode_id("OrderLine", self.id),
                "sku_code": self.sku_code,
                "quantity": self.quantity,
                "unit_price_cents": self.unit_price_cents,
                "discount_amount_cents": self.discount_amount_cents,
                "line_total_cents": self.total_cents,
            }
        )


async def read_order(change: Change, key: UUID, *, version: int | None) -> Standing | Problem:
    """The order's row; NOT_FOUND where there is none in sight, CONFLICT where it has moved on.

    The operation has locked it, unless its status closes it to a buyer, who then cannot change it anyway.
    """
    row = await _ORDER.row(change.connection, key=key)
    if row is None:
        return no_such("Order", "id")
    if version is not None and row["version"] != version:
        return moved_on()
    return Standing(**row)


def ours_alone(change: Change, order: Standing) -> Problem | None:
    """Why a buyer can do nothing more with the order than call it off: samples are ours to give."""
    if order.is_sample and change.actor.audience is Audience.PORTAL:
        return Problem(UserErrorCode.NOT_ALLOWED, "Samples are ordered by us.", ("id",))
    return None


async def read_lines(change: Change, key: UUID) -> Sequence[Line]:
    """The order's lines in their order."""
    return [Line(**row) for row in await _LINES.rows(change.connection, order=key)]


async def write_order(change: Change, key: UUID, values: Mapping[str, object]) -> None:
    """Change the order's row, which raises its version. Raises `LookupError` when the caller may not."""
    given = {f"new_{name}": value for name, value in values.items()}
    if await _write(tuple(values)).run(change.connection, key=key, **given) != 1:
        raise LookupError("An order that was to be changed is missing, or may not be changed here.")


@functools.cache
def _write(names: tuple[str, ...]) -> Kept:
    values = {name: bindparam(f"new_{name}", type_=_orders.c[name].type) for name in names}
    return Kept(update(_orders).where(_orders.c.id == bindparam("key")).values(values))


def _columns(table: Table, of: type[Standing | Line]) -> list[Column[Any]]:
    return [table.c[one.name] for one in fields(of) if one.name in table.c]


_orders, _lines = cast(Table, Order.__table__), cast(Table, OrderLine.__table__)
_ORDER = Kept(select(*_columns(_orders, Standing)).where(_orders.c.id == bindparam("key")))
_LINES = Kept(
    select(*_columns(_lines, Line))
    .where(_lines.c.order_id == bindparam("order"))
    .order_by(_lines.c.position, _lines.c.id)
)
