"""What people type by mistake, item by item, wherever it can be typed: a code and the path, and nothing is changed.

What a type of GraphQL itself cannot be (1.5 bottles, the year 10000) never reaches a mutation: the request is refused,
and its error names the same path in words.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL

from tests.api import ADMIN, BUYER, Answer, Api
from tests.domains.noted import NOWHERE, global_id
from tests.domains.test_hostile_values import written
from tests.e2e.bad_day import World
from tests.e2e.mistakes import GOOD, ITEMS, LONG, NOT_OF_ITS_TYPE, OF_BUYERS, Row
from tests.graph.principals import Runner
from tests.graph.samples import document_of, refusals
from tests.isolation.test_mutations import state

WHO = [(name, who) for name in GOOD for who in (ADMIN, BUYER) if who == ADMIN or name in OF_BUYERS]
CASES = [
    pytest.param(own, who, id=f"{item}: {name} by {who.partition('@')[0]}")
    for item, rows in ITEMS.items()
    for name, who in WHO
    if (own := [row for row in rows if row.mutation == name and (who == ADMIN or row.buyer != "")])
]
UNDONE = (
    f' undone: cancelOrder(input: {{id: "{global_id("Order", NOWHERE)}"}}) {{ userErrors {{ code }} }} }}'
)
_WORLDS: dict[URL, World] = {}


@pytest.fixture
async def world(api: Api, runner: Runner) -> World:
    """One for all of these tests, which leave it as it is."""
    found = _WORLDS.get(runner.direct_url)
    if found is None:
        found = World(api, runner)
        await found.open()
        _WORLDS[runner.direct_url] = found
    return found


async def ask(api: Api, document: str, given: dict[str, Any], who: str, *, key: str | None = None) -> Answer:
    """In JSON of ASCII alone, which can hold what is no text."""
    headers = {"authorization": f"Bearer {await api.token(who)}", "content-type": "application/json"}
    if key is not None:
        headers["idempotency-key"] = key
    body = json.dumps({"query": document, "variables": {"input": given}}).encode()
    response = await api.client.post("/graphql", content=body, headers=headers)
    return Answer(response.status_code, response.json(), response.headers)


def told(answer: Answer, mutation: str, path: str) -> list[tuple[str, str]]:
    """What an answer refuses, as the rows say it. The error of a request names its place in its words."""
    if not answer.errors:
        return [(error["code"], ".".join(error["field"] or ())) for error in refusals(answer.body, mutation)]
    (error,) = answer.errors
    assert error["path"] == [mutation]
    named = f" at {written(tuple(path.split('.')))}" in error["message"]
    return [(error["extensions"]["code"], path if named else error["message"])]


def input_of(world: World, row: Row, who: str) -> dict[str, Any]:
    """A buyer's customer is its own, and needs not be said."""
    given = world.filled(row.given, who)
    return {name: value for name, value in given.items() if who == ADMIN or name != "customerId"}


@pytest.mark.parametrize(("rows", "who"), CASES)
async def test_a_mistake_is_told_at_its_place(
    api: Api, runner: Runner, world: World, rows: list[Row], who: str
) -> None:
    await api.token(who)
    before = await state(runner)
    for row in rows:
        given, expected = input_of(world, row, who), row.expected(who)
        for key in (None, str(uuid4())):
            answer = await ask(api, document_of(row.mutation), given, who, key=key)
            assert answer.status == 200
            assert told(answer, row.mutation, expected[0][1]) == expected, (row.wrong, answer.body)
    assert await state(runner) == before


@pytest.mark.parametrize(("mutation", "who"), WHO)
async def test_without_the_mistake_it_would_be_done(api: Api, world: World, mutation: str, who: str) -> None:
    """Otherwise the mistakes might not be what is refused."""
    document = document_of(mutation)[:-1] + UNDONE
    answer = await ask(api, document, input_of(world, Row(mutation, {}, ""), who), who)
    assert {error["code"] for error in refusals(answer.body, mutation)} == {"ROLLED_BACK"}, answer.body


async def test_items_with_a_mistake_are_told_beside_each_other(
    api: Api, runner: Runner, world: World
) -> None:
    """With REJECT_FAILED_ITEMS what is wrong with an item stands at it, and nothing is done of what is mistaken."""
    rows = [row for rows in ITEMS.values() for row in rows if " items.0." in row.told]
    of_items = [row for row in rows if NOT_OF_ITS_TYPE not in row.told and LONG not in row.wrong.values()]
    given = [world.filled(row.given, ADMIN)["items"][0] for row in of_items]
    expected = [
        (code, path.replace("items.0", f"items.{index}"))
        for index, row in enumerate(of_items)
        for code, path in row.expected(ADMIN)
    ]
    await api.token(ADMIN)
    before = await state(runner)
    batch = {"items": given, "errorPolicy": "REJECT_FAILED_ITEMS"}
    answer = await ask(api, document_of("upsertPriceListEntries"), batch, ADMIN)
    assert 30 < len(expected) <= 100
    assert told(answer, "upsertPriceListEntries", "") == expected
    assert await state(runner) == before
