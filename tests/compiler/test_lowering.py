"""Lowering: what is left to the resolved way, and that this is known before any SQL."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.compiler.lower import Lowering, NotCompilable, Reason
from leora_gql.compiler.tracing import Tracing
from leora_gql.graph.cursors import Cursors
from leora_gql.graph.node import encode_id
from leora_gql.server.compiled import CompiledWay
from tests.compiler.compiling import CURSOR_KEY, SCHEMA, TENANT, caller, compilable, compiler

BUYER = caller(kind=ActorKind.PORTAL_USER)
FEW = caller("orders.view")
ANY = {"id": encode_id("Customer", UUID(int=5))}

REASONS: list[tuple[Reason, str, dict[str, Any], Principal | None]] = [
    (Reason.HAND_WRITTEN, "{ viewer { id } }", {}, caller()),
    (Reason.HAND_WRITTEN, "{ customers { nodes { name salesRepContact { name } } } }", {}, caller()),
    (Reason.HAND_WRITTEN, "{ orders { totalCount } viewer { id } }", {}, caller()),
    (Reason.INTROSPECTION, "{ __schema { queryType { name } } }", {}, caller()),
    (Reason.INTROSPECTION, '{ __type(name: "Order") { name } }', {}, None),
    (Reason.DENIED, "{ customers { totalCount } }", {}, FEW),
    (Reason.DENIED, "{ orders { nodes { customer { name } } } }", {}, FEW),
    (Reason.DENIED, "{ orders { nodes { internalNotes } } }", {}, FEW),
    (Reason.DENIED, '{ orders(where: {customer: {name: {eq: "x"}}}) { totalCount } }', {}, FEW),
    (Reason.DENIED, "{ customers(where: {creditLimit: {gt: 5}}) { totalCount } }", {}, BUYER),
    (Reason.DENIED, "{ customers(orderBy: {field: CREDIT_LIMIT}) { totalCount } }", {}, BUYER),
    (Reason.DENIED, "{ suppliers { totalCount } }", {}, BUYER),
    (Reason.BAD_INPUT, "{ orders(first: 101) { totalCount } }", {}, caller()),
    (Reason.BAD_INPUT, "{ orders(first: 1, last: 1) { totalCount } }", {}, caller()),
    (Reason.BAD_INPUT, '{ orders(first: 1, after: "x") { totalCount } }', {}, caller()),
    (Reason.BAD_INPUT, "{ orders(offset: 10001) { totalCount } }", {}, caller()),
    (Reason.BAD_INPUT, "{ orders(where: {or: []}) { totalCount } }", {}, caller()),
    (Reason.BAD_INPUT, '{ orders(where: {total: {eq: "1.234"}}) { totalCount } }', {}, caller()),
    (Reason.BAD_INPUT, '{ order(id: "x") { id } }', {}, caller()),
    (Reason.BAD_INPUT, "{ order { id } }", {}, caller()),
    (Reason.BAD_INPUT, "query($id: ID!) { order(id: $id) { id } }", ANY, caller()),
    (Reason.BAD_INPUT, "query($id: ID!) { order(id: $id) { id } }", {}, caller()),
    (Reason.BAD_INPUT, "query($n: Int) { orders(first: $n) { totalCount } }", {"n": "1"}, caller()),
    (
        Reason.BAD_INPUT,
        "query($i: ID!) { node(id: $i) { id } }",
        {"i": encode_id("Nothing", UUID(int=1))},
        caller(),
    ),
    (Reason.NOBODY, "{ orders { totalCount } }", {}, None),
    (Reason.NOBODY, "query($id: ID!) { node(id: $id) { id } }", ANY, None),
]


@pytest.mark.parametrize(("reason", "text", "inputs", "principal"), REASONS)
def test_what_is_not_compiled(
    reason: Reason, text: str, inputs: dict[str, Any], principal: Principal | None
) -> None:
    made, operation = compiler(), compilable(text)
    for _ in range(2):
        with pytest.raises(NotCompilable) as why:
            made.bind(operation, inputs, principal)
        assert why.value.reason is reason
    assert not made._statements._kept, "It is decided before any SQL is made."


def test_a_mutation_that_made_no_row_is_told_by_resolvers() -> None:
    operation = compilable('mutation { createSupplier(input: {name: "A"}) { userErrors { message } } }')
    with pytest.raises(NotCompilable) as why:
        compiler().bind(operation, {}, caller(), created={})
    assert why.value.reason is Reason.MUTATION


async def test_the_compiler_can_be_switched_off_without_asking_the_database() -> None:
    nowhere: Any = None
    way = CompiledWay(SCHEMA, pools=nowhere, cursor_key=CURSOR_KEY, enabled=False, limit=1)
    with pytest.raises(NotCompilable) as why:
        await way.bind(compilable("{ __typename }"), {}, caller())
    assert why.value.reason is Reason.SWITCHED_OFF
    assert way.counts.resolved == {Reason.SWITCHED_OFF: 1}


def test_every_reason_is_covered() -> None:
    elsewhere = {Reason.MUTATION, Reason.SWITCHED_OFF}
    assert {reason for reason, *_ in REASONS} | elsewhere == set(Reason)


@pytest.mark.parametrize("principal", [caller(), None])
def test_what_depends_on_no_row_needs_no_sql(principal: Principal | None) -> None:
    bound = compiler().bind(compilable("{ a: __typename }"), {}, principal)
    assert (bound.plan.statement, bound.arguments) == (None, [])
    assert bound.plan.constant == b'\x01{"a":"Query"}'


def test_the_id_of_a_closed_type_is_null_without_sql() -> None:
    operation = compilable("query($id: ID!) { node(id: $id) { id } }")
    bound = compiler().bind(operation, {"id": encode_id("Supplier", UUID(int=1))}, BUYER)
    assert (bound.plan.statement, bound.plan.constant) == (None, b'\x01{"node":null}')


SAME = [
    ("{ orders(first: 2) { nodes { number } } }", {}),
    ("query($n: Int) { orders(first: $n) { nodes { number } } }", {"n": 2}),
    ("query($n: Int = 2) { ...F } fragment F on Query { orders(first: $n) { nodes { number } } }", {}),
    ("query($no: Boolean!) { orders(first: 2) { nodes { number id @include(if: $no) } } }", {"no": False}),
    (
        "{ orders(first: 2) { ... on OrderConnection { nodes { ... on Node { ... on Order { number } } } } } }",
        {},
    ),
]


def test_what_means_the_same_has_the_same_form_and_one_statement() -> None:
    made = compiler()
    plans = [made.bind(compilable(text), inputs, caller()).plan for text, inputs in SAME]
    assert len({plan.root for plan in plans}) == 1
    assert len({id(plan.statement) for plan in plans}) == 1
    assert len({id(plan) for plan in plans}) == len(SAME)


def test_the_form_of_what_differs_differs() -> None:
    variants = [
        "{ orders { nodes { number } } }",
        "{ orders { nodes { id } } }",
        "{ a: orders { nodes { number } } }",
        "{ orders(first: 2) { nodes { number } } }",
        "{ orders(last: 20) { nodes { number } } }",
        "{ orders(where: {isSample: {eq: true}}) { nodes { number } } }",
        "{ orders(where: {not: {isSample: {eq: true}}}) { nodes { number } } }",
        "{ orders(orderBy: {field: NUMBER}) { nodes { number } } }",
        "{ orders { edges { node { number } } } }",
    ]
    assert len({lowered(text) for text in variants}) == len(variants)


def lowered(text: str) -> object:
    """The intermediate form of an operation without variables."""
    tracing = Tracing(Cursors(CURSOR_KEY, TENANT))
    return Lowering(compilable(text).source({}), rights=caller().rights, inputs=tracing).query()
