"""The inputs of the orders' mutations."""

from leora_gql.domains.orders.inputs.create import CreateOrderInput
from leora_gql.domains.orders.inputs.edit import UpdateOrderInput
from leora_gql.domains.orders.inputs.lines import (
    AddOrderLinesInput,
    OverrideLinePriceInput,
    RemoveOrderLinesInput,
    UpdateOrderLinesInput,
)
from leora_gql.domains.orders.inputs.steps import (
    ApproveOrderInput,
    CancelOrderInput,
    ConfirmOrderInput,
    FulfillOrderInput,
    ReorderInput,
    SubmitOrderInput,
)

__all__ = [
    "AddOrderLinesInput",
    "ApproveOrderInput",
    "CancelOrderInput",
    "ConfirmOrderInput",
    "CreateOrderInput",
    "FulfillOrderInput",
    "OverrideLinePriceInput",
    "RemoveOrderLinesInput",
    "ReorderInput",
    "SubmitOrderInput",
    "UpdateOrderInput",
    "UpdateOrderLinesInput",
]
