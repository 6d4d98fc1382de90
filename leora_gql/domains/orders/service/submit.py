"""Submitting an order: its prices and the customer's standing looked at again, and its bottles set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import ARRAY, Table, Uuid, bindparam, func, select

from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.db.rows import insert_rows
from leora_gql.domains.catalog.enums import MovementKind
from leora_gql.domains.catalog.models import InventoryItem
from leora_gql.domains.catalog.service.ledger import Movement, move
from leora_gql.domains.change import Change
from leora_gql.domains.events import EventType
from leora_gql.domains.orders.allocation import Stock, Taken, Wanted, allocate
from leora_gql.domains.orders.amounts import OrderAmounts
from leora_gql.domains.orders.approval import Submission, approval_reasons
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.domains.orders.models import OrderAllocation
from leora_gql.domains.orders.service.basis import Basis, Buyer
from leora_gql.domains.orders.service.draft import (
    amount_columns,
    basis_of,
    priced_again,
    repriced,
    totals,
    write_lines,
)
from leora_gql.domains.orders.service.existing import (
    Line,
    OrderStep,
    Standing,
    ours_alone,
    read_lines,
    read_order,
    write_order,
)
from leora_gql.domains.orders.service.terms import Submitting, read_terms, refused_customer, samples_of
from leora_gql.domains.orders.transitions import refused_transition
from leora_gql.graph.problems import Problem, UserErrorCode

_STOCK, _ALLOCATIONS = cast(Table, InventoryItem.__table__), cast(Table, OrderAllocation.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """An order that can be submitted: its lines as they are to be, what it comes to, and whence its bottles come."""

    lines: Sequence[Line]
    amounts: OrderAmounts
    taken: Sequence[Taken]
    terms: Submitting


async def submit_order(change: Change, new: OrderStep) -> UUID | Problem | Sequence[Problem]:
    """Make a draft PENDING at the prices of this moment, and reserve its bottles; gives its key.

    Refused with every reason that there is: the customer's standing, SKUs that are not sold, stock. What needs
    somebody's approval is noted on the order. Locks the customer, so that no other order of it is counted at the same
    time, the order, and the stock of its SKUs.
    """
    order = await read_order(change, new.id, version=new.version)
    if isinstance(order, Problem):
        return order
    refused = refused_transition(order.status, OrderStatus.PENDING, audience=change.actor.audience)
    refused = refused or ours_alone(change, order)
    if refused is not None:
        return refused
    before = await read_lines(change, order.id)
    checked = await _check(change, order, before)
    if not isinstance(checked, _Checked):
        return checked
    await _write(change, order, before, checked)
    return order.id


async def _check(change: Change, order: Standing, lines: Sequence[Line]) -> _Checked | Sequence[Problem]:
    priced_on = await basis_of(change, order, [line.sku_id for line in lines])
    if isinstance(priced_on, Problem):
        return [priced_on]
    basis, buyer = priced_on
    terms = await read_terms(change, order)
    problems = list(refused_customer(terms))
    after: list[Line] = []
    for index, line in enumerate(lines):
        path = ("lines", str(index))
        found = priced_again(order, line, line.quantity, basis, *path)
        again = found if isinstance(found, Problem) else repriced(line, found, *path)
        if isinstance(again, Problem):
            problems.append(again)
        else:
            after.append(again)
    taken, short = await _allocated(change, lines, terms)
    problems += [
        _missing(line, short[line.id], index) for index, line in enumerate(lines) if line.id in short
    ]
    if problems:
        return problems
    return _added_up(order, after, basis, buyer, taken=taken, terms=terms)


def _added_up(
    order: Standing,
    lines: Sequence[Line],
    basis: Basis,
    buyer: Buyer,
    *,
    taken: Sequence[Taken],
    terms: Submitting,
) -> _Checked | Sequence[Problem]:
    discount = order.discount_amount_cents
    amounts = totals(order, lines, basis, buyer, discount_cents=discount, path=("id",))
    if isinstance(amounts, Problem):
        return [amounts]
    return _Checked(lines=lines, amounts=amounts, taken=taken, terms=terms)


def _missing(line: Line, available: int, index: int) -> Problem:
    message = f"Of {line.sku_code} {available:,} bottles are free, and {line.quantity:,} are ordered."
    return Problem(UserErrorCode.INSUFFICIENT_STOCK, message, ("lines", str(index)))


async def _allocated(
    change: Change, lines: Sequence[Line], terms: Submitting
) -> tuple[Sequence[Taken], dict[UUID, int]]:
    rows = await _FREE.rows(change.connection, skus=[line.sku_id for line in lines])
    taken, short = allocate(
        [Wanted(line.id, line.sku_id, line.quantity) for line in lines],
        [Stock(row["id"], row["sku_id"], row["warehouse"], row["available"]) for row in rows],
        default_warehouse=terms.default_warehouse,
    )
    return taken, dict(short)


async def _write(change: Change, order: Standing, before: Sequence[Line], checked: _Checked) -> None:
    reasons = approval_reasons(await _submission(change, order, checked))
    values = {
        **amount_columns(order, checked.amounts),
        "status": OrderStatus.PENDING,
        "placed_at": change.now,
        "requires_approval": bool(reasons),
        "approval_reasons": [reason.value for reason in reasons],
    }
    await write_order(change, order.id, values)
    await write_lines(change, order.id, before, checked.lines)
    await _reserve(change, checked.taken)
    told = {"lines": [line.told() for line in checked.lines]}
    change.edited(
        EventType.ORDER_SUBMITTED,
        "Order",
        order.id,
        before={
            **{name: getattr(order, name, None) for name in values},
            "approval_reasons": [],
            "lines": [line.told() for line in before],
        },
        after={**values, **told},
        payload=order.told(**values, **told),
    )


async def _submission(change: Change, order: Standing, checked: _Checked) -> Submission:
    terms, lines = checked.terms, checked.lines
    return Submission(
        amounts=checked.amounts,
        exposure_cents=terms.exposure_cents or 0,
        credit_limit_cents=terms.credit_limit_cents,
        minimum_order_cents=terms.minimum_order_amount_cents,
        overridden=any(line.price_override_at is not None for line in lines),
        line_discounts_cents=sum(line.discount_amount_cents for line in lines),
        bottles=sum(line.quantity for line in lines),
        samples=await samples_of(change, order),
    )


async def _reserve(change: Change, taken: Sequence[Taken]) -> None:
    await move(
        change,
        [
            Movement(
                inventory_id=one.inventory_id,
                kind=MovementKind.RESERVATION,
                reserved=one.quantity,
                order_line_id=one.line_id,
            )
            for one in taken
        ],
    )
    await insert_rows(
        change.connection,
        _ALLOCATIONS,
        [
            {
                "tenant_id": change.tenant_id,
                "id": new_id(),
                "order_line_id": one.line_id,
                "inventory_id": one.inventory_id,
                "reserved": one.quantity,
            }
            for one in taken
        ],
    )


_FREE = Kept(
    select(_STOCK.c.id, _STOCK.c.sku_id, _STOCK.c.warehouse, _STOCK.c.available)
    .where(_STOCK.c.sku_id == func.any(bindparam("skus", type_=ARRAY(Uuid()))))
    .with_for_update(key_share=True, skip_locked=True)
)
"""The operation has locked this stock, except what came in meanwhile: nobody else may take of that either, and what
somebody else has locked first is left to them."""
