"""Plans: one for all requests that would be given the same, and never for any other."""

from __future__ import annotations

import datetime as dt
import gc
from decimal import Decimal
from itertools import permutations
from types import FunctionType, ModuleType
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Text, literal
from sqlalchemy import cast as sql_cast

from leora_gql.auth.permissions import KEYS
from leora_gql.auth.principal import ActorKind
from leora_gql.compiler.statement import express
from leora_gql.graph.entity import Entity
from leora_gql.graph.node import encode_id
from tests.compiler.compiling import caller, compilable, compiler, cursor, sql, why_not

LIST = """
query($where: CustomerWhere, $orderBy: [CustomerOrderBy!], $first: Int, $after: String) {
  customers(where: $where, orderBy: $orderBy, first: $first, after: $after) { nodes { id } }
}
"""


def test_requests_of_one_shape_share_a_plan_and_bring_their_own_values() -> None:
    made, operation = compiler(), compilable(LIST)
    one, other = (
        made.bind(operation, {"where": {"name": {"eq": name}}, "first": 5}, caller()) for name in ("A", "B")
    )
    assert one.plan is other.plan
    assert (set(one.arguments), set(other.arguments)) == ({"A"}, {"B"})


ORDERS = ("NAME", "TIER", "CREATED_AT")
SHAPES: list[dict[str, Any]] = [
    {},
    {"first": None},
    {"first": 1},
    {"first": 2},
    {"where": None},
    {"where": {}},
    {"where": {"name": {"eq": "A"}}},
    {"where": {"name": {"contains": "a"}}},
    {"where": {"name": {"contains": ""}}},
    {"where": {"tier": {"isNull": True}}},
    {"where": {"tier": {"isNull": False}}},
    {"where": {"or": [{"tier": {"eq": "GOLD"}}]}},
    {"where": {"or": [{"tier": {"eq": "GOLD"}}, {"name": {"eq": "A"}}]}},
    {"orderBy": []},
    *({"orderBy": [{"field": field}]} for field in ORDERS),
    *({"orderBy": [{"field": field, "direction": "DESC"}]} for field in ORDERS),
    *({"orderBy": [{"field": field} for field in fields]} for fields in permutations(ORDERS, 2)),
    {"orderBy": [{"field": "NAME"}], "after": cursor("Customer", ("NAME", "ASC"), values=["a", UUID(int=1)])},
    {"orderBy": [{"field": "TIER"}], "after": cursor("Customer", ("TIER", "ASC"), values=["x", UUID(int=1)])},
    {
        "orderBy": [{"field": "TIER"}],
        "after": cursor("Customer", ("TIER", "ASC"), values=[None, UUID(int=1)]),
    },
]


@pytest.mark.parametrize("backward", [False, True])
def test_an_operation_serves_its_shapes_in_any_order(backward: bool) -> None:
    """What one request was looked at for says nothing of what another holds."""
    made, operation = compiler(), compilable(LIST)
    for inputs in SHAPES[::-1] if backward else SHAPES:
        alone = compiler().bind(compilable(LIST), inputs, caller())
        found = made.bind(operation, inputs, caller())
        assert (sql(found), found.arguments) == (sql(alone), alone.arguments), inputs
        assert made.bind(operation, inputs, caller()).plan is found.plan


def test_what_steers_the_statement_splits_plans_and_what_is_compared_with_does_not() -> None:
    made, operation = compiler(), compilable(LIST)
    plans = {id(made.bind(operation, inputs, caller()).plan) for inputs in SHAPES}
    same = ({"orderBy": []}, {"where": None}, {"first": None})  # as good as absent, but known only by looking
    assert len(plans) >= len(SHAPES) - len(same)
    again = made.bind(operation, {"where": {"name": {"eq": "an other"}}}, caller())
    assert id(again.plan) in plans


@pytest.mark.parametrize(
    ("default", "inputs", "expected"),
    [
        ("", {"name": "given"}, "given"),
        (' = "default"', {}, "default"),
        (' = "default"', {"name": "given"}, "given"),
    ],
)
def test_a_default_is_a_value_like_any_other(default: str, inputs: dict[str, Any], expected: str) -> None:
    operation = compilable(
        f"query($name: String{default}) {{ customers(where: {{name: {{eq: $name}}}}) {{ nodes {{ id }} }} }}"
    )
    assert set(compiler().bind(operation, inputs, caller()).arguments) == {expected}


def test_a_list_of_any_length_is_one_value() -> None:
    made = compiler()
    operation = compilable("query($s: [String!]) { orders(where: {number: {in: $s}}) { totalCount } }")
    bound = [made.bind(operation, {"s": given}, caller()) for given in ([], ["A"], ["A", "B"], "C")]
    assert len({id(one.plan) for one in bound}) == 1
    assert [one.arguments[0] for one in bound] == [[], ["A"], ["A", "B"], ["C"]]


def test_variables_among_the_items_of_a_list_are_values_of_it() -> None:
    made = compiler()
    operation = compilable('query($s: String!) { orders(where: {number: {in: ["A", $s]}}) { totalCount } }')
    one, other = (made.bind(operation, {"s": given}, caller()) for given in "BC")
    assert one.plan is other.plan
    assert [one.arguments[0], other.arguments[0]] == [["A", "B"], ["A", "C"]]


def test_a_boolean_decides_the_selection_so_it_is_part_of_the_shape() -> None:
    made = compiler()
    operation = compilable("query($all: Boolean!) { suppliers { nodes { id name @include(if: $all) } } }")
    short, long = (made.bind(operation, {"all": given}, caller()) for given in (False, True))
    assert short.plan is not long.plan
    assert '"name":' not in sql(short)
    assert '"name":' in sql(long)


PAGED = "query($first: Int, $id: ID!) { suppliers(first: $first) { nodes { id } } supplier(id: $id) { id } }"


@pytest.mark.parametrize(
    "bad",
    [
        {"first": 0, "id": "x"},
        {"first": 101, "id": "x"},
        {"first": 5, "id": "x"},
        {"first": "many", "id": "x"},
        {},
    ],
)
def test_bad_input_is_told_each_time_and_leaves_no_plan(bad: dict[str, Any]) -> None:
    made, operation = compiler(), compilable(PAGED)
    for _ in range(2):
        assert why_not(made, operation, bad, caller()) == "bad_input"
    assert made._plans.size == 0
    assert why_not(made, operation, {"first": 5, "id": SUPPLIER}, caller()) == ""


SUPPLIER = encode_id("Supplier", UUID(int=5))
SECRET = "customers(first: 2) { nodes { name creditLimit } }"


def test_plans_are_shared_by_who_may_do_the_same_and_nobody_else() -> None:
    made, operation = compiler(), compilable(f"{{ {SECRET} }}")
    rich, also_rich = (caller(tenant=UUID(int=key), key=key) for key in (1, 2))
    assert made.bind(operation, {}, rich).plan is made.bind(operation, {}, also_rich).plan
    for other in (caller("customers.view"), caller(kind=ActorKind.PORTAL_USER)):
        assert why_not(made, operation, {}, other) == "denied"
    assert why_not(made, operation, {}, None) == "nobody"
    assert made.bind(operation, {}, rich).plan is made.bind(operation, {}, also_rich).plan


def test_what_is_denied_to_one_is_not_remembered_for_another() -> None:
    made, operation = compiler(), compilable(f"{{ {SECRET} }}")
    assert why_not(made, operation, {}, caller("customers.view")) == "denied"
    assert why_not(made, operation, {}, caller()) == ""


def test_rows_that_depend_on_rights_have_a_statement_for_each() -> None:
    made, operation = compiler(), compilable("{ sessions { nodes { id } } }")
    managing, plain, buyer = caller(), caller("users.view"), caller(kind=ActorKind.PORTAL_USER)
    assert len({sql(made.bind(operation, {}, who)) for who in (managing, plain, buyer)}) == 3
    unconditional = compilable("{ orders { nodes { id } } }")
    assert len({sql(made.bind(unconditional, {}, who)) for who in (managing, caller("orders.view"))}) == 1


def test_cursors_are_signed_for_the_caller_whose_request_it_is() -> None:
    made, operation = compiler(), compilable("{ orders { edges { cursor } } }")
    one, other = (made.bind(operation, {}, caller(tenant=UUID(int=key))) for key in (1, 2))
    assert one.plan is other.plan
    assert one.arguments != other.arguments


SENTINEL = "sent1nel"
LEAKS: list[tuple[str, dict[str, Any]]] = [
    (LIST, {"where": {"name": {"eq": SENTINEL}}}),
    (LIST, {"where": {"name": {"contains": SENTINEL}, "tier": {"in": [SENTINEL]}}}),
    (LIST, {"where": {"or": [{"id": {"eq": encode_id("Customer", UUID(bytes=b"sent1nel" * 2))}}]}}),
    (
        LIST,
        {
            "orderBy": [{"field": "NAME"}],
            "after": cursor("Customer", ("NAME", "ASC"), values=[SENTINEL, UUID(int=1)]),
        },
    ),
    ("query($n: String!) { order(number: $n) { id } }", {"n": SENTINEL}),
    ("query($n: [ID!]!) { nodes(ids: $n) { id } }", {"n": [encode_id("Order", UUID(bytes=b"sent1nel" * 2))]}),
    (
        "query($n: DateTime) { orders(where: {placedAt: {gt: $n}}) { edges { cursor } } }",
        {"n": "1987-06-05T04:03:02Z"},
    ),
    ("query($n: Decimal) { orders(where: {total: {gt: $n}}) { totalCount } }", {"n": "1987.65"}),
]


@pytest.mark.parametrize(("text", "inputs"), LEAKS)
def test_no_value_of_a_request_is_in_what_is_kept(text: str, inputs: dict[str, Any]) -> None:
    """Not in the SQL, not in the plan, nor in what it is found by."""
    made, operation = compiler(), compilable(text)
    bound = made.bind(operation, inputs, caller())
    traces = ("sent1nel", "73656e74", "1987", "198765", encode_id("Order", UUID(bytes=b"sent1nel" * 2)))
    given = [str(value) for value in bound.arguments]
    assert any(trace in value for trace in traces for value in given), "The test looks for what is not there."
    kept = " ".join(map(repr, reachable([bound.plan, operation._shapes, made._statements._kept])))
    assert not [trace for trace in traces if trace in kept]


@pytest.mark.parametrize("value", [SENTINEL, 7, UUID(int=7), True])
def test_a_value_that_slipped_into_an_expression_is_refused(value: object) -> None:
    with pytest.raises(RuntimeError, match="neither a parameter nor declared"):
        express(sql_cast(literal(value), Text()), server_version=15)


def test_the_constants_of_declarations_are_let_through() -> None:
    bound = compiler().bind(
        compilable("{ invoices { nodes { isOverdue } } users { nodes { name } } }"), {}, caller()
    )
    assert bound.plan.statement is not None
    assert set(bound.plan.statement.constants) == {" ", 0, "SENT", "PARTIALLY_PAID"}


def test_a_flood_of_operations_neither_fills_the_memory_nor_drives_out_what_is_in_use() -> None:
    made, hot, objects = compiler(cache_size=100_000), compilable(LIST), []
    plan = made.bind(hot, {}, caller()).plan
    for number in range(600):
        made.bind(compilable(f"{{ suppliers {{ nodes {{ a{number}: name }} }} }}"), {}, caller())
        assert made.bind(hot, {}, caller()).plan is plan
        if number in (199, 599):
            gc.collect()
            objects.append(len(gc.get_objects()))
    assert made._plans.size <= 100_000
    assert made._statements._characters <= 100_000
    assert objects[1] - objects[0] < 1000, "Four hundred operations more leave no more behind."


def test_an_operation_keeps_a_bounded_number_of_plans() -> None:
    made, operation = compiler(), compilable(LIST)
    for first in range(1, 101):
        for kept in ("a", "b"):
            made.bind(operation, {"first": first, "where": {"name": {"eq": kept}}}, caller())
    (shapes,) = operation._shapes.values()
    assert shapes._count <= 64
    for key in sorted(KEYS):
        why_not(made, operation, {}, caller("customers.view", key))
    assert len(operation._shapes) <= 32


def reachable(roots: list[object]) -> list[object]:
    """Every value that can be reached from these, the declarations left aside."""
    found: list[object] = []
    seen: set[int] = set()
    ends = list(roots)
    while ends:
        one = ends.pop()
        if id(one) in seen or isinstance(one, (type, ModuleType, Entity)):
            continue
        seen.add(id(one))
        if isinstance(one, (str, bytes, int, float, UUID, dt.date, Decimal)) or one is None:
            found.append(one)
        elif isinstance(one, FunctionType):
            ends.extend(cell.cell_contents for cell in one.__closure__ or ())
        else:
            ends.extend(gc.get_referents(one))
    return found
