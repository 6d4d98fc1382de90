"""The catalogue's mutations."""

from __future__ import annotations

from leora_gql.domains.catalog import service
from leora_gql.domains.catalog.inputs import CreateSupplierInput
from leora_gql.domains.catalog.types import Supplier
from leora_gql.graph.mutation import mutation


class CatalogMutations:
    """The mutations of the catalogue, for the schema to merge in."""

    create_supplier = mutation(
        CreateSupplierInput,
        service.create_supplier,
        creates=Supplier,
        requires="catalog.manage",
        description="Add a supplier.",
    )
