"""The mutations of prices."""

from __future__ import annotations

from leora_gql.domains.catalog import price_inputs as given
from leora_gql.domains.catalog.service import prices
from leora_gql.domains.catalog.types import PriceListEntry
from leora_gql.graph.mutation import mutation


class PriceMutations:
    """The mutations of prices, for the schema to merge in."""

    upsert_price_list_entries = mutation(
        given.UpsertPriceListEntriesInput,
        prices.upsert_price,
        changes=PriceListEntry,
        each=given.PriceListEntryInput,
        requires="pricing.manage",
        locks=given.upsert_locks,
        description="Add prices and change prices. One that would hold together with another of its scope, SKU,"
        " currency and minimum quantity is refused.",
    )
    delete_price_list_entries = mutation(
        given.DeletePriceListEntriesInput,
        prices.delete_price,
        removes=PriceListEntry,
        each=given.PriceListEntryRemovalInput,
        requires="pricing.manage",
        locks=given.delete_locks,
        description="Delete prices. Orders keep those that they were given.",
    )
