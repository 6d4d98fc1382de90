"""Variables: coerced as graphql-core coerces them, whatever is given."""

from __future__ import annotations

from typing import Any

from graphql import OperationDefinitionNode, get_variable_values, parse
from graphql.execution.values import VariableValues
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.compiler.variables import CannotCoerce, VariableReader
from tests.compiler.compiling import SCHEMA

KINDS = [
    "Int",
    "Int!",
    "Int = 5",
    "Int! = 5",
    "Int = null",
    "String",
    "ID!",
    "Boolean",
    "Boolean! = true",
    "Decimal",
    "DateTime",
    "Date",
    "[String!]",
    "[Int]!",
    "[[Int!]]",
    'String = "x"',
    "OrderStatus",
    "OrderStatus! = DRAFT",
    "[OrderOrderBy!]",
    "OrderOrderBy = {field: NUMBER}",
    "[OrderOrderBy!] = {field: TOTAL, direction: DESC}",
    "OrderWhere",
    'OrderWhere = {number: {eq: "x"}, or: {total: {gt: 5}}}',
]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**33), 2**33)
    | st.floats(allow_nan=True)
    | st.sampled_from(
        [
            "",
            "x",
            "5",
            "1.50",
            "DRAFT",
            "NUMBER",
            "DESC",
            "2026-01-31",
            "2026-01-31T09:30:00Z",
            "2026-02-30",
            "1e999",
        ]
    )
)
NAMES = st.sampled_from(
    ["field", "direction", "number", "total", "eq", "gt", "in", "isNull", "or", "not", "lines", "some", "x"]
)
INPUTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
LIKELY = st.sampled_from(
    [
        {"field": "NUMBER"},
        {"field": "TOTAL", "direction": "ASC"},
        [{"field": "NUMBER"}, {"field": "TOTAL"}],
        {"number": {"eq": "x", "in": ["a", "b"]}, "total": {"gt": "1.50"}},
        {"or": [{"total": {"lt": 5}}, {"not": {"number": {"eq": None}}}]},
        [1, None, 3],
        [["1"]],
    ]
)


@given(
    st.dictionaries(st.sampled_from([f"v{i}" for i in range(4)]), INPUTS | LIKELY),
    st.lists(st.sampled_from(KINDS), max_size=3),
)
def test_they_are_read_as_graphql_core_reads_them(inputs: dict[str, Any], kinds: list[str]) -> None:
    declared = ", ".join(f"$v{index}: {kind}" for index, kind in enumerate(kinds))
    (operation,) = parse(f"query Q{f'({declared})' if declared else ''} {{ __typename }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    expected = get_variable_values(SCHEMA, operation.variable_definitions or (), inputs)
    try:
        found: Any = VariableReader(SCHEMA, operation).read(inputs)
    except CannotCoerce:
        found = None
    if isinstance(expected, VariableValues):
        assert repr(found) == repr(expected.coerced)
    else:
        assert found is None
