"""The rules by which orders come about and change."""

from leora_gql.domains.orders.service.create import NewLine, NewOrder, create_order

__all__ = ["NewLine", "NewOrder", "create_order"]
