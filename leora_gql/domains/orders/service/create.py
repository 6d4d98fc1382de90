"""Writing an order: a draft with its lines, at the prices of the moment."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Table, Text, Uuid, bindparam, func, insert, select, true
from sqlalchemy import cast as sql_cast

from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.kept import Kept
from leora_gql.db.model import SCHEMA, new_id
from leora_gql.db.rows import insert_rows
from leora_gql.domains.change import Change
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.events import EventType
from leora_gql.domains.facts import facts
from leora_gql.domains.orders.amounts import OrderAmounts, cases, liters
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.domains.orders.models import Order, OrderLine
from leora_gql.domains.orders.service.basis import NO_DEALINGS, Basis, read_basis
from leora_gql.domains.orders.service.lines import NewLine, PricedLine, amounts_of, priced
from leora_gql.domains.orders.service.rep import unfit_rep
from leora_gql.domains.tenancy.models import TenantSettings
from leora_gql.graph.node import encode_id
from leora_gql.graph.problems import Problem, UserErrorCode

_ORDERS, _LINES = cast(Table, Order.__table__), cast(Table, OrderLine.__table__)
_CUSTOMERS, _SETTINGS = cast(Table, Customer.__table__), cast(Table, TenantSettings.__table__)
_PARTS = frozenset({"buyer", "given_billing_address", "given_shipping_address"})
"""What `_insert_order` makes the order's addresses of."""
_OF_THE_ORDER = frozenset({"tenant_id", "order_id"})
"""What each line has of its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order to write. An address or sales representative that is not given is the customer's."""

    customer_id: UUID
    lines: tuple[NewLine, ...]
    billing_address: dict[str, str] | None
    shipping_address: dict[str, str] | None
    po_number: str | None
    notes: str | None
    internal_notes: str | None
    requested_delivery_on: dt.date | None
    is_sample: bool
    sales_rep_id: UUID | None


async def create_order(change: Change, new: NewOrder) -> UUID | Sequence[Problem]:
    """Write a draft with its lines; gives its key.

    Locks nothing: a draft promises neither stock nor prices, and submitting it looks at all of it again.
    What could not be submitted anyway (an inactive customer or SKU) is refused here already.
    """
    connection, actor = change.connection, change.actor
    basis = await read_basis(
        connection, customer_id=new.customer_id, sku_ids=[line.sku_id for line in new.lines]
    )
    problems = list(_of_the_order(new, basis)) + await _of_the_rep(change, new, basis)
    lines: list[PricedLine] = []
    for index, line in enumerate(new.lines):
        found = priced(line, basis, is_sample=new.is_sample, path=("lines", str(index)))
        if isinstance(found, Problem):
            problems.append(found)
        else:
            lines.append(found)
    if problems or basis.buyer is None:
        return problems
    amounts = amounts_of(
        [line.total_cents for line in lines], basis.terms, basis.buyer, is_sample=new.is_sample
    )
    key = new_id()
    values = _order_values(new, basis, amounts, actor=actor)
    made = await _insert_order(tuple(values)).row(connection, id=key, **values)
    assert made is not None
    rows = [line_values(line, position, key, actor.tenant_id) for position, line in enumerate(lines, 1)]
    await insert_rows(connection, _LINES, rows)
    change.made(
        EventType.ORDER_CREATED,
        "Order",
        key,
        _record({**values, **made}, rows),
        payload=_facts(new, values, made["number"], lines),
    )
    return key


def _record(values: Mapping[str, object], rows: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """All that was written, for the audit log."""
    return {
        **{name: value for name, value in values.items() if name not in {"tenant_id", *_PARTS}},
        "lines": [_line_record(row) for row in rows],
    }


def _line_record(row: Mapping[str, object]) -> dict[str, object]:
    own = {name: value for name, value in row.items() if name not in _OF_THE_ORDER}
    return facts({**own, "id": encode_id("OrderLine", cast(UUID, row["id"]))})


def _facts(
    new: NewOrder, values: Mapping[str, object], number: str, lines: Sequence[PricedLine]
) -> dict[str, object]:
    """What is told of a new order: itself with its lines, and no note of ours."""
    told = ("customer_id", "sales_rep_id", "status", "po_number", "requested_delivery_on", "currency")
    amounts = ("subtotal_cents", "tax_amount_cents", "shipping_amount_cents", "total_cents")
    return {
        "number": number,
        **{name: values[name] for name in (*told, *amounts)},
        "is_sample": new.is_sample,
        "lines": [
            facts(
                {
                    "sku_code": line.offer.code,
                    "quantity": line.line.quantity,
                    "unit_price_cents": line.unit_price_cents,
                    "line_total_cents": line.total_cents,
                }
            )
            for line in lines
        ],
    }


def _of_the_order(new: NewOrder, basis: Basis) -> Sequence[Problem]:
    problems: list[Problem] = []
    if basis.buyer is None:
        problems.append(Problem(UserErrorCode.NOT_FOUND, "There is no such customer.", ("customerId",)))
    elif basis.buyer.status in NO_DEALINGS:
        problems.append(
            Problem(UserErrorCode.CUSTOMER_INACTIVE, "We do not sell to this customer now.", ("customerId",))
        )
    day = new.requested_delivery_on
    if day is not None and day < basis.terms.today:
        problems.append(Problem(UserErrorCode.OUT_OF_RANGE, "That day has passed.", ("requestedDeliveryOn",)))
    return problems


async def _of_the_rep(change: Change, new: NewOrder, basis: Basis) -> list[Problem]:
    if new.sales_rep_id is None:
        return []
    own = basis.buyer.sales_rep_id if basis.buyer else None
    unfit = await unfit_rep(change, new.sales_rep_id, own=own, is_sample=new.is_sample)
    return [] if unfit is None else [unfit]


def _order_values(new: NewOrder, basis: Basis, amounts: OrderAmounts, *, actor: Principal) -> dict[str, Any]:
    """What `_insert_order` takes: for a buyer only the columns that `leora_portal_write` may write."""
    assert basis.buyer is not None
    values: dict[str, Any] = {
        "tenant_id": actor.tenant_id,
        "customer_id": new.customer_id,
        "sales_rep_id": new.sales_rep_id or basis.buyer.sales_rep_id,
        "status": OrderStatus.DRAFT,
        "po_number": new.po_number,
        "requested_delivery_on": new.requested_delivery_on,
        "subtotal_cents": amounts.subtotal_cents,
        "tax_amount_cents": amounts.tax_cents,
        "shipping_amount_cents": amounts.shipping_cents,
        "total_cents": amounts.total_cents,
        "currency": basis.terms.currency,
        "buyer": new.customer_id,
        "given_billing_address": new.billing_address,
        "given_shipping_address": new.shipping_address,
        "notes": new.notes,
    }
    if actor.audience is Audience.PORTAL:
        return {**values, "portal_user_id": actor.id}
    return {
        **values,
        "created_by_id": actor.id if actor.kind is ActorKind.USER else None,
        "integration_maker_id": actor.maker_id,
        "internal_notes": new.internal_notes,
        "is_sample": new.is_sample,
    }


def line_values(priced: PricedLine, position: int, order_id: UUID, tenant_id: UUID) -> dict[str, object]:
    """The row of a new line."""
    line, offer = priced.line, priced.offer
    return {
        "tenant_id": tenant_id,
        "id": new_id(),
        "order_id": order_id,
        "sku_id": line.sku_id,
        "sku_code": offer.code,
        "description": offer.name,
        "position": position,
        "quantity": line.quantity,
        "cases": cases(line.quantity, offer.units_per_case),
        "liters": liters(line.quantity, offer.bottle_ml),
        "unit_price_cents": priced.unit_price_cents,
        "line_total_cents": priced.total_cents,
        "applied_pricing_rule": priced.rule,
    }


def _next_number() -> ColumnElement[str]:
    """The tenant's prefix and the next number of its sequence, with eight digits or more."""
    numbers: Any = getattr(func, SCHEMA)
    drawn = select(sql_cast(numbers.next_number("order"), Text()).label("digits")).cte("drawn")
    width = func.greatest(8, func.length(drawn.c.digits), type_=Integer())
    number = _SETTINGS.c.order_number_prefix.concat(func.lpad(drawn.c.digits, width, "0", type_=Text()))
    return select(number).select_from(_SETTINGS.join(drawn, true())).scalar_subquery()


def _given_or_own(column: str) -> ColumnElement[Any]:
    """The address given, or the customer's, which the statement reads itself: most orders take that."""
    kind = _CUSTOMERS.c[column].type
    buyer = bindparam("buyer", type_=Uuid())
    own = select(_CUSTOMERS.c[column]).where(_CUSTOMERS.c.id == buyer).scalar_subquery()
    return func.coalesce(bindparam(f"given_{column}", type_=kind), own, type_=kind)


@functools.cache
def _insert_order(names: tuple[str, ...]) -> Kept:
    """Takes the columns of those names and `id`, besides `buyer` and the addresses that are given."""
    statement = insert(_ORDERS).values(
        number=_next_number(),
        billing_address=_given_or_own("billing_address"),
        shipping_address=_given_or_own("shipping_address"),
    )
    written = statement.returning(_ORDERS.c.number, _ORDERS.c.billing_address, _ORDERS.c.shipping_address)
    return Kept(written, names=("id", *(name for name in names if name not in _PARTS)))
