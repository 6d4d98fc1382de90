"""The explorer's example tabs, and the operations that clients are generated from, fit the schema."""

from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from leora_gql.schema import printed_schema

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "explorer" / "src" / "examples").glob("*.graphql"))
OPERATIONS = sorted((ROOT / "tests" / "conformance" / "ops").glob("*.graphql"))


def test_there_are_examples_for_staff_and_portal() -> None:
    staff = {
        "latest-orders",
        "viewer",
        "products",
        "create-supplier",
        "day-1-rep",
        "day-2-manager",
        "day-4-delivery",
        "day-5-billing",
        "live-connection",
    }
    assert staff | {"portal-orders", "day-3-buyer"} <= {file.stem for file in EXAMPLES}
    assert OPERATIONS


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(printed_schema())


@pytest.mark.parametrize("file", [*EXAMPLES, *OPERATIONS], ids=lambda file: file.stem)
def test_it_is_valid(file: Path, schema: GraphQLSchema) -> None:
    assert validate(schema, parse(file.read_text())) == []
