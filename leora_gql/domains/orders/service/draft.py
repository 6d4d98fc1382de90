"""A draft and its lines: what they become, and what the order then comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from sqlalchemy import ARRAY, Table, Uuid, bindparam, delete, func

from leora_gql.auth.principal import Principal
from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.db.rows import insert_rows, update_rows
from leora_gql.domains.change import Change
from leora_gql.domains.events import EventType
from leora_gql.domains.orders.amounts import OrderAmounts, cases, liters
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.domains.orders.models import OrderLine
from leora_gql.domains.orders.service.basis import Basis, Buyer, read_basis
from leora_gql.domains.orders.service.existing import (
    Line,
    Standing,
    ours_alone,
    read_lines,
    read_order,
    write_order,
)
from leora_gql.domains.orders.service.lines import (
    MAX_CENTS,
    NewLine,
    PricedLine,
    amounts_of,
    not_sold,
    priced,
    too_much,
)
from leora_gql.graph.problems import Problem, UserErrorCode

_LINES = cast(Table, OrderLine.__table__)
_COPIED = ("sku_id", "sku_code", "description")
_CHANGED = (
    "position",
    "quantity",
    "cases",
    "liters",
    "unit_price_cents",
    "applied_pricing_rule",
)
"""What buyers may write of a line, besides its total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An order whose lines may still change, and what it is priced on."""

    order: Standing
    lines: Sequence[Line]
    basis: Basis
    buyer: Buyer


async def open_draft(
    change: Change, key: UUID, *, version: int | None, sku_ids: Iterable[UUID] = ()
) -> Draft | Problem:
    """The draft, which the operation has locked, with prices of its own SKUs and of those given.

    NOT_ALLOWED for an order that is none any more, and for samples that a buyer would change.
    """
    order = await read_order(change, key, version=version)
    if isinstance(order, Problem):
        return order
    if order.status is not OrderStatus.DRAFT:
        message = f"Its lines and amounts change only while it is DRAFT. It is {order.status.value}."
        return Problem(UserErrorCode.NOT_ALLOWED, message, ("id",))
    refused = ours_alone(change, order)
    if refused is not None:
        return refused
    lines = await read_lines(change, key)
    found = await basis_of(change, order, [*{*(line.sku_id for line in lines), *sku_ids}])
    if isinstance(found, Problem):
        return found
    return Draft(order=order, lines=lines, basis=found[0], buyer=found[1])


async def basis_of(change: Change, order: Standing, sku_ids: Sequence[UUID]) -> tuple[Basis, Buyer] | Problem:
    """What a draft is priced on; CURRENCY_MISMATCH where the tenant does not sell in its currency any more.

    Freight, its threshold and the minimum are amounts in the tenant's currency of today. The customer of an order in
    sight is in sight.
    """
    basis = await read_basis(change.connection, customer_id=order.customer_id, sku_ids=sku_ids)
    assert basis.buyer is not None
    now = basis.terms.currency
    if order.currency != now:
        message = f"It is in {order.currency}, and we sell in {now} now; reorder writes it anew in {now}."
        return Problem(UserErrorCode.CURRENCY_MISMATCH, message, ("id",))
    return basis, basis.buyer


def new_line(found: PricedLine, position: int) -> Line:
    """The line that is added."""
    wanted, offer = found.line, found.offer
    return Line(
        id=new_id(),
        sku_id=wanted.sku_id,
        sku_code=offer.code,
        description=offer.name,
        position=position,
        quantity=wanted.quantity,
        cases=cases(wanted.quantity, offer.units_per_case),
        liters=liters(wanted.quantity, offer.bottle_ml),
        unit_price_cents=found.unit_price_cents,
        discount_amount_cents=0,
        fulfilled_quantity=0,
        applied_pricing_rule=found.rule,
        price_override_at=None,
        listed_cents=found.unit_price_cents,
    )


def priced_again(
    order: Standing, line: Line, quantity: int, basis: Basis, *path: str
) -> PricedLine | Problem:
    """So many bottles of a line's SKU at the price of this moment; problems are told at the path.

    The SKU exists: one that a buyer cannot see is not sold any more.
    """
    if line.sku_id not in basis.offers:
        return not_sold(line.sku_code, *path)
    found = priced(NewLine(line.sku_id, quantity), basis, is_sample=order.is_sample, path=path)
    return replace(found, field=path) if isinstance(found, Problem) else found


def repriced(line: Line, found: PricedLine, *path: str) -> Line | Problem:
    """The line with the quantity and price given; an overridden one keeps its price, and any its discount.

    What is overridden from then on is the price given, even where the two are the same.
    """
    fresh = new_line(found, line.position)
    kept = {"id": line.id, "sku_code": line.sku_code, "description": line.description}
    line = replace(
        fresh,
        **kept,
        discount_amount_cents=line.discount_amount_cents,
        fulfilled_quantity=line.fulfilled_quantity,
        price_override_at=line.price_override_at,
        unit_price_cents=line.unit_price_cents if line.price_override_at else fresh.unit_price_cents,
    )
    return discounted(line, line.discount_amount_cents, *path)


def discounted(line: Line, discount_cents: int, *path: str) -> Line | Problem:
    """The line with that discount, which its value must cover."""
    gross = line.unit_price_cents * line.quantity
    if gross >= MAX_CENTS:
        return too_much(*path)
    if discount_cents > gross:
        return Problem(UserErrorCode.OUT_OF_RANGE, "The line's discount is above its value.", path)
    return replace(line, discount_amount_cents=discount_cents)


def totals(
    order: Standing,
    lines: Sequence[Line],
    basis: Basis,
    buyer: Buyer,
    *,
    discount_cents: int,
    path: tuple[str, ...],
) -> OrderAmounts | Problem:
    """What the order comes to with these lines; OUT_OF_RANGE at the path where its discount is above them."""
    each = [line.total_cents for line in lines]
    if discount_cents > sum(each):
        message = "The order's discount is above the sum of its lines."
        return Problem(UserErrorCode.OUT_OF_RANGE, message, path)
    return amounts_of(each, basis.terms, buyer, is_sample=order.is_sample, discount_cents=discount_cents)


def amount_columns(order: Standing, amounts: OrderAmounts) -> dict[str, object]:
    """The amounts by column; the discount only where it changes, since buyers may not write it."""
    values: dict[str, object] = {
        "subtotal_cents": amounts.subtotal_cents,
        "tax_amount_cents": amounts.tax_cents,
        "shipping_amount_cents": amounts.shipping_cents,
        "total_cents": amounts.total_cents,
    }
    if amounts.discount_cents != order.discount_amount_cents:
        values["discount_amount_cents"] = amounts.discount_cents
    return values


async def rewrite(
    change: Change,
    draft: Draft,
    lines: Sequence[Line],
    *,
    path: tuple[str, ...],
    overridden: Mapping[str, object] | None = None,
) -> UUID | Problem:
    """Write the lines that the draft is to have and what it then comes to, and note it; gives its key.

    `overridden` are further columns of the one line whose price is overridden. When nothing differs, nothing is
    written.
    """
    order = draft.order
    if overridden is None:
        lines = [replace(line, position=position) for position, line in enumerate(lines, 1)]
    if list(draft.lines) == lines:
        return order.id
    discount = order.discount_amount_cents
    amounts = totals(order, lines, draft.basis, draft.buyer, discount_cents=discount, path=path)
    if isinstance(amounts, Problem):
        return amounts
    values = amount_columns(order, amounts)
    await write_order(change, order.id, values)
    await write_lines(change, order.id, draft.lines, lines, overridden=overridden)
    told = {"lines": [line.told() for line in lines]}
    change.edited(
        EventType.ORDER_UPDATED,
        "Order",
        order.id,
        before={**order.before(values), "lines": [line.told() for line in draft.lines]},
        after={
            **values,
            **told,
            **({"price_override": overridden["price_override_reason"]} if overridden else {}),
        },
        payload=order.told(**values, **told),
    )
    return order.id


async def write_lines(
    change: Change,
    order_id: UUID,
    before: Sequence[Line],
    after: Sequence[Line],
    *,
    overridden: Mapping[str, object] | None = None,
) -> None:
    """Remove, change and add lines, so that the order has those of `after`.

    Its own row is written first: then the lines raise its version no further.
    """
    old = {line.id: line for line in before}
    gone = [key for key in old if key not in {line.id for line in after}]
    if gone:
        await _DELETE.run(change.connection, order=order_id, gone=gone)
    changed = [
        {**_changed(line, old[line.id], by=change.actor), **(overridden or {})}
        for line in after
        if line.id in old and line != old[line.id]
    ]
    for names in dict.fromkeys(map(tuple, changed)):
        await update_rows(change.connection, _LINES, [row for row in changed if tuple(row) == names])
    await insert_rows(
        change.connection,
        _LINES,
        [
            {
                "tenant_id": change.tenant_id,
                "id": line.id,
                "order_id": order_id,
                **_row(line, (*_COPIED, *_CHANGED)),
            }
            for line in after
            if line.id not in old
        ],
    )


def _changed(line: Line, was: Line, *, by: Principal) -> dict[str, object]:
    """What is written of a line that was another; of what buyers may not write only what differs."""
    row = {"id": line.id, **_row(line, _CHANGED)}
    if line.discount_amount_cents != was.discount_amount_cents:
        row["discount_amount_cents"] = line.discount_amount_cents
        row["discounted_by_id"] = by.answerable_id if line.discount_amount_cents else None
    if line.price_override_at is not None and line.listed_cents is not None:
        row["price_override_original_cents"] = line.listed_cents
    return row


def _row(line: Line, columns: Sequence[str]) -> dict[str, object]:
    return {**{name: getattr(line, name) for name in columns}, "line_total_cents": line.total_cents}


_DELETE = Kept(
    delete(_LINES).where(
        _LINES.c.order_id == bindparam("order"),
        _LINES.c.id == func.any(bindparam("gone", type_=ARRAY(Uuid()))),
    )
)
