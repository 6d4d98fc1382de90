"""The rules by which orders come about and change."""

from leora_gql.domains.orders.service.create import NewOrder, create_order
from leora_gql.domains.orders.service.draft_lines import (
    AddedLines,
    ChangedLines,
    LineChange,
    NewLinePrice,
    RemovedLines,
    add_order_lines,
    override_line_price,
    remove_order_lines,
    update_order_lines,
)
from leora_gql.domains.orders.service.edit import update_order
from leora_gql.domains.orders.service.existing import OrderStep
from leora_gql.domains.orders.service.fulfil import Delivered, Delivery, fulfill_order
from leora_gql.domains.orders.service.lines import NewLine
from leora_gql.domains.orders.service.reorder import reorder
from leora_gql.domains.orders.service.steps import approve_order, cancel_order, confirm_order
from leora_gql.domains.orders.service.submit import submit_order

__all__ = [
    "AddedLines",
    "ChangedLines",
    "Delivered",
    "Delivery",
    "LineChange",
    "NewLine",
    "NewLinePrice",
    "NewOrder",
    "OrderStep",
    "RemovedLines",
    "add_order_lines",
    "approve_order",
    "cancel_order",
    "confirm_order",
    "create_order",
    "fulfill_order",
    "override_line_price",
    "remove_order_lines",
    "reorder",
    "submit_order",
    "update_order",
    "update_order_lines",
]
