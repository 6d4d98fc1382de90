"""The orders' mutations."""

from __future__ import annotations

from leora_gql.domains.editing import Edit
from leora_gql.domains.locks import Locks
from leora_gql.domains.orders import inputs, service
from leora_gql.domains.orders.types import Order
from leora_gql.graph.mutation import mutation


def _order(new: Edit | service.OrderStep) -> Locks:
    return Locks(orders=frozenset({new.id}))


def _order_with_customer_and_stock(new: service.OrderStep) -> Locks:
    key = frozenset({new.id})
    return Locks(customers_of_orders=key, orders=key, stock_of_orders=key)


def _order_with_stock(new: service.OrderStep) -> Locks:
    key = frozenset({new.id})
    return Locks(orders=key, stock_of_orders=key)


class OrderMutations:
    """The mutations of orders, for the schema to merge in."""

    create_order = mutation(
        inputs.CreateOrderInput,
        service.create_order,
        creates=Order,
        requires="orders.create",
        description="Write an order with its lines, as a draft, at the prices of this moment.",
    )
    update_order = mutation(
        inputs.UpdateOrderInput,
        service.update_order,
        changes=Order,
        requires="orders.create",
        locks=_order,
        description="Change what a draft says besides its lines; of a submitted order only its notes.",
    )
    add_order_lines = mutation(
        inputs.AddOrderLinesInput,
        service.add_order_lines,
        changes=Order,
        requires="orders.create",
        locks=_order,
        description="Add lines to a draft, at the prices of this moment.",
    )
    update_order_lines = mutation(
        inputs.UpdateOrderLinesInput,
        service.update_order_lines,
        changes=Order,
        requires="orders.create",
        locks=_order,
        description="Change quantities and discounts of a draft's lines.",
    )
    remove_order_lines = mutation(
        inputs.RemoveOrderLinesInput,
        service.remove_order_lines,
        changes=Order,
        requires="orders.create",
        locks=_order,
        description="Take lines off a draft.",
    )
    override_line_price = mutation(
        inputs.OverrideLinePriceInput,
        service.override_line_price,
        changes=Order,
        requires="pricing.override",
        locks=_order,
        description="Give a line of a draft another price; it is recorded, and the order asks for approval.",
    )
    submit_order = mutation(
        inputs.SubmitOrderInput,
        service.submit_order,
        changes=Order,
        requires="orders.create",
        locks=_order_with_customer_and_stock,
        description="Submit a draft: it is priced anew, its bottles are reserved, and it is PENDING."
        " Problems with a line are told at `lines` and its index. A draft whose currency the tenant does not sell in"
        " any more is a CURRENCY_MISMATCH, for changes of its lines and amounts too; `reorder` writes it anew.",
    )
    approve_order = mutation(
        inputs.ApproveOrderInput,
        service.approve_order,
        changes=Order,
        requires="orders.approve",
        locks=_order,
        description="Approve a PENDING order that asks for it. Whoever wrote it, gave a price or a discount of it, or"
        " made the integration that did, cannot; nor can an integration.",
    )
    confirm_order = mutation(
        inputs.ConfirmOrderInput,
        service.confirm_order,
        changes=Order,
        requires="orders.manage",
        locks=_order,
        description="Confirm a PENDING order, approved where it needs that.",
    )
    fulfill_order = mutation(
        inputs.FulfillOrderInput,
        service.fulfill_order,
        changes=Order,
        requires="orders.manage",
        locks=_order_with_stock,
        description="Deliver a confirmed order, whole or in part: its bottles leave the warehouses.",
    )
    cancel_order = mutation(
        inputs.CancelOrderInput,
        service.cancel_order,
        changes=Order,
        requires="orders.cancel",
        locks=_order_with_stock,
        description="Call off an order that is not delivered whole: what is still reserved becomes free."
        " Buyers call off drafts and PENDING orders.",
    )
    reorder = mutation(
        inputs.ReorderInput,
        service.reorder,
        creates=Order,
        requires="orders.create",
        description="Write a draft with the lines of an order, at the prices of this moment and in the tenant's"
        " currency. Problems with a line are told at `lines` and its index.",
    )
