"""An operation's price: told before it runs, never less than what the answer then holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    OperationDefinitionNode,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    parse,
    validate,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leora_gql.auth.permissions import CATALOGUE
from leora_gql.schema import product_schema
from leora_gql.server.cost import Formula, Price, exceeding, formula, objects_in
from leora_gql.server.cost.price import BEYOND_ALL
from tests.api import ADMIN, BUYER, Api
from tests.graph.principals import Runner

SCHEMA = product_schema()._schema
CYCLE = "orders(first: 60) { nodes { customer { %s } } }"


def formula_of(document: str) -> Formula:
    """The formula of the one operation of a document that must be valid."""
    parsed = parse(document)
    assert validate(SCHEMA, parsed) == []
    (operation,) = (node for node in parsed.definitions if isinstance(node, OperationDefinitionNode))
    return formula(SCHEMA, parsed, operation)


def requested(document: str, **variables: Any) -> int:
    return formula_of(document).price(variables).requested


IDS = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
PAGE = "query ($n: Int = 7) { orders(first: $n) { nodes { id } } }"
SHOWN = "query ($x: Boolean!) { a: tenant @include(if: $x) { id } b: tenant @skip(if: $x) { id } }"
MERGED = (
    "query ($x: Boolean!) { customers(first: 2) { nodes { ...A @include(if: $x) ...B @skip(if: $x) } } } "
)
MERGED += "fragment A on Customer { repOf: orders(first: 3) { nodes { id } } } "
MERGED += "fragment B on Customer { repOf: orders(first: 3) { nodes { customer { id } } } }"

PRICES: list[tuple[str, dict[str, Any], int]] = [
    ("{ apiVersion __typename }", {}, 0),
    ("{ tenant { id name } }", {}, 1),
    ("{ orders { nodes { id } } }", {}, 1 + 20),
    ("{ orders(first: 5) { totalCount pageInfo { hasNextPage } nodes { id } } }", {}, 1 + 1 + 5),
    ("{ orders(last: 5) { nodes { id } edges { cursor } } }", {}, 1 + 5 + 5),
    ("{ orders(first: 5) { edges { node { id } } } }", {}, 1 + 5 * (1 + 1)),
    ("{ orders(first: 5) { nodes { lines(first: 3) { nodes { sku { id } } } } } }", {}, 1 + 5 * (2 + 3 * 2)),
    ("{ orders(first: 5) { nodes { id customer { id } } nodes { customer { name } } } }", {}, 1 + 5 * 2),
    ("{ orders(first: 500) { nodes { id } } }", {}, 1 + 100),
    (PAGE, {}, 1 + 7),
    (PAGE, {"n": 30}, 1 + 30),
    (PAGE, {"n": None}, 1 + 20),
    (PAGE, {"n": 10**30}, 1 + 100),
    (PAGE, {"n": "nonsense"}, 1 + 20),
    (IDS, {"ids": ["a"] * 9}, 9),
    (IDS, {"ids": "a"}, 1),
    (IDS, {"ids": []}, 0),
    ('{ nodes(ids: ["a", "b"]) { id } availability(skuIds: ["a", "b"]) { total sku { id } } }', {}, 2 + 4),
    ("{ webhookEventsSince(sequence: 0) { id } permissions { key } }", {}, 100 + len(CATALOGUE)),
    ("{ webhookEventsSince(sequence: 0, first: 3) { id } viewer { roles { id } } }", {}, 3 + 1 + 20),
    (SHOWN, {"x": True}, 1),
    (SHOWN, {"x": False}, 1),
    (MERGED, {"x": True}, 1 + 2 * (1 + 1 + 3)),
    (MERGED, {"x": False}, 1 + 2 * (1 + 1 + 3 * 2)),
    ("{ tenant @skip(if: true) { id } viewer @include(if: false) { id } }", {}, 0),
    ("{ node(id: 1) { id ... on Order { customer { id } } ... on User { manager { manager { id } } } } }", {}, 3),
    ("{ viewer { id tenant { id } ... on User { manager { id } } ... on Node { id } } }", {}, 1 + 1 + 1),
    ("mutation { signOut(input: {}) { userErrors { code } } }", {}, 10 + 1 + 20),
    ("subscription { heartbeat }", {}, 10),
    ("{ __schema { types { fields { name } } } }", {}, 1 + 5 * (1 + 5)),
]  # fmt: skip


@pytest.mark.parametrize(("document", "variables", "price"), PRICES, ids=[case[0] for case in PRICES])
def test_the_price_of(document: str, variables: dict[str, Any], price: int) -> None:
    assert requested(document, **variables) == price


def test_mutations_and_introspection_cost_the_same_before_and_after() -> None:
    found = formula_of('{ a: __schema { types { name } } __type(name: "Order") { name } tenant { id } }')
    assert found.introspected == {"a", "__type"}
    price = found.price({})
    assert price == Price(requested=1 + 5 + 1 + 1, base=1 + 5 + 1)
    data = {"a": {"types": [{"name": "Order"}] * 300}, "__type": {"name": "Order"}, "tenant": {"id": "x"}}
    assert price.actual(objects_in(data, without=found.introspected)) == price.requested
    assert formula_of("mutation { signOut(input: {}) { userErrors { code } } }").price({}).base == 10


def test_the_usual_introspection_is_within_everybodys_limit() -> None:
    assert requested(get_introspection_query(input_value_deprecation=True)) <= 10_000


def test_objects_are_counted_down_to_the_values_of_json() -> None:
    page = {"nodes": [{"id": "a", "tags": ["x"]}, None, {"payload": orjson.Fragment(b'{"a": {"b": {}}}')}]}
    assert objects_in({"orders": page, "count": 5}) == 3
    assert objects_in(None) == 0


def test_a_price_is_told_in_linear_time_however_fragments_combine() -> None:
    """Written out, this is 800 million orders, and the price of all of them is exact."""
    chain = " ".join(
        f"fragment F{n} on Order {{ a: customer {{ orders(first: $n) {{ nodes {{ ...F{n + 1} }} }} }}"
        f" b: customer {{ orders(first: $n) {{ nodes {{ ...F{n + 1} }} }} }} }}"
        for n in range(3)
    )
    document = "query ($n: Int) { orders(first: $n) { nodes { ...F0 } } } " + chain
    document += " fragment F3 on Order { id }"
    orders = 0
    for _ in range(3):
        orders = 2 * (1 + 1 + 100 * (1 + orders))
    assert requested(document, n=100) == 1 + 100 * (1 + orders)
    assert len(formula_of(document)._steps) <= 6 * 3


def test_what_cannot_be_told_in_time_is_beyond_every_limit() -> None:
    """Each level of this document combines the two parts in another way: 2 to the 20th selections."""
    parts = " ".join(
        f"fragment A{n} on Order {{ a: customer {{ orders {{ nodes {{ ...A{n + 1} ...B{n + 1} }} }} }}"
        f" b: customer {{ orders {{ nodes {{ ...A{n + 1} }} }} }} }}"
        f"fragment B{n} on Order {{ a: customer {{ orders {{ nodes {{ ...C{n + 1} }} }} }}"
        f" b: customer {{ orders {{ nodes {{ ...B{n + 1} ...C{n + 1} }} }} }} }}"
        f"fragment C{n} on Order {{ a: customer {{ orders {{ nodes {{ x{n}: id }} }} }} y{n}: id }}"
        for n in range(14)
    )
    document = parse(f"{{ orders {{ nodes {{ ...A0 }} }} }} {parts} fragment A14 on Order {{ id }}"
                     " fragment B14 on Order { id } fragment C14 on Order { id }")  # fmt: skip
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    price = formula(SCHEMA, document, operation).price({})
    assert price.requested == BEYOND_ALL
    refused = exceeding(price, 50_000)
    assert refused is not None
    assert refused.message == "The operation would cost more than can be told; at most 50,000 may be."


def cycle(depth: int) -> str:
    """Orders of the customer of orders of the customer …: few rows, shown ever so often."""
    found = "id"
    for _ in range(depth):
        found = CYCLE % found
    return f"{{ {found} }}"


@pytest.mark.parametrize(("account", "limit"), [(ADMIN, "50,000"), (BUYER, "10,000"), (None, "10,000")])
async def test_an_operation_beyond_its_callers_limit_never_begins(
    api: Api, account: str | None, limit: str
) -> None:
    answer = await api(cycle(3), as_=account)
    assert answer.codes == ["OPERATION_TOO_EXPENSIVE"]
    price = requested(cycle(3))
    assert answer.errors[0]["message"] == f"The operation would cost {price:,}; at most {limit} may be."
    assert "data" not in answer.body


async def test_the_staff_may_spend_more_than_the_portal(api: Api) -> None:
    between = "{ orders(first: 100) { nodes { lines(first: 100) { nodes { id } } } } }"
    assert 10_000 < requested(between) < 50_000
    assert not (await api(between, as_=ADMIN)).errors
    assert (await api(between, as_=BUYER)).codes == ["OPERATION_TOO_EXPENSIVE"]


@dataclass
class Writer:
    """Writes a random operation along the schema, its page sizes and conditions partly in variables."""

    draw: Any
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    fragments: list[str] = field(default_factory=list[str])

    def document(self) -> str:
        query = SCHEMA.query_type
        assert query is not None
        body = self.selection(query, room=4, at_most=3)
        kinds = {int: "Int", bool: "Boolean!"}
        declared = " ".join(f"${name}: {kinds[type(value)]}" for name, value in self.variables.items())
        return f"query {f'({declared})' if declared else ''} {body} {' '.join(self.fragments)}"

    def variable(self, value: int | bool) -> str:
        name = f"v{len(self.variables)}"
        self.variables[name] = value
        return f"${name}"

    def selection(self, kind: Any, *, room: int, at_most: int = 4) -> str:
        choices = [name for name in kind.fields if self.can(kind.fields[name], room=room)]
        names = self.draw(st.lists(st.sampled_from(choices), min_size=1, max_size=at_most)) if choices else []
        parts = [self.field(name, kind.fields[name], room=room) for name in names]
        if isinstance(kind, GraphQLInterfaceType):
            below = self.draw(st.sampled_from(SCHEMA.get_possible_types(kind)))
            parts.append(f"... on {below.name} {self.selection(below, room=room)}")
        body = "{ __typename " + " ".join(parts) + " }"
        if kind is not SCHEMA.query_type and self.draw(st.integers(0, 5)) == 0:
            self.fragments.append(f"fragment F{len(self.fragments)} on {kind.name} {body}")
            return f"{{ ...F{len(self.fragments) - 1} {' '.join(parts[:1])} }}"
        return body

    @staticmethod
    def can(one: Any, *, room: int) -> bool:
        needed = {name for name, argument in one.args.items() if str(argument.type)[-1] == "!"}
        leaf = is_leaf_type(get_named_type(one.type))
        return (leaf or room > 0) and not (needed - {"sequence"}) and get_named_type(one.type).name != "JSON"

    def field(self, name: str, one: Any, *, room: int) -> str:
        kind = get_named_type(one.type)
        arguments = "(sequence: 0)" if "sequence" in one.args else ""
        if kind.name.endswith("Connection"):
            size = self.draw(st.one_of(st.none(), st.integers(1, 30)))
            end = self.draw(st.sampled_from(["first", "last"]))
            if size is not None:
                given_size = self.variable(size) if self.draw(st.booleans()) else size
                arguments = f"({end}: {given_size})"
        condition = ""
        if self.draw(st.integers(0, 6)) == 0:
            word = self.draw(st.sampled_from(["skip", "include"]))
            condition = f" @{word}(if: {self.variable(self.draw(st.booleans()))})"
        alias = f"k{self.draw(st.integers(0, 10**6))}: " if arguments or condition else ""
        if is_leaf_type(kind):
            return f"{alias}{name}{condition}"
        deeper = kind.name.endswith(("Connection", "Edge")) or isinstance(
            get_nullable_type(one.type), GraphQLList
        )
        below = self.selection(kind, room=room if deeper else room - 1)
        return f"{alias}{name}{arguments}{condition} {below}"


@st.composite
def operations(draw: Any) -> tuple[str, dict[str, Any]]:
    writer = Writer(draw)
    return writer.document(), writer.variables


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(operations())
async def test_no_answer_costs_more_than_was_asked_for(
    runner: Runner, operation: tuple[str, dict[str, Any]]
) -> None:
    document, variables = operation
    parsed = parse(document)
    if validate(SCHEMA, parsed):
        return  # two fields of one alias that differ
    found = formula_of(document)
    price = found.price(variables)
    if price.requested > 50_000:
        return
    for account in (ADMIN, BUYER):
        answer = await runner.run(document, await runner.principal(account), variables)
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert codes <= {"FORBIDDEN", "OPERATION_TOO_EXPENSIVE", "BAD_USER_INPUT"}, answer["errors"][:2]
        actual = price.actual(objects_in(answer.get("data"), without=found.introspected))
        assert actual <= price.requested, (document, variables)


async def test_full_lists_cost_exactly_what_was_asked_for(runner: Runner) -> None:
    admin = await runner.principal(ADMIN)
    document = """{
        orders(first: 30) { pageInfo { endCursor } edges { node { id } } nodes { id lines(first: 1) { nodes { id } } } }
        permissions { key }
    }"""
    answer = await runner.data(document, admin)
    price = formula_of(document).price({})
    assert price.actual(objects_in(answer)) == price.requested == 1 + 1 + 30 * 2 + 30 * 3 + len(CATALOGUE)
