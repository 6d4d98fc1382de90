"""Suppliers, products, SKUs and what they cost for everyone and for the tiers."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

import orjson

from leora_gql.domains.catalog.enums import ProductStatus, SkuStatus, SupplierStatus
from leora_gql.domains.catalog.models import PriceListEntry, Product, Sku, Supplier
from leora_gql.domains.catalog.pricing import PriceCandidate, PriceLevel
from leora_gql.seed.bottles import BOTTLES, ELSEWHERE, ESTATES, PLACES, SUPPLIERS, Bottle
from leora_gql.seed.dice import Dice
from leora_gql.seed.people import phone
from leora_gql.seed.plan import World
from leora_gql.seed.sheets import Sheets

CURRENCY: Final = "USD"
TIERS: Final = ("GOLD", "SILVER", "BRONZE")
TIER_DISCOUNTS: Final = {"GOLD": (10, 12), "SILVER": (6, 12), "BRONZE": (3, 24)}
"""Percent off the standard price, from so many bottles on."""

_SIZE_FACTORS: Final = {375: Decimal("0.55"), 750: Decimal(1), 1500: Decimal("2.1")}
_UNITS: Final = {375: 12, 750: 12, 1500: 6}


@dataclass(slots=True)
class Item:
    """A SKU as the rest of the seed needs it; `prices` are the candidates for those without a tier."""

    id: UUID
    product: UUID
    code: str
    name: str
    bottle_ml: int
    units_per_case: int
    base_cents: int
    on_sale: bool
    prices: list[PriceCandidate] = field(default_factory=list[PriceCandidate])
    tier_prices: dict[str, list[PriceCandidate]] = field(default_factory=dict[str, list[PriceCandidate]])

    def candidates(self, tier: str | None) -> list[PriceCandidate]:
        """The prices that might count for a customer of the tier, its own apart."""
        return self.tier_prices.get(tier, self.prices) if tier else self.prices


def slug(name: str) -> str:
    """A name in lower-case ASCII words with hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def stock_catalogue(sheets: Sheets, world: World) -> list[Item]:
    """Write suppliers, products, SKUs and their standard and tier prices; gives the SKUs."""
    dice = world.dice("catalogue")
    suppliers = _suppliers(sheets, world, dice)
    items: list[Item] = []
    for number, bottle in enumerate(_bottles(world.size.products)):
        supplier = suppliers[
            bottle.supplier % len(suppliers) if number < len(BOTTLES) else number % len(suppliers)
        ]
        items.extend(_product(sheets, world, dice, number=number, bottle=bottle, supplier=supplier))
    for item in items:
        _list_prices(sheets, world, dice, item)
    return items


def _suppliers(sheets: Sheets, world: World, dice: Dice) -> list[UUID]:
    at = world.calendar.opened
    suppliers: list[UUID] = []
    for number in range(world.size.suppliers):
        name, contact, city, country = SUPPLIERS[number % len(SUPPLIERS)]
        if number >= len(SUPPLIERS):
            name = f"{ESTATES[number % len(ESTATES)]} {PLACES[number % len(PLACES)]} Imports {number}"
        suppliers.append(dice.id(at))
        sheets.add(
            Supplier,
            id=suppliers[-1],
            name=name,
            slug=slug(name),
            contact_name=contact,
            contact_email=f"orders@{slug(name)}.test",
            contact_phone=phone(dice),
            address=orjson.dumps(
                {"line1": f"{dice.randint(1, 400)} Cellar Road", "city": city, "country": country}
            ).decode(),
            status=SupplierStatus.INACTIVE if number and number % 11 == 0 else SupplierStatus.ACTIVE,
            created_at=at,
            updated_at=at,
        )
    return suppliers


def _bottles(count: int) -> Iterator[Bottle]:
    for number in range(count):
        kind = BOTTLES[number % len(BOTTLES)]
        if number < len(BOTTLES):
            yield kind
            continue
        series, place = divmod(number, len(PLACES))
        brand = f"{ESTATES[series % len(ESTATES)]} {PLACES[place]}"
        name = f"{brand} {kind.varietal} {kind.vintage or ''}".strip()
        yield replace(kind, brand=brand, name=name, price=kind.price * (85 + number % 31) // 100 + 1)


def _product(
    sheets: Sheets, world: World, dice: Dice, *, number: int, bottle: Bottle, supplier: UUID
) -> Iterator[Item]:
    at = world.calendar.opened
    product, code = dice.id(at), f"P{number + 1:05d}"
    country = SUPPLIERS[bottle.supplier][3]
    status = ProductStatus.ACTIVE
    if number % 29 == 28:
        status = ProductStatus.ARCHIVED if number % 2 else ProductStatus.DRAFT
    sheets.add(
        Product,
        id=product,
        supplier_id=supplier,
        code=code,
        name=bottle.name,
        description=_description(bottle),
        category=bottle.category,
        brand=bottle.brand,
        varietal=bottle.varietal,
        vintage=bottle.vintage,
        region=bottle.region,
        country=ELSEWHERE.get(bottle.region, country),
        style=bottle.style,
        color=bottle.color,
        alcohol_type=bottle.style if bottle.category == "Spirits" else "Wine",
        alcohol_percent=Decimal(bottle.percent),
        image_url=f"https://images.{world.plan.domain}/{code.lower()}.jpg",
        status=status,
        is_sample_only=number % 31 == 30,
        created_at=at,
        updated_at=at,
    )
    for size in bottle.sizes:
        yield _sku(sheets, world, dice, product=(product, code), bottle=bottle, size=size, active=status)


def _description(bottle: Bottle) -> str:
    where = f"from {bottle.region}"
    if bottle.category == "Spirits":
        return f"{bottle.varietal} {where}, bottled at {bottle.percent}% by {bottle.brand}."
    return (
        f"A {bottle.style.lower()} {bottle.color.lower()} wine {where}: {bottle.varietal} by {bottle.brand}."
    )


def _sku(
    sheets: Sheets,
    world: World,
    dice: Dice,
    *,
    product: tuple[UUID, str],
    bottle: Bottle,
    size: int,
    active: ProductStatus,
) -> Item:
    at = world.calendar.opened
    on_sale = active is ProductStatus.ACTIVE
    base = int(bottle.price * 100 * _SIZE_FACTORS[size]) - 1
    number = int(product[1][1:]) * 10 + size % 7
    item = Item(
        id=dice.id(at),
        product=product[0],
        code=f"{product[1]}-{size}",
        name=f"{bottle.name} {size} ml",
        bottle_ml=size,
        units_per_case=_UNITS[size],
        base_cents=base,
        on_sale=on_sale,
    )
    sheets.add(
        Sku,
        id=item.id,
        product_id=item.product,
        code=item.code,
        name=item.name,
        bottle_ml=size,
        units_per_case=item.units_per_case,
        upc=f"08{number:010d}",
        gtin=f"1008{number:010d}",
        base_price_cents=base,
        cost_cents=base * dice.randint(58, 72) // 100,
        currency=CURRENCY,
        weight_grams=size + size * 2 // 3 + 40,
        status=SkuStatus.ACTIVE if on_sale else SkuStatus.DISCONTINUED,
        created_at=at,
        updated_at=at,
    )
    return item


def _list_prices(sheets: Sheets, world: World, dice: Dice, item: Item) -> None:
    """Two standard prices, last year's and today's, and one price per tier."""
    calendar = world.calendar
    raised = calendar.at(calendar.ago(200))
    last_year = item.base_cents * 96 // 100
    base = PriceCandidate(PriceLevel.BASE, item.base_cents, CURRENCY)
    standard = [
        add_price(
            sheets, dice, item, list_name="Standard", cents=last_year, since=calendar.opened, until=raised
        ),
        add_price(sheets, dice, item, list_name="Standard", cents=item.base_cents * 99 // 100, since=raised),
    ]
    item.prices = [*standard, base]
    for tier, (percent, bottles) in TIER_DISCOUNTS.items():
        entry = add_price(
            sheets,
            dice,
            item,
            list_name=f"{tier.title()} tier",
            cents=last_year * (100 - percent) // 100,
            since=calendar.opened,
            tier=tier,
            min_quantity=bottles,
        )
        item.tier_prices[tier] = [entry, *item.prices]


def add_price(
    sheets: Sheets,
    dice: Dice,
    item: Item,
    *,
    list_name: str,
    cents: int,
    since: dt.datetime,
    until: dt.datetime | None = None,
    tier: str | None = None,
    customer: UUID | None = None,
    min_quantity: int = 1,
) -> PriceCandidate:
    """Write an entry of a price list; gives it as the candidate that price resolution knows."""
    level = PriceLevel.CUSTOMER if customer else PriceLevel.TIER if tier else PriceLevel.STANDARD
    entry = PriceCandidate(
        level, cents, CURRENCY, dice.id(since), list_name, min_quantity, valid_from=since, valid_until=until
    )
    sheets.add(
        PriceListEntry,
        id=entry.entry_id,
        sku_id=item.id,
        price_list=list_name,
        customer_id=customer,
        customer_tier=tier,
        unit_price_cents=cents,
        currency=CURRENCY,
        min_quantity=min_quantity,
        max_quantity=None,
        valid_from=since,
        valid_until=until,
        created_at=since,
        updated_at=since,
    )
    return entry
