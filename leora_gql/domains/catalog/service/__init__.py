"""The rules by which the catalogue changes."""

from leora_gql.domains.catalog.service.suppliers import NewSupplier, create_supplier

__all__ = ["NewSupplier", "create_supplier"]
