"""The mutations of stock."""

from __future__ import annotations

from leora_gql.domains.catalog import stock_inputs as given
from leora_gql.domains.catalog.service import stock
from leora_gql.domains.catalog.types import InventoryItem
from leora_gql.graph.mutation import mutation


class StockMutations:
    """The mutations of stock, for the schema to merge in."""

    receive_inventory = mutation(
        given.ReceiveInventoryInput,
        stock.receive_inventory,
        changes=InventoryItem,
        requires="inventory.manage",
        locks=given.receipt_locks,
        description="Take bottles that came in into stock.",
    )
    adjust_inventory = mutation(
        given.AdjustInventoryInput,
        stock.adjust_inventory,
        changes=InventoryItem,
        requires="inventory.manage",
        locks=given.adjustment_locks,
        description="Put the bottles on hand right after a count, breakage or theft; or say when to reorder them.",
    )
    transfer_inventory = mutation(
        given.TransferInventoryInput,
        stock.transfer_inventory,
        changes=InventoryItem,
        requires="inventory.manage",
        locks=given.transfer_locks,
        description="Move bottles that no order has reserved to another warehouse; gives the stock they went to.",
    )
