"""The catalogue's mutations."""

from __future__ import annotations

from leora_gql.domains.catalog import service
from leora_gql.domains.catalog.inputs import CreateSupplierInput, UpdateSupplierInput
from leora_gql.domains.catalog.product_inputs import (
    ArchiveProductInput,
    CreateProductInput,
    UpdateProductInput,
)
from leora_gql.domains.catalog.sku_inputs import CreateSkuInput, UpdateSkuInput
from leora_gql.domains.catalog.types import Product, Sku, Supplier
from leora_gql.domains.locks import Locks
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
    update_supplier = mutation(
        UpdateSupplierInput,
        service.update_supplier,
        changes=Supplier,
        requires="catalog.manage",
        description="Change a supplier.",
        locks=lambda new: Locks(suppliers=frozenset({new.id})),
    )
    create_product = mutation(
        CreateProductInput,
        service.create_product,
        creates=Product,
        requires="catalog.manage",
        description="Add a product.",
    )
    update_product = mutation(
        UpdateProductInput,
        service.update_product,
        changes=Product,
        requires="catalog.manage",
        description="Change a product.",
        locks=lambda new: Locks(products=frozenset({new.id})),
    )
    archive_product = mutation(
        ArchiveProductInput,
        service.archive_product,
        changes=Product,
        requires="catalog.manage",
        description="Take a product out of what is offered; its SKUs are not sold any more.",
        locks=lambda new: Locks(products=frozenset({new.id})),
    )
    create_sku = mutation(
        CreateSkuInput,
        service.create_sku,
        creates=Sku,
        requires="catalog.manage",
        description="Add a SKU: a product in one bottle size.",
    )
    update_sku = mutation(
        UpdateSkuInput,
        service.update_sku,
        changes=Sku,
        requires="catalog.manage",
        description="Change a SKU.",
        locks=lambda new: Locks(skus=frozenset({new.id})),
    )
