"""Customers, each with a temperament of its own, their buyers in the portal, and their own prices."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import orjson

from leora_gql.domains.catalog.pricing import PriceCandidate
from leora_gql.domains.customers.enums import CreditStatus, CustomerStatus
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.identity.models import PortalUser, PortalUserRole
from leora_gql.seed.catalogue import TIERS, Item, add_price, slug
from leora_gql.seed.dice import Dice
from leora_gql.seed.people import Staff, phone, sign_in_columns
from leora_gql.seed.places import CUSTOMERS, FIRST_NAMES, OWNERS, STREETS, TERRITORIES, TRADES, WAYS
from leora_gql.seed.plan import World
from leora_gql.seed.sheets import Sheets

DEMO_BUYERS: Final = ("buyer@harborview.test", "buyer@oldmill.test")
"""Sign-ins of the first two customers of Well Crafted."""

PACES: Final = (14, 21, 21, 28, 28, 30, 30, 35, 45, 45, 60, 75)


@dataclass(slots=True)
class Account:
    """A customer that orders: every `pace` days, last about `quiet` days ago, from its favourites."""

    id: UUID
    rep: UUID
    tier: str | None
    tax_exempt: bool
    terms_days: int
    address: str
    pace: int
    quiet: int
    since: dt.date
    appetite: float
    sliding: bool
    favourites: list[Item]
    buyer: UUID | None = None
    prices: dict[UUID, list[PriceCandidate]] = field(default_factory=dict[UUID, list[PriceCandidate]])

    def candidates(self, item: Item) -> list[PriceCandidate]:
        """The prices that might count for this customer and SKU."""
        own = self.prices.get(item.id)
        return [*own, *item.candidates(self.tier)] if own else item.candidates(self.tier)


def name_of(number: int) -> str:
    """The name of the customer with this number; those after the first forty are made of words."""
    if number < len(CUSTOMERS):
        return CUSTOMERS[number]
    rest, trade = divmod(number * 37, len(TRADES))
    rest, way = divmod(rest, len(WAYS))
    series, owner = divmod(rest, len(OWNERS))
    name = f"{OWNERS[owner]} {WAYS[way]} {TRADES[trade]}"
    return f"{name} {series + 1}" if series else name


class Accounts:
    """Writes customers one after the other, and remembers those that order."""

    def __init__(self, sheets: Sheets, world: World, *, staff: Staff, items: list[Item]) -> None:
        self.buying: list[Account] = []
        self.portal_users: list[UUID] = []
        self.every: list[tuple[UUID, UUID]] = []
        self._sheets = sheets
        self._world = world
        self._staff = staff
        self._items = [item for item in items if item.on_sale]
        self._dice = world.dice("customers")

    def open(self, number: int) -> None:
        """Write the customer with this number; the first ones are the buyers of the plan's size."""
        dice = self._dice
        at = self._world.calendar.opened + dt.timedelta(minutes=number % 50_000)
        customer = dice.id(at)
        rep = self._staff.reps[number % len(self._staff.reps)]
        buys = number < self._world.size.buyers
        tier = dice.choice((*TIERS, None))
        address, territory, state = _address(dice, number % len(self._staff.reps))
        terms = dice.choice((None, None, None, 15, 45))
        exempt = not dice.happens(12)
        self._write(
            number,
            buys=buys,
            at=at,
            columns={
                "id": customer,
                "tier": tier,
                "sales_rep_id": rep,
                "territory": territory,
                "billing_address": address,
                "shipping_address": address,
                "tax_exempt": exempt,
                "payment_terms_days": terms,
                "license_number": f"{state}-{dice.randint(100_000, 999_999)}",
                "license_state": state,
            },
        )
        self.every.append((customer, rep))
        if buys:
            account = self._account(
                number, customer, rep, tier=tier, terms=terms, address=address, exempt=exempt
            )
            self.buying.append(account)
            if number < 2 or number % 3 == 0:
                account.buyer = self._portal_user(number, customer)
            if number % 4 == 1:
                self._own_prices(account)

    def _write(self, number: int, *, buys: bool, at: dt.datetime, columns: dict[str, object]) -> None:
        dice, name = self._dice, name_of(number)
        contact = f"{dice.choice(FIRST_NAMES)} {dice.choice(OWNERS)}"
        expires = self._world.calendar.ago(-dice.randint(20, 700))
        if number > 1 and dice.happens(4):
            expires = self._world.calendar.ago(dice.randint(1, 60))
        self._sheets.add(
            Customer,
            **columns,
            account_number=f"C{number + 1:06d}",
            name=name,
            trade_name=f"{name} LLC" if dice.happens(30) else None,
            status=_status(dice, number, buys=buys),
            primary_contact_name=contact,
            primary_contact_email=f"{slug(contact)}@{slug(name)}.test",
            primary_contact_phone=phone(dice),
            credit_limit_cents=dice.choice((None, 500_000, 1_000_000, 2_500_000, 5_000_000)),
            credit_status=CreditStatus.HOLD if number > 1 and dice.happens(4) else CreditStatus.GOOD,
            license_expires_on=expires,
            notes="Deliver before eleven, through the back door." if dice.happens(15) else None,
            created_at=at,
            updated_at=at,
        )

    def _account(
        self,
        number: int,
        customer: UUID,
        rep: UUID,
        *,
        tier: str | None,
        terms: int | None,
        address: str,
        exempt: bool,
    ) -> Account:
        dice, calendar = self._dice, self._world.calendar
        pace = dice.choice(PACES)
        since = calendar.first + dt.timedelta(days=dice.randint(0, 150))
        if number % 12 == 11:
            since = calendar.ago(dice.randint(8, 40))
        return Account(
            id=customer,
            rep=rep,
            tier=tier,
            tax_exempt=exempt,
            terms_days=30 if terms is None else terms,
            address=address,
            pace=pace,
            quiet=_quiet_days(dice, number, pace),
            since=since,
            appetite=dice.choice((0.6, 0.8, 1.0, 1.0, 1.3, 2.0)),
            sliding=dice.happens(15),
            favourites=dice.sample(self._items, min(len(self._items), dice.randint(6, 14))),
        )

    def _portal_user(self, number: int, customer: UUID) -> UUID:
        dice, world = self._dice, self._world
        at = world.calendar.opened + dt.timedelta(days=1)
        user = dice.id(at)
        email = f"buyer{number + 1}@{slug(name_of(number))}.test"
        if number < len(DEMO_BUYERS) and world.plan.slug == "well-crafted":
            email = DEMO_BUYERS[number]
        self._sheets.add(
            PortalUser,
            id=user,
            customer_id=customer,
            email=email,
            first_name=dice.choice(FIRST_NAMES),
            last_name=dice.choice(OWNERS),
            phone=phone(dice),
            **sign_in_columns(world, dice),
            created_at=at,
            updated_at=at,
        )
        role = "portal_viewer" if number and number % 9 == 0 else "portal_user"
        self._sheets.add(
            PortalUserRole,
            portal_user_id=user,
            role_id=self._staff.roles[role],
            assigned_at=at,
            assigned_by_id=self._staff.admin,
        )
        self.portal_users.append(user)
        return user

    def _own_prices(self, account: Account) -> None:
        since = self._world.calendar.at(self._world.calendar.ago(self._dice.randint(120, 400)))
        for item in account.favourites[:3]:
            entry = add_price(
                self._sheets,
                self._dice,
                item,
                list_name="Agreed prices",
                cents=item.base_cents * self._dice.randint(82, 92) // 100,
                since=since,
                customer=account.id,
            )
            account.prices[item.id] = [entry]


def _status(dice: Dice, number: int, *, buys: bool) -> CustomerStatus:
    if number < 2:
        return CustomerStatus.ACTIVE
    if buys:
        return CustomerStatus.INACTIVE if dice.happens(4) else CustomerStatus.ACTIVE
    choices = (CustomerStatus.PROSPECT, CustomerStatus.INACTIVE, CustomerStatus.CLOSED, CustomerStatus.ACTIVE)
    return choices[number % 4]


def _quiet_days(dice: Dice, number: int, pace: int) -> int:
    """Days without an order up to today: of ten customers seven are on time, one is late, two too late."""
    late = {4: (1.25, 1.42), 7: (1.7, 4.0), 9: (1.7, 2.5)}.get(number % 10)
    low, high = late or (0.1, 1.0)
    return max(1, round(pace * dice.uniform(low, high)))


def _address(dice: Dice, number: int) -> tuple[str, str, str]:
    territory, city, state, digits = TERRITORIES[number % len(TERRITORIES)]
    address = {
        "line1": f"{dice.randint(1, 999)} {dice.choice(STREETS)}",
        "city": city,
        "region": state,
        "postal_code": f"{digits}{dice.randint(1, 99):02d}",
        "country": "United States",
    }
    return orjson.dumps(address).decode(), territory, state
