"""What is made: the two demo tenants, how large each is at a scale, and the days they live through."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from leora_gql.domains.intelligence.days import month_of, months_back
from leora_gql.seed.dice import Dice

MONTHS: Final = 18
"""Full months of history before the current one."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each; `buyers` are the customers that order, about fourteen times each."""

    suppliers: int
    products: int
    customers: int
    buyers: int
    reps: int


@dataclass(frozen=True, slots=True)
class TenantPlan:
    """A demo tenant: its names and its size at scale 1 and per further step of the scale."""

    slug: str
    name: str
    domain: str
    color: str
    order_prefix: str
    invoice_prefix: str
    warehouses: tuple[str, str]
    base: Size
    growth: Size

    def size(self, scale: int) -> Size:
        """How large the tenant is at a scale."""
        more = scale - 1
        return Size(
            suppliers=self.base.suppliers + self.growth.suppliers * more // 100,
            products=self.base.products + self.growth.products * more,
            customers=self.base.customers + self.growth.customers * more,
            buyers=self.base.buyers + self.growth.buyers * more,
            reps=self.base.reps + self.growth.reps * more // 100,
        )


WELL_CRAFTED: Final = TenantPlan(
    slug="well-crafted",
    name="Well Crafted",
    domain="wellcrafted.test",
    color="#7a1f3d",
    order_prefix="WC-",
    invoice_prefix="WCI-",
    warehouses=("Newark", "Albany"),
    base=Size(suppliers=12, products=60, customers=40, buyers=36, reps=3),
    growth=Size(suppliers=40, products=19, customers=215, buyers=36, reps=20),
)
CELLAR_DOOR: Final = TenantPlan(
    slug="cellar-door",
    name="Cellar Door",
    domain="cellardoor.test",
    color="#1f4f7a",
    order_prefix="CD-",
    invoice_prefix="CDI-",
    warehouses=("Main", "Annex"),
    base=Size(suppliers=4, products=14, customers=10, buyers=9, reps=1),
    growth=Size(suppliers=0, products=0, customers=0, buyers=0, reps=0),
)
PLANS: Final = {plan.slug: plan for plan in (WELL_CRAFTED, CELLAR_DOOR)}


class Calendar:
    """The tenant's days up to today, as moments. Everything lies before today's midnight."""

    def __init__(self, today: dt.date, zone: ZoneInfo) -> None:
        self.today = today
        self.zone = zone
        self.first = months_back(month_of(today), MONTHS)
        self.opened = self.at(self.first - dt.timedelta(days=60))

    @cached_property
    def now(self) -> dt.datetime:
        """Today's midnight: the moment at which all of this is seen."""
        return self.at(self.today)

    def at(self, day: dt.date, minute: int = 0) -> dt.datetime:
        """So many minutes after the day's midnight in the tenant's zone, in UTC."""
        return dt.datetime.combine(day, dt.time(), self.zone).astimezone(dt.UTC) + dt.timedelta(
            minutes=minute
        )

    def ago(self, days: int) -> dt.date:
        """The day so many days before today."""
        return self.today - dt.timedelta(days=days)


@dataclass(frozen=True, slots=True)
class World:
    """What every part of the seed of one tenant knows."""

    plan: TenantPlan
    size: Size
    seed: int
    tenant: UUID
    calendar: Calendar
    password_hash: str | None

    def dice(self, topic: str) -> Dice:
        """The stream of chance for a topic."""
        return Dice(self.seed, self.plan.slug, topic)
