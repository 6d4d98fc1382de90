"""Invoicing an order: what is delivered of it and on no other invoice, whole or in part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Table,
    and_,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy import cast as sql_cast

from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.db.rows import insert_rows
from leora_gql.domains.billing.enums import InvoiceStatus
from leora_gql.domains.billing.models import Invoice, InvoiceLine
from leora_gql.domains.billing.proration import LineAmounts, invoice_amounts, line_discount
from leora_gql.domains.change import Change
from leora_gql.domains.events import EventType
from leora_gql.domains.facts import facts
from leora_gql.domains.orders.amounts import OrderAmounts, line_total
from leora_gql.domains.orders.models import Order, OrderLine
from leora_gql.graph.problems import Problem, UserErrorCode, no_such

_ORDERS, _ORDER_LINES = cast(Table, Order.__table__), cast(Table, OrderLine.__table__)
_INVOICES, _LINES = cast(Table, Invoice.__table__), cast(Table, InvoiceLine.__table__)
_AMOUNTS = ("subtotal_cents", "discount_amount_cents", "tax_amount_cents", "shipping_amount_cents")


@dataclass(frozen=True, slots=True)
class InvoicePart:
    """Bottles of one line of the order."""

    order_line_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvoice:
    """An order to invoice: all that is left of it, or the parts that are given."""

    order_id: UUID
    parts: tuple[InvoicePart, ...] | None


async def create_invoice(change: Change, new: NewInvoice) -> UUID | Problem | Sequence[Problem]:
    """Write a draft with its own lines; gives its key. What a cancelled order delivered is invoiced as well.

    The order and its invoices must be locked (`orders`, `invoices_of_orders`), so that no bottle is invoiced twice.
    An order of which nothing is left, and samples, are NOT_ALLOWED.
    """
    connection = change.connection
    order = await _ORDER.row(connection, order=new.order_id)
    if order is None:
        return no_such("Order", "orderId")
    if order["is_sample"]:
        return Problem(UserErrorCode.NOT_ALLOWED, "Samples are not invoiced.", ("orderId",))
    lines = {row["id"]: row for row in await _OPEN_LINES.rows(connection, order=new.order_id)}
    chosen = _chosen(new, lines)
    if not isinstance(chosen, dict):
        return chosen
    taken = await _TAKEN.row(connection, order=new.order_id)
    assert taken is not None
    return await _write(change, order, [_line(lines[key], chosen[key]) for key in chosen], taken=taken)


def _chosen(new: NewInvoice, lines: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, int] | Sequence[Problem]:
    """How many bottles of which line, or what is wrong with that."""
    left = {key: _left(line) for key, line in lines.items()}
    if not any(left.values()):
        message = "Nothing of this order is delivered and not invoiced yet."
        return [Problem(UserErrorCode.NOT_ALLOWED, message, ("orderId",))]
    if new.parts is None:
        return {key: count for key, count in left.items() if count}
    problems: list[Problem] = []
    for index, part in enumerate(new.parts):
        problem = _of_part(part, left.get(part.order_line_id), path=("lines", str(index)))
        if problem is not None:
            problems.append(problem)
    return problems or {part.order_line_id: part.quantity for part in new.parts}


def _left(line: Mapping[str, Any]) -> int:
    """The bottles that are delivered and on no invoice."""
    return max(0, line["fulfilled_quantity"] - line["taken_quantity"])


def _of_part(part: InvoicePart, left: int | None, *, path: tuple[str, ...]) -> Problem | None:
    if left is None:
        return no_such("OrderLine", *path, "orderLineId")
    if left == 0:
        message = "Nothing of this line is delivered and not invoiced yet."
        return Problem(UserErrorCode.NOT_ALLOWED, message, (*path, "orderLineId"))
    if part.quantity > left:
        message = f"Only {left:,} of these bottles are delivered and not invoiced yet."
        return Problem(UserErrorCode.OUT_OF_RANGE, message, (*path, "quantity"))
    return None


def _line(line: Mapping[str, Any], quantity: int) -> dict[str, Any]:
    """The invoice's own line for bottles of an order's line."""
    price = line["unit_price_cents"]
    discount = line_discount(
        LineAmounts(
            quantity=line["quantity"],
            unit_price_cents=price,
            discount_cents=line["discount_amount_cents"],
            taken_quantity=line["taken_quantity"],
            taken_discount_cents=line["taken_discount_cents"],
        ),
        quantity=quantity,
    )
    return {
        "order_line_id": line["id"],
        "sku_id": line["sku_id"],
        "description": line["description"],
        "quantity": quantity,
        "unit_price_cents": price,
        "discount_amount_cents": discount,
        "line_total_cents": line_total(price, quantity, discount_cents=discount),
    }


async def _write(
    change: Change, order: Mapping[str, Any], lines: Sequence[dict[str, Any]], *, taken: Mapping[str, Any]
) -> UUID:
    key = new_id()
    amounts = invoice_amounts(
        _amounts(order), taken=_amounts(taken), lines_cents=sum(line["line_total_cents"] for line in lines)
    )
    values = {
        "customer_id": order["customer_id"],
        "order_id": order["id"],
        "status": InvoiceStatus.DRAFT,
        "currency": order["currency"],
        "subtotal_cents": amounts.subtotal_cents,
        "discount_amount_cents": amounts.discount_cents,
        "tax_amount_cents": amounts.tax_cents,
        "shipping_amount_cents": amounts.shipping_cents,
        "total_cents": amounts.total_cents,
    }
    await _INSERT.run(change.connection, tenant_id=change.tenant_id, id=key, **values)
    own = {"tenant_id": change.tenant_id, "invoice_id": key}
    await insert_rows(change.connection, _LINES, [{**own, "id": new_id(), **line} for line in lines])
    told = ("description", "quantity", "unit_price_cents", "discount_amount_cents", "line_total_cents")
    shown = [facts({name: line[name] for name in told}) for line in lines]
    change.made(EventType.INVOICE_CREATED, "Invoice", key, {**values, "lines": shown})
    return key


def _amounts(row: Mapping[str, Any]) -> OrderAmounts:
    return OrderAmounts(*(row[name] for name in _AMOUNTS))


def _total(column: ColumnElement[Any], kind: Any) -> ColumnElement[Any]:
    """A sum of the column's own type, which is 0 where there is nothing."""
    return sql_cast(func.coalesce(func.sum(column), 0), kind)


def _open_lines() -> Any:
    """The order's lines, each with what invoices that are not void took of it."""
    standing: FromClause = _LINES.join(
        _INVOICES, and_(_INVOICES.c.tenant_id == _LINES.c.tenant_id, _INVOICES.c.id == _LINES.c.invoice_id)
    )
    taken = (
        select(
            _total(_LINES.c.quantity, Integer()).label("quantity"),
            _total(_LINES.c.discount_amount_cents, BigInteger()).label("discount"),
        )
        .select_from(standing)
        .where(
            _LINES.c.tenant_id == _ORDER_LINES.c.tenant_id,
            _LINES.c.order_line_id == _ORDER_LINES.c.id,
            _INVOICES.c.status != InvoiceStatus.VOID,
        )
        .lateral("taken")
    )
    names = ("id", "sku_id", "description", "quantity", "fulfilled_quantity")
    cents = ("unit_price_cents", "discount_amount_cents")
    return (
        select(
            *(_ORDER_LINES.c[name] for name in (*names, *cents)),
            taken.c.quantity.label("taken_quantity"),
            taken.c.discount.label("taken_discount_cents"),
        )
        .where(_ORDER_LINES.c.order_id == bindparam("order"))
        .order_by(_ORDER_LINES.c.position)
    )


_ORDER = Kept(
    select(*(_ORDERS.c[name] for name in ("id", "customer_id", "currency", "is_sample", *_AMOUNTS))).where(
        _ORDERS.c.id == bindparam("order")
    )
)
_OPEN_LINES = Kept(_open_lines())
_TAKEN = Kept(
    select(*(_total(_INVOICES.c[name], BigInteger()).label(name) for name in _AMOUNTS)).where(
        _INVOICES.c.order_id == bindparam("order"), _INVOICES.c.status != InvoiceStatus.VOID
    )
)
_INSERT = Kept(
    insert(_INVOICES),
    names=("tenant_id", "id", "customer_id", "order_id", "status", "currency", *_AMOUNTS, "total_cents"),
)
