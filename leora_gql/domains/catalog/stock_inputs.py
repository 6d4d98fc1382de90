"""The inputs of the mutations of stock, and what each locks."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry import UNSET

from leora_gql.domains.catalog.service.stock import MOST_ON_HAND, Adjustment, Receipt, Transfer
from leora_gql.domains.locks import Locks
from leora_gql.graph.mutation_inputs import InputCheck, given, is_given
from leora_gql.graph.problems import UserErrorCode

MOST_BOTTLES = 10_000_000
_WAREHOUSE = 100
_REASON = 500


@strawberry.input(description="Bottles that came into a warehouse.")
class ReceiveInventoryInput:
    """A receipt."""

    sku_id: strawberry.ID = strawberry.field(description="What came in.")
    warehouse: str = strawberry.field(
        description="The warehouse's name, at most 100 characters. One that had none of the SKU has it from now on."
    )
    quantity: int = strawberry.field(description="Bottles, 1 to 10,000,000.")
    reason: str | None = strawberry.field(
        default=UNSET, description="What is to be said about it, at most 500 characters."
    )

    def checked(self, check: InputCheck) -> Receipt:
        """The receipt as the service takes it."""
        return Receipt(
            sku_id=check.required_key(self.sku_id, "skuId", of="Sku"),
            warehouse=check.required_text(self.warehouse, "warehouse", limit=_WAREHOUSE),
            quantity=check.whole(self.quantity, "quantity", low=1, high=MOST_BOTTLES),
            reason=check.text(self.reason, "reason", limit=_REASON),
        )


@strawberry.input(
    description="What a count found too much or too little of a SKU in a warehouse, or when to reorder it there."
)
class AdjustInventoryInput:
    """An adjustment, of an item by its id or by its SKU and warehouse."""

    inventory_item_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The stock to put right; else `skuId` and `warehouse` say which."
    )
    sku_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The SKU whose stock in `warehouse` is to be put right."
    )
    warehouse: str | None = strawberry.field(
        default=UNSET, description="The name of a warehouse that has stock of `skuId`."
    )
    on_hand_delta: int | None = strawberry.field(
        default=UNSET,
        description="Bottles more or, negative, fewer than on hand until now: −10,000,000 to 10,000,000, not 0."
        " Never fewer are left than orders have reserved. Needed unless it is said when to reorder.",
    )
    reason: str | None = strawberry.field(
        default=UNSET,
        description="Why they differ, at most 500 characters; needed with `onHandDelta`, whose movement keeps it.",
    )
    reorder_point: int | None = strawberry.field(
        default=UNSET,
        description="Reorder when what is available falls to so many bottles, 0 to 1,000,000,000; not null.",
    )
    reorder_quantity: int | None = strawberry.field(
        default=UNSET, description="How many bottles to reorder, 0 to 1,000,000,000; not null."
    )
    version: int | None = strawberry.field(
        default=UNSET,
        description="The item's version when it was counted: if it has changed since, nothing is done.",
    )

    def checked(self, check: InputCheck) -> Adjustment:
        """The adjustment as the service takes it."""
        by_id = is_given(self.inventory_item_id)
        for name, value in (("skuId", self.sku_id), ("warehouse", self.warehouse)):
            if by_id and is_given(value):
                check.refuse(UserErrorCode.INVALID, "The id of the inventory item says it already.", name)
        reorder = self._reorder(check)
        delta = self._delta(check, needed=not reorder)
        reason = check.text(self.reason, "reason", limit=_REASON)
        if delta is not None and reason is None:
            check.refuse(UserErrorCode.REQUIRED, "This must not be blank.", "reason")
        return Adjustment(
            inventory_id=check.key(self.inventory_item_id, "inventoryItemId", of="InventoryItem"),
            sku_id=None if by_id else check.required_key(self.sku_id, "skuId", of="Sku"),
            warehouse=None
            if by_id
            else check.required_text(given(self.warehouse) or "", "warehouse", limit=_WAREHOUSE),
            on_hand_delta=delta or 0,
            reason=reason,
            version=given(self.version),
            reorder=reorder,
        )

    def _reorder(self, check: InputCheck) -> dict[str, object]:
        """When to reorder, as far as it is given, by column."""

        def bottles(value: int | None, field: str) -> int | None:
            return check.required(check.count(value, field, low=0, high=MOST_ON_HAND), field)

        return check.patch(self, reorder_point=bottles, reorder_quantity=bottles)

    def _delta(self, check: InputCheck, *, needed: bool) -> int | None:
        delta = given(self.on_hand_delta)
        if delta is None and needed:
            check.refuse(UserErrorCode.REQUIRED, "Give this, or say when to reorder.", "onHandDelta")
        if delta == 0:
            check.refuse(UserErrorCode.OUT_OF_RANGE, "An adjustment changes something.", "onHandDelta")
        return check.count(delta, "onHandDelta", low=-MOST_BOTTLES, high=MOST_BOTTLES)


@strawberry.input(description="Bottles to move from one warehouse to another.")
class TransferInventoryInput:
    """A transfer."""

    sku_id: strawberry.ID = strawberry.field(description="What is moved.")
    from_warehouse: str = strawberry.field(description="The name of the warehouse that has them.")
    to_warehouse: str = strawberry.field(
        description="The name of another warehouse, at most 100 characters. One that had none of the SKU has it"
        " from now on."
    )
    quantity: int = strawberry.field(
        description="Bottles, 1 to 10,000,000; at most as many as are there and not reserved."
    )
    reason: str | None = strawberry.field(
        default=UNSET, description="What is to be said about it, at most 500 characters."
    )

    def checked(self, check: InputCheck) -> Transfer:
        """The transfer as the service takes it."""
        source = check.required_text(self.from_warehouse, "fromWarehouse", limit=_WAREHOUSE)
        target = check.required_text(self.to_warehouse, "toWarehouse", limit=_WAREHOUSE)
        if source and source == target:
            check.refuse(UserErrorCode.INVALID, "They are in that warehouse already.", "toWarehouse")
        return Transfer(
            sku_id=check.required_key(self.sku_id, "skuId", of="Sku"),
            from_warehouse=source,
            to_warehouse=target,
            quantity=check.whole(self.quantity, "quantity", low=1, high=MOST_BOTTLES),
            reason=check.text(self.reason, "reason", limit=_REASON),
        )


def receipt_locks(new: Receipt) -> Locks:
    """The SKU's stock, the warehouse's made where it is missing."""
    return _place(new.sku_id, new.warehouse)


def adjustment_locks(new: Adjustment) -> Locks:
    """The item, or all of the SKU's stock."""
    if new.inventory_id is not None:
        return Locks(inventory=frozenset({new.inventory_id}))
    return Locks(stock_of_skus=frozenset({new.sku_id} if new.sku_id else ()))


def transfer_locks(new: Transfer) -> Locks:
    """The SKU's stock, the warehouse's that they go to made where it is missing."""
    return _place(new.sku_id, new.to_warehouse)


def _place(sku_id: UUID, warehouse: str) -> Locks:
    return Locks(stock_of_skus=frozenset({sku_id}), new_stock=frozenset({(sku_id, warehouse)}))
