"""Answers have a longest length, whichever way they are told; a mutation whose answer is longer is undone."""

from __future__ import annotations

from typing import Any, Literal

import orjson
import pytest

from tests.api import ADMIN, BUYER
from tests.graph.principals import Runner

LIST = "query ($first: Int!) { suppliers(first: $first) { nodes { id name } } }"
CREATE = """
mutation {
  createSupplier(input: {name: "%s"}) { supplier { id name slug createdAt updatedAt } userErrors { code } }
}
"""
SHORT = 'mutation { createSupplier(input: {name: "%s"}) { supplier { id } userErrors { code } } }'
ORDER = """
mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) { order { id number total subtotal createdAt updatedAt status } userErrors { code } }
}
"""
WAYS: tuple[Literal["on", "off"], ...] = ("on", "off")
EVERYTHING = ("suppliers", "webhook_events", "audit_log")


@pytest.fixture
def narrow(runner: Runner) -> Runner:
    """Answers there have at most 140 bytes."""
    settings = runner.settings.model_copy(update={"answer_limit_bytes": 140})
    return Runner(runner.direct_url, runner.pools, settings)


async def told(runner: Runner, query: str, who: str, variables: Any = None, **how: Any) -> Any:
    return orjson.loads(await runner.answer(query, await runner.principal(who), variables, **how))


def code(answer: Any) -> str:
    (error,) = answer["errors"]
    return error["extensions"]["code"]


async def counts(runner: Runner, *tables: str) -> list[int]:
    return [(await runner.sql(f"SELECT count(*) AS rows FROM leora.{name}"))[0]["rows"] for name in tables]


@pytest.mark.parametrize("way", WAYS)
async def test_a_longer_answer_to_a_query_is_refused(narrow: Runner, way: Literal["on", "off"]) -> None:
    answer = await told(narrow, LIST, ADMIN, {"first": 20}, compiler=way)
    assert code(answer) == "OPERATION_TOO_EXPENSIVE"
    assert "data" not in answer
    assert "140 bytes" in answer["errors"][0]["message"]
    assert (await told(narrow, "{ suppliers(first: 1) { nodes { id } } }", ADMIN, compiler=way))["data"]


@pytest.mark.parametrize("way", WAYS)
async def test_what_staff_does_is_undone(narrow: Runner, way: Literal["on", "off"]) -> None:
    before = await counts(narrow, *EVERYTHING)
    answer = await told(narrow, CREATE % f"Too Long To Tell {way}", ADMIN, compiler=way)
    assert (answer["data"], code(answer)) == ({"createSupplier": None}, "OPERATION_TOO_EXPENSIVE")
    assert await counts(narrow, *EVERYTHING) == before
    short = await told(narrow, SHORT % f"Not Too Long {way}", ADMIN, compiler=way)
    assert short["data"]["createSupplier"]["userErrors"] == []


@pytest.mark.parametrize("way", WAYS)
async def test_what_a_buyer_does_stays_and_the_answer_says_so(
    narrow: Runner, way: Literal["on", "off"]
) -> None:
    (before,) = await counts(narrow, "orders")
    skus = await told(narrow, "{ skus(first: 1) { nodes { id } } }", BUYER)
    given = {"input": {"lines": [{"skuId": skus["data"]["skus"]["nodes"][0]["id"], "quantity": 1}]}}
    answer = await told(narrow, ORDER, BUYER, given, compiler=way)
    assert code(answer) == "OPERATION_TOO_EXPENSIVE"
    assert answer["errors"][0]["message"].endswith("What it changed stays.")
    assert await counts(narrow, "orders") == [before + 1]
