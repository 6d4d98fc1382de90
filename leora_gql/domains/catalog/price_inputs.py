"""The inputs of the mutations of prices, and what they lock."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import cast
from uuid import UUID

import strawberry
from strawberry import UNSET

from leora_gql.domains.catalog.service.prices import PriceToDelete, PriceToSet
from leora_gql.domains.locks import Locks
from leora_gql.graph.batches import Batch, ErrorPolicy, batch_items, batch_policy, read_batch
from leora_gql.graph.mutation_inputs import InputCheck, given, is_given
from leora_gql.graph.problems import UserErrorCode

MOST_BOTTLES = 1_000_000
_CURRENCY = re.compile(r"[A-Z]{3}")
_NEEDED = ("skuId", "priceList", "unitPrice")
"""What a new price must say."""


@strawberry.input(
    description="A price per bottle: a new one, or with an `id` what is to change of one, the rest staying as it is."
)
class PriceListEntryInput:
    """A price for a customer, for a tier, or (neither given) for everyone."""

    id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The price to change; without it one is added."
    )
    version: int | None = strawberry.field(
        default=UNSET,
        description="The version that you know of the price to change: if it has changed since, nothing is done.",
    )
    sku_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="What is priced. A new price needs it; of an old one it stays."
    )
    price_list: str | None = strawberry.field(
        default=UNSET, description="The price list's name, at most 100 characters. A new price needs it."
    )
    customer_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The customer that the price is for."
    )
    customer_tier: str | None = strawberry.field(
        default=UNSET,
        description="The tier that the price is for, at most 50 characters; not with a customer.",
    )
    unit_price: Decimal | None = strawberry.field(
        default=UNSET, description="The price of a bottle, at most two decimals. A new price needs it."
    )
    currency: str | None = strawberry.field(
        default=UNSET, description="Its currency, three capital letters; the tenant's own otherwise."
    )
    min_quantity: int | None = strawberry.field(
        default=UNSET,
        description="Bottles of one order line from which it holds, 1 to 1,000,000; 1 otherwise.",
    )
    max_quantity: int | None = strawberry.field(
        default=UNSET, description="Bottles up to which it holds, 1 to 1,000,000; null for any number."
    )
    valid_from: dt.datetime | None = strawberry.field(
        default=UNSET, description="The moment from which it holds, 1900 to 2199; now otherwise."
    )
    valid_until: dt.datetime | None = strawberry.field(
        default=UNSET, description="The moment at which it stops to hold, 1900 to 2199; null for an open end."
    )

    def checked(self, check: InputCheck) -> PriceToSet:
        """The price as the service takes it."""
        key = check.key(self.id, "id", of="PriceListEntry")
        values = self._values(check)
        if key is None:
            values = self._new(check, values)
        return PriceToSet(id=key, version=given(self.version), values=values)

    def _new(self, check: InputCheck, values: dict[str, object]) -> dict[str, object]:
        """What a new price says: a default for each null that has one."""
        given_names = {"skuId": self.sku_id, "priceList": self.price_list, "unitPrice": self.unit_price}
        for name in _NEEDED:
            if given_names[name] is UNSET:
                check.refuse(UserErrorCode.REQUIRED, "A new price needs this.", name)
        if is_given(self.version):
            check.refuse(UserErrorCode.INVALID, "A new price has no version yet.", "version")
        return {name: value for name, value in values.items() if value is not None}

    def _values(self, check: InputCheck) -> dict[str, object]:
        """What is given, by column."""
        defaulted = not is_given(self.id)

        def quantity(value: int | None, field: str) -> int | None:
            return None if value is None else check.whole(value, field, low=1, high=MOST_BOTTLES)

        def needed(value: object, field: str) -> object:
            if value is None and not defaulted:
                check.refuse(UserErrorCode.REQUIRED, "This must not be null.", field)
            return value

        def price(value: Decimal | None, field: str) -> int | None:
            if value is None:
                check.refuse(UserErrorCode.REQUIRED, "This must not be null.", field)
            return check.money(value, field)

        def currency(value: str | None, field: str) -> object:
            means = "A currency is three capital letters: USD."
            return needed(check.formed(value, field, limit=3, form=_CURRENCY, means=means), field)

        values = check.patch(
            self,
            sku_id=lambda value, field: check.required_key(value, field, of="Sku"),
            price_list=lambda value, field: check.required_text(value, field, limit=100),
            customer_id=lambda value, field: check.key(value, field, of="Customer"),
            customer_tier=lambda value, field: check.text(value, field, limit=50),
            unit_price=price,
            currency=currency,
            min_quantity=lambda value, field: needed(quantity(value, field), field),
            max_quantity=quantity,
            valid_from=lambda value, field: needed(check.moment(value, field), field),
            valid_until=check.moment,
        )
        if "unit_price" in values:
            values["unit_price_cents"] = values.pop("unit_price")
        return values


@strawberry.input(description="Prices to set, together.")
class UpsertPriceListEntriesInput:
    """Up to a hundred prices; those of one scope, SKU, currency and minimum quantity never hold at the same time."""

    items: list[PriceListEntryInput] = batch_items("The prices, 1 to 100, set in their order.")
    error_policy: ErrorPolicy = batch_policy()

    def checked(self, check: InputCheck) -> Batch:
        """The prices as the service takes them."""
        return read_batch(self.items, self.error_policy, check)


@strawberry.input(description="A price to delete.")
class PriceListEntryRemovalInput:
    """One of those to delete."""

    id: strawberry.ID = strawberry.field(description="The price.")
    version: int | None = strawberry.field(
        default=UNSET,
        description="The version that you know: if it has changed since, it is not deleted.",
    )

    def checked(self, check: InputCheck) -> PriceToDelete:
        """The price as the service takes it."""
        return PriceToDelete(
            id=check.required_key(self.id, "id", of="PriceListEntry"), version=given(self.version)
        )


@strawberry.input(description="Prices to delete, together.")
class DeletePriceListEntriesInput:
    """Up to a hundred prices."""

    items: list[PriceListEntryRemovalInput] = batch_items("The prices, 1 to 100.")
    error_policy: ErrorPolicy = batch_policy()

    def checked(self, check: InputCheck) -> Batch:
        """The prices as the service takes them."""
        return read_batch(self.items, self.error_policy, check)


def upsert_locks(batch: Batch) -> Locks:
    """The SKUs whose prices are set: an entry is written while nobody else writes one of its SKU."""
    items = [cast(PriceToSet, item) for item, bad in zip(batch.items, batch.problems, strict=True) if not bad]
    return Locks(
        skus=frozenset(cast(UUID, item.values["sku_id"]) for item in items if "sku_id" in item.values),
        skus_of_prices=frozenset(item.id for item in items if item.id is not None),
    )


def delete_locks(batch: Batch) -> Locks:
    """The SKUs whose prices are deleted."""
    return Locks(skus_of_prices=frozenset(cast(PriceToDelete, item).id for item in batch.items))
