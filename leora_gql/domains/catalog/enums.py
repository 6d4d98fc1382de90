"""The closed lists of the catalogue domain."""

from __future__ import annotations

from leora_gql.db.model import DescribedEnum


class SupplierStatus(DescribedEnum):
    """Whether we buy from a supplier."""

    ACTIVE = "ACTIVE", "We buy from it."
    INACTIVE = "INACTIVE", "We no longer buy from it."


class ProductStatus(DescribedEnum):
    """Whether a product is offered."""

    DRAFT = "DRAFT", "Being prepared; not offered yet."
    ACTIVE = "ACTIVE", "Offered."
    ARCHIVED = "ARCHIVED", "No longer offered."


class SkuStatus(DescribedEnum):
    """Whether a SKU can be ordered."""

    ACTIVE = "ACTIVE", "Can be ordered."
    INACTIVE = "INACTIVE", "Cannot be ordered at present."
    DISCONTINUED = "DISCONTINUED", "Will not be stocked again."


class MovementKind(DescribedEnum):
    """Why stock changed."""

    RECEIPT = "RECEIPT", "Bottles came in from a supplier."
    ADJUSTMENT = "ADJUSTMENT", "A count put the books right."
    RESERVATION = "RESERVATION", "An order set bottles aside."
    RELEASE = "RELEASE", "Bottles set aside became free again."
    FULFILMENT = "FULFILMENT", "Bottles went out for an order."
    SAMPLE = "SAMPLE", "Bottles went out as samples."
    TRANSFER_IN = "TRANSFER_IN", "Bottles came from another warehouse."
    TRANSFER_OUT = "TRANSFER_OUT", "Bottles went to another warehouse."


class PriceSource(DescribedEnum):
    """Where a price comes from; the first one there is wins."""

    CUSTOMER = "CUSTOMER", "An entry for the customer itself."
    TIER = "TIER", "An entry for the customer's tier."
    STANDARD = "STANDARD", "An entry for everyone."
    BASE = "BASE", "The SKU's base price."
