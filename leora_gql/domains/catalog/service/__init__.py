"""The rules by which the catalogue changes."""

from leora_gql.domains.catalog.service.products import archive_product, create_product, update_product
from leora_gql.domains.catalog.service.skus import create_sku, update_sku
from leora_gql.domains.catalog.service.suppliers import NewSupplier, create_supplier, update_supplier

__all__ = [
    "NewSupplier",
    "archive_product",
    "create_product",
    "create_sku",
    "create_supplier",
    "update_product",
    "update_sku",
    "update_supplier",
]
