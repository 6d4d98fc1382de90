"""Orders with their lines, from draft to delivery: what was decided on each, and when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import orjson

from leora_gql.auth.principal import ActorKind
from leora_gql.domains.catalog.pricing import pricing_rule, resolve_price
from leora_gql.domains.orders.amounts import OrderAmounts, cases, line_total, liters, order_amounts, shipping
from leora_gql.domains.orders.enums import ApprovalReason, OrderStatus
from leora_gql.domains.orders.models import Order, OrderAllocation, OrderLine
from leora_gql.seed.accounts import Account
from leora_gql.seed.catalogue import CURRENCY, Item
from leora_gql.seed.people import FREE_SHIPPING_CENTS, MINIMUM_ORDER_CENTS, SHIPPING_CENTS, TAX_RATE, Staff
from leora_gql.seed.plan import World
from leora_gql.seed.schedule import Entry, Kind
from leora_gql.seed.sheets import Sheets
from leora_gql.seed.stock import Actor, Shelf, Stock

_QUANTITIES: Final = (2, 3, 6, 6, 6, 12, 12, 12, 18, 24)


@dataclass(slots=True)
class Line:
    """A line of an order on its way; `delivered` are the bottles of each delivery."""

    id: UUID
    item: Item
    quantity: int
    unit_price_cents: int
    discount_cents: int = 0
    rule: str | None = None
    list_price_cents: int | None = None
    shelves: list[tuple[Shelf, int]] = field(default_factory=list[tuple[Shelf, int]])
    delivered: list[int] = field(default_factory=list[int])

    @property
    def total_cents(self) -> int:
        """What the line costs."""
        return line_total(self.unit_price_cents, self.quantity, discount_cents=self.discount_cents)


@dataclass(slots=True)
class Sale:
    """An order and what became of it up to now; times that did not come are None."""

    id: UUID
    number: str
    entry: Entry
    lines: list[Line]
    amounts: OrderAmounts
    reasons: list[ApprovalReason]
    buyer: UUID | None
    status: OrderStatus = OrderStatus.PENDING
    approved_at: dt.datetime | None = None
    confirmed_at: dt.datetime | None = None
    cancelled_at: dt.datetime | None = None
    deliveries: list[tuple[dt.date, dt.datetime]] = field(default_factory=list[tuple[dt.date, dt.datetime]])

    @property
    def account(self) -> Account:
        """Whose order it is."""
        return self.entry.account

    @property
    def is_sample(self) -> bool:
        """Whether its bottles are free and no revenue."""
        return self.entry.kind is Kind.SAMPLE

    @property
    def changed_at(self) -> dt.datetime:
        """When something last happened to it."""
        moments = (self.entry.at, self.approved_at, self.confirmed_at, self.cancelled_at)
        return max(moment for moment in (*moments, *(at for _, at in self.deliveries)) if moment)


class Selling:
    """Writes orders one after the other, in the order of time."""

    def __init__(self, sheets: Sheets, world: World, *, staff: Staff, stock: Stock) -> None:
        self.count = 0
        self._sheets = sheets
        self._world = world
        self._staff = staff
        self._stock = stock
        self._dice = world.dice("orders")

    def sell(self, entry: Entry) -> Sale:
        """Make and write the order of an entry."""
        self.count += 1
        sale = self._written(entry)
        if entry.kind is Kind.DRAFT:
            sale.status = OrderStatus.DRAFT
        else:
            self._submit(sale)
            self._live(sale)
        self._write(sale)
        return sale

    def _written(self, entry: Entry) -> Sale:
        dice, account = self._dice, entry.account
        wanted = min(len(account.favourites), dice.choice((1, 2, 2, 3, 3, 4)))
        lines = [self._line(entry, item) for item in dice.sample(account.favourites, wanted)]
        reasons: list[ApprovalReason] = []
        if any(line.list_price_cents is not None for line in lines):
            reasons.append(ApprovalReason.PRICE_OVERRIDE)
        subtotal = sum(line.total_cents for line in lines)
        discount = subtotal * 5 // 100 if dice.happens(4) or entry.kind is Kind.UNAPPROVED else 0
        if discount:
            reasons.append(ApprovalReason.DISCOUNT)
        if subtotal - discount < MINIMUM_ORDER_CENTS and entry.kind is not Kind.SAMPLE:
            reasons.append(ApprovalReason.MINIMUM_ORDER)
        freight = shipping(
            subtotal - discount, flat_rate_cents=SHIPPING_CENTS, free_from_cents=FREE_SHIPPING_CENTS
        )
        amounts = order_amounts(
            (line.total_cents for line in lines),
            discount_cents=discount,
            tax_rate=TAX_RATE,
            tax_exempt=account.tax_exempt,
            shipping_cents=0 if entry.kind is Kind.SAMPLE else freight,
        )
        by_portal = entry.kind is not Kind.SAMPLE and not reasons and account.buyer and dice.happens(40)
        return Sale(
            id=dice.id(entry.at),
            number=f"{self._world.plan.order_prefix}{self.count:08d}",
            entry=entry,
            lines=lines,
            amounts=amounts,
            reasons=reasons,
            buyer=account.buyer if by_portal else None,
        )

    def _line(self, entry: Entry, item: Item) -> Line:
        dice, account = self._dice, entry.account
        if entry.kind is Kind.SAMPLE:
            return Line(dice.id(entry.at), item, dice.randint(1, 2), 0)
        appetite = account.appetite
        if account.sliding and (self._world.calendar.today - entry.day).days < 35:
            appetite *= 0.35
        quantity = max(1, round(dice.choice(_QUANTITIES) * appetite))
        answer = resolve_price(account.candidates(item), quantity, at=entry.at, currency=CURRENCY)
        if answer.winner is None:
            raise ValueError(f"no price for {item.code}")
        price = answer.winner.unit_price_cents
        line = Line(dice.id(entry.at), item, quantity, price)
        line.rule = orjson.dumps(pricing_rule(answer.winner)).decode()
        if dice.happens(1.5):
            line.list_price_cents, line.unit_price_cents = price, price * 92 // 100
        if dice.happens(3):
            line.discount_cents = line.unit_price_cents * quantity * 3 // 100
        return line

    def _submit(self, sale: Sale) -> None:
        actor = Actor(ActorKind.USER, sale.account.rep)
        if sale.buyer:
            actor = Actor(ActorKind.PORTAL_USER, sale.buyer)
        for line in sale.lines:
            line.shelves = self._stock.reserve(
                line.item, line.quantity, line=line.id, at=sale.entry.at, day=sale.entry.day, actor=actor
            )

    def _live(self, sale: Sale) -> None:
        """Approve, confirm, deliver and cancel, as far as it happened before now."""
        dice, at, kind = self._dice, sale.entry.at, sale.entry.kind
        if kind in {Kind.WAITING, Kind.UNAPPROVED}:
            return
        if sale.reasons:
            at = sale.approved_at = self._past(at + dt.timedelta(minutes=dice.randint(60, 1_200)))
        if at and kind not in {Kind.CONFIRMED, Kind.HALF} and dice.happens(4):
            self._cancel(sale, at + dt.timedelta(minutes=dice.randint(240, 1_800)))
            return
        at = sale.confirmed_at = at and self._past(at + dt.timedelta(minutes=dice.randint(20, 480)))
        if at is None:
            return
        sale.status = OrderStatus.CONFIRMED
        if kind is Kind.CONFIRMED:
            return
        day = sale.entry.day + dt.timedelta(days=dice.randint(2, 5))
        if kind is not Kind.HALF and not dice.happens(8):
            self._deliver(sale, day, [line.quantity for line in sale.lines])
            return
        self._deliver(sale, day, [(line.quantity + 1) // 2 for line in sale.lines])
        if kind is Kind.HALF:
            return
        day += dt.timedelta(days=dice.randint(4, 9))
        if dice.happens(12):
            self._cancel(sale, self._world.calendar.at(day, 600))
        else:
            self._deliver(sale, day, [line.quantity // 2 for line in sale.lines])

    def _past(self, moment: dt.datetime) -> dt.datetime | None:
        return moment if moment < self._world.calendar.now else None

    def _cancel(self, sale: Sale, at: dt.datetime) -> None:
        if at >= self._world.calendar.now:
            return
        sale.cancelled_at, sale.status = at, OrderStatus.CANCELLED
        actor = Actor(ActorKind.USER, self._staff.manager)
        for line in sale.lines:
            left = sum(line.delivered)
            for shelf, bottles in line.shelves:
                out = min(left, bottles)
                left -= out
                if bottles > out:
                    self._stock.release(shelf, bottles - out, line=line.id, at=at, actor=actor)

    def _deliver(self, sale: Sale, day: dt.date, bottles: list[int]) -> None:
        at = self._world.calendar.at(day, self._dice.randint(420, 900))
        if at >= self._world.calendar.now or not any(bottles):
            return
        sale.deliveries.append((day, at))
        for line, wanted in zip(sale.lines, bottles, strict=True):
            self._take_out(line, wanted, at)
        whole = all(sum(line.delivered) == line.quantity for line in sale.lines)
        sale.status = OrderStatus.FULFILLED if whole else OrderStatus.PARTIALLY_FULFILLED

    def _take_out(self, line: Line, wanted: int, at: dt.datetime) -> None:
        passed = sum(line.delivered)
        line.delivered.append(wanted)
        for shelf, bottles in line.shelves:
            here = min(max(bottles - passed, 0), wanted)
            passed = max(passed - bottles, 0)
            wanted -= here
            if here:
                self._stock.fulfil(shelf, here, line=line.id, at=at)

    def _write(self, sale: Sale) -> None:
        dice, entry, amounts = self._dice, sale.entry, sale.amounts
        draft = sale.status is OrderStatus.DRAFT
        fulfilled = sale.deliveries[-1][1] if sale.status is OrderStatus.FULFILLED else None
        self._sheets.add(
            Order,
            id=sale.id,
            number=sale.number,
            customer_id=sale.account.id,
            portal_user_id=sale.buyer,
            created_by_id=None if sale.buyer else sale.account.rep,
            sales_rep_id=sale.account.rep,
            status=sale.status,
            po_number=f"PO-{dice.randint(1_000, 99_999)}" if dice.happens(35) else None,
            placed_at=None if draft else entry.at,
            requested_delivery_on=entry.day + dt.timedelta(days=3) if dice.happens(60) else None,
            fulfilled_at=fulfilled,
            cancelled_at=sale.cancelled_at,
            subtotal_cents=amounts.subtotal_cents,
            discount_amount_cents=amounts.discount_cents,
            discounted_by_id=sale.account.rep if amounts.discount_cents else None,
            tax_amount_cents=amounts.tax_cents,
            shipping_amount_cents=amounts.shipping_cents,
            total_cents=amounts.total_cents,
            currency=CURRENCY,
            billing_address=sale.account.address,
            shipping_address=sale.account.address,
            notes="Please call on arrival." if dice.happens(8) else None,
            internal_notes="Ask about the spring list." if dice.happens(6) else None,
            is_sample=sale.is_sample,
            requires_approval=bool(sale.reasons) and not draft,
            approval_reasons=[] if draft else sale.reasons,
            approved_by_id=self._staff.manager if sale.approved_at else None,
            approved_at=sale.approved_at,
            created_at=entry.at,
            updated_at=sale.changed_at,
        )
        for position, line in enumerate(sale.lines, 1):
            self._write_line(sale, line, position)

    def _write_line(self, sale: Sale, line: Line, position: int) -> None:
        overridden = line.list_price_cents is not None
        at, delivered = sale.entry.at, sum(line.delivered)
        self._sheets.add(
            OrderLine,
            id=line.id,
            order_id=sale.id,
            sku_id=line.item.id,
            sku_code=line.item.code,
            description=line.item.name,
            position=position,
            quantity=line.quantity,
            cases=cases(line.quantity, line.item.units_per_case),
            liters=liters(line.quantity, line.item.bottle_ml),
            unit_price_cents=line.unit_price_cents,
            discount_amount_cents=line.discount_cents,
            discounted_by_id=sale.account.rep if line.discount_cents else None,
            line_total_cents=line.total_cents,
            fulfilled_quantity=delivered,
            applied_pricing_rule=line.rule,
            price_override_original_cents=line.list_price_cents,
            price_override_reason="Matched a competitor's offer" if overridden else None,
            price_override_by_id=sale.account.rep if overridden else None,
            price_override_at=at if overridden else None,
            created_at=at,
            updated_at=sale.changed_at,
        )
        cancelled = sale.status is OrderStatus.CANCELLED
        for shelf, bottles in line.shelves:
            out = min(delivered, bottles)
            delivered -= out
            self._sheets.add(
                OrderAllocation,
                id=self._dice.id(at),
                order_line_id=line.id,
                inventory_id=shelf.id,
                reserved=0 if cancelled else bottles - out,
                fulfilled=out,
                created_at=at,
                updated_at=sale.changed_at,
            )
