"""What is told of rows: JSON by the API's names, which a client can use as it came."""

from __future__ import annotations

import pytest
from sqlalchemy import Table

from leora_gql.db.model import Base, new_id
from leora_gql.domains.facts import REFERRED, facts
from leora_gql.graph.entity import Registry
from leora_gql.graph.node import encode_id
from leora_gql.schema import product_schema

product_schema()  # registers every type
ENTITIES = {entity.table.name: name for name, entity in Registry.entities.items()}
TABLES = [table for table in Base.metadata.tables.values() if table.foreign_keys]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_reference_is_told_as_its_types_global_id(table: Table) -> None:
    for constraint in table.foreign_key_constraints:
        for column in constraint.columns:
            if column.name not in ("tenant_id", "permission_key", "id"):
                assert REFERRED[column.name] == ENTITIES[constraint.referred_table.name], column


def test_a_reference_that_is_null_stays_null() -> None:
    key = new_id()
    told = facts({"customer_id": key, "sales_rep_id": None})
    assert told == {"customerId": encode_id("Customer", key), "salesRepId": None}


def test_facts_are_json_by_the_apis_names() -> None:
    assert facts({"unit_price_cents": -5, "tax_amount_cents": None, "tags": ("a", "b")}) == {
        "unitPrice": "-0.05",
        "taxAmount": None,
        "tags": ["a", "b"],
    }


def test_addresses_are_told_by_the_apis_names() -> None:
    address = {"line1": "1 Main Street", "postal_code": "10001"}
    told = {"line1": "1 Main Street", "postalCode": "10001"}
    assert facts({"billing_address": address, "shipping_address": None}) == {
        "billingAddress": told,
        "shippingAddress": None,
    }


def test_codes_that_name_parts_stay_as_they_are() -> None:
    assert facts({"fulfilled_quantity": {"AB_750": 6}}) == {"fulfilledQuantity": {"AB_750": 6}}
