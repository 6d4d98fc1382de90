"""What a customer pays for a SKU, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, cast
from uuid import UUID

import strawberry
from sqlalchemy import Table, and_, func, or_, select, true
from sqlalchemy.engine import RowMapping
from strawberry import UNSET

from leora_gql.auth.principal import Principal
from leora_gql.domains.catalog.enums import PriceSource
from leora_gql.domains.catalog.models import PriceListEntry as EntryModel
from leora_gql.domains.catalog.models import Sku
from leora_gql.domains.catalog.pricing import (
    PriceAnswer,
    PriceCandidate,
    PriceLevel,
    PriceLoss,
    listed_price,
    resolve_price,
)
from leora_gql.domains.catalog.types import PriceListEntry
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.tenancy.models import TenantSettings
from leora_gql.errors import BadUserInput
from leora_gql.graph.access import access_directives, access_sentence, check_access
from leora_gql.graph.build import describe_enum
from leora_gql.graph.entity import Registry
from leora_gql.graph.fields import Access
from leora_gql.graph.mutation_inputs import given
from leora_gql.graph.node import as_graphql, decode_id_of
from leora_gql.graph.resolvers import load_by_id
from leora_gql.graph.selection import Info

describe_enum(PriceSource)
describe_enum(PriceLoss)

MOST_BOTTLES = 1_000_000
_VIEW = Access("pricing.view")
_EXPLAIN = Access("pricing.view", staff_only=True)

SkuId = Annotated[strawberry.ID, strawberry.argument(description="What is bought.")]
CustomerId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Who buys. Staff must say so; for buyers it is their own customer."),
]
BuyerId = Annotated[strawberry.ID, strawberry.argument(description="Who buys.")]
Quantity = Annotated[
    int, strawberry.argument(description=f"Bottles on one order line, 1 to {MOST_BOTTLES:,}.")
]
At = Annotated[dt.datetime | None, strawberry.argument(description="At which moment; now otherwise.")]


async def _entry(root: PriceCandidate, info: Info) -> PriceListEntry | None:
    if root.entry_id is None:
        return None
    return as_graphql(await load_by_id(Registry.require("PriceListEntry"), root.entry_id, info=info))


def _unit_price(root: PriceCandidate) -> Decimal:
    return Decimal(root.unit_price_cents).scaleb(-2)


def _source(root: PriceCandidate) -> PriceSource:
    return PriceSource[root.level.name]


@strawberry.type(description="A price of a SKU for a customer.")
class Price:
    """The GraphQL form of a candidate."""

    unit_price: Decimal = strawberry.field(resolver=_unit_price, description="The price of a bottle.")
    currency: str = strawberry.field(description="Its currency, an ISO 4217 code.")
    source: PriceSource = strawberry.field(resolver=_source, description="Where it comes from.")
    list_entry: PriceListEntry | None = strawberry.field(
        resolver=_entry, description="The entry that says so; null for the SKU's base price."
    )


def _price(root: Any) -> Price:
    return as_graphql(root.candidate)


@strawberry.type(description="A price that might count, and why it does not.")
class LostPrice:
    """The GraphQL form of a candidate that lost."""

    price: Price = strawberry.field(resolver=_price, description="The price.")
    reason: PriceLoss = strawberry.field(description="The first reason why it does not count.")


@strawberry.type(description="How the price of a SKU for a customer came about.")
class PriceExplanation:
    """The GraphQL form of a resolution."""

    winner: Price | None = strawberry.field(
        description="The price that counts; null when there is none in the distributor's currency."
    )
    lost: list[LostPrice] = strawberry.field(
        description="Every other price of the SKU that is the customer's, its tier's or everyone's, whenever it"
        " holds; the ones that came close first."
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a price is asked for."""

    sku_id: UUID
    customer_id: UUID
    quantity: int
    at: dt.datetime | None


class PriceQueries:
    """What a customer pays, for staff and buyers; and why, for staff."""

    @strawberry.field(
        description="The price of a bottle for a customer: its own, its tier's, the standard list's or the SKU's base"
        " price, the first that holds. Null for a SKU or customer that the caller may not see, and when there is no"
        " price in the distributor's currency." + access_sentence(_VIEW),
        directives=access_directives(_VIEW),
    )
    async def price(
        self,
        info: Info,
        sku_id: SkuId,
        customer_id: CustomerId = UNSET,
        quantity: Quantity = 1,
        at: At = UNSET,
    ) -> Price | None:
        """The winner."""
        principal = info.context.require_principal()
        check_access(_VIEW, principal)
        wanted = given(customer_id)
        buyer = _own_customer(principal) if wanted is None else decode_id_of("Customer", wanted)
        answer = await _resolve(info, _asked(sku_id, buyer, quantity, at))
        return as_graphql(answer and answer.winner)

    @strawberry.field(
        description="How the price of a bottle for a customer comes about. Null for a SKU or customer that the caller"
        " may not see." + access_sentence(_EXPLAIN),
        directives=access_directives(_EXPLAIN),
    )
    async def explain_price(
        self, info: Info, sku_id: SkuId, customer_id: BuyerId, quantity: Quantity = 1, at: At = UNSET
    ) -> PriceExplanation | None:
        """The winner and all others."""
        check_access(_EXPLAIN, info.context.require_principal())
        asked = _asked(sku_id, decode_id_of("Customer", customer_id), quantity, at)
        return as_graphql(await _resolve(info, asked))


def _own_customer(principal: Principal) -> UUID:
    if principal.customer_id is None:
        raise BadUserInput("customerId says whose price it is.")
    return principal.customer_id


def _asked(sku_id: str, customer_id: UUID, quantity: int, at: dt.datetime | None) -> _Asked:
    if not 1 <= quantity <= MOST_BOTTLES:
        raise BadUserInput(f"quantity is from 1 to {MOST_BOTTLES:,}.")
    return _Asked(decode_id_of("Sku", sku_id), customer_id, quantity, given(at))


async def _resolve(info: Info, asked: _Asked) -> PriceAnswer | None:
    """The resolution; None where the SKU or the customer is nothing that the caller may see."""
    rows = await info.context.rows(_candidates(asked))
    if not rows:
        return None
    first = rows[0]
    return resolve_price(
        _read(rows), asked.quantity, at=asked.at or first["now"], currency=first["default_currency"]
    )


def _read(rows: Sequence[RowMapping]) -> list[PriceCandidate]:
    base = PriceCandidate(PriceLevel.BASE, rows[0]["base_price_cents"], rows[0]["sku_currency"])
    return [base, *(listed_price(dict(row)) for row in rows if row["id"] is not None)]


def _candidates(asked: _Asked) -> Any:
    """A row for each entry that might be the customer's, whenever it holds; one without an entry if there is none."""
    settings, customer = cast(Table, TenantSettings.__table__), cast(Table, Customer.__table__)
    sku, entry = cast(Table, Sku.__table__), cast(Table, EntryModel.__table__)
    for_everyone = and_(
        entry.c.customer_id.is_(None),
        or_(entry.c.customer_tier.is_(None), entry.c.customer_tier == customer.c.tier),
    )
    entries = and_(
        entry.c.tenant_id == sku.c.tenant_id,
        entry.c.sku_id == sku.c.id,
        or_(entry.c.customer_id == customer.c.id, for_everyone),
    )
    return (
        select(
            func.now().label("now"),
            settings.c.default_currency,
            sku.c.base_price_cents,
            sku.c.currency.label("sku_currency"),
            *(
                entry.c[name]
                for name in (
                    *("id", "customer_id", "customer_tier", "unit_price_cents", "currency", "price_list"),
                    *("min_quantity", "max_quantity", "valid_from", "valid_until"),
                )
            ),
        )
        .select_from(settings.join(sku, true()).join(customer, true()).outerjoin(entry, entries))
        .where(sku.c.id == asked.sku_id, customer.c.id == asked.customer_id)
    )
