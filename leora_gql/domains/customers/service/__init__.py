"""The rules by which customers come, change and go."""

from leora_gql.domains.customers.service.assigning import assign_customer
from leora_gql.domains.customers.service.changing import close_customer, update_customer
from leora_gql.domains.customers.service.making import create_customer

__all__ = ["assign_customer", "close_customer", "create_customer", "update_customer"]
