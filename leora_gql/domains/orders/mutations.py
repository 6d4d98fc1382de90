"""The orders' mutations."""

from __future__ import annotations

from leora_gql.domains.orders import service
from leora_gql.domains.orders.inputs import CreateOrderInput
from leora_gql.domains.orders.types import Order
from leora_gql.graph.mutation import mutation


class OrderMutations:
    """The mutations of orders, for the schema to merge in."""

    create_order = mutation(
        CreateOrderInput,
        service.create_order,
        creates=Order,
        requires="orders.create",
        description="Write an order with its lines, as a draft, at the prices of this moment.",
    )
