"""The first and the last day and moment, at every place that takes one: refused at the field, or simply compared.

The driver knows them as infinite. The places come from the schema itself.
"""

from __future__ import annotations

from typing import Any

import pytest
from graphql import get_named_type

from tests.api import ADMIN
from tests.domains.noted import NOWHERE, global_id, unchanged
from tests.graph.documents import SCHEMA, camel, entities, filters
from tests.graph.principals import Runner
from tests.graph.samples import MUTATIONS, Place, document_of, input_of, places, refusals, sample

EXTREMES = {
    "Date": ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"],
    "DateTime": [
        "0001-01-01T00:00:00Z",
        "1899-12-31T23:59:59.999999Z",
        "2200-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
    ],
}
"""What the driver takes for infinite, and the nearest that is refused."""
EDGES = {
    "Date": ["1900-01-01", "2199-12-31"],
    "DateTime": ["1900-01-01T00:00:00Z", "2199-12-31T23:59:59.999999Z"],
}
GIVEN = [
    (mutation, place, kind)
    for mutation in MUTATIONS
    for kind in EXTREMES
    for place in places(input_of(mutation), kind)
]
FILTERED = [
    (entity.plural, entity.name, field, comparator.removesuffix("Filter"))
    for entity in entities()
    for field, comparator in filters(entity.name)
    if comparator in ("DateFilter", "DateTimeFilter")
]
ARGUMENTS = [
    (name, argument, get_named_type(given.type).name)
    for name, field in (SCHEMA.query_type.fields if SCHEMA.query_type else {}).items()
    for argument, given in field.args.items()
    if get_named_type(given.type).name in EXTREMES
]


def with_value(mutation: str, place: Place, value: str) -> dict[str, Any]:
    """A full input with a value at a place."""
    made = sample(input_of(mutation), of_id=lambda _: global_id("Nothing", NOWHERE))
    at: Any = made
    for step in place[:-1]:
        at = at[int(step) if step.isdigit() else step]
    at[place[-1]] = value
    return {"input": made}


@pytest.mark.parametrize(("mutation", "place", "kind"), GIVEN)
async def test_a_mutation_refuses_it_at_its_field(
    runner: Runner, mutation: str, place: Place, kind: str
) -> None:
    admin = await runner.principal(ADMIN)
    async with unchanged(runner):
        for value in (*EXTREMES[kind], *EDGES[kind]):
            answer = await runner.run(document_of(mutation), admin, with_value(mutation, place, value))
            assert "errors" not in answer, answer
            told = [tuple(e["field"]) for e in refusals(answer, mutation) if e["code"] == "OUT_OF_RANGE"]
            assert (place in told) is (value in EXTREMES[kind]), value


@pytest.mark.parametrize(("plural", "entity", "field", "kind"), FILTERED)
async def test_a_filter_compares_with_it(
    runner: Runner, plural: str, entity: str, field: str, kind: str
) -> None:
    admin = await runner.principal(ADMIN)
    name, (first, *_, last) = camel(plural), EXTREMES[kind]
    wheres = {
        "all": "{%s: {isNull: false}}",
        "upTo": f"{{%s: {{lte: {last!r}}}}}",
        "from": f"{{%s: {{gte: {first!r}}}}}",
        "within": f"{{%s: {{gt: {first!r}, lt: {last!r}}}}}",
        "beyond": f"{{%s: {{gt: {last!r}}}}}",
        "before": f"{{%s: {{lt: {first!r}}}}}",
        "among": f"{{%s: {{in: [{first!r}, {last!r}]}}}}",
        "neither": f"{{%s: {{isNull: false, notIn: [{first!r}, {last!r}], ne: {last!r}}}}}",
    }
    parts = [
        f"{alias}: {name}(where: {(where % field).replace(chr(39), chr(34))}) {{ totalCount }}"
        for alias, where in wheres.items()
    ]
    data = await runner.data(f"{{ {' '.join(parts)} }}", admin)
    every = data["all"]["totalCount"]
    none = {"beyond", "before", "among"}
    assert {alias: one["totalCount"] for alias, one in data.items()} == {
        alias: 0 if alias in none else every for alias in wheres
    }


@pytest.mark.parametrize("first", EXTREMES["Date"])
@pytest.mark.parametrize("last", EXTREMES["Date"])
async def test_a_statement_has_it_or_says_that_its_time_is_none(
    runner: Runner, first: str, last: str
) -> None:
    admin = await runner.principal(ADMIN)
    query = "{ customers(first: 1) { nodes { statement(from: %s, to: %s) { movements { number } closingBalance } } } }"
    answer = await runner.run((query % (f'"{first}"', f'"{last}"')), admin)
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert codes == (set[str]() if first == last else {"BAD_USER_INPUT"})


@pytest.mark.parametrize(("name", "argument", "kind"), ARGUMENTS)
async def test_a_query_takes_it(runner: Runner, name: str, argument: str, kind: str) -> None:
    admin = await runner.principal(ADMIN)
    found = await runner.data(
        "{ skus(first: 1) { nodes { id } } customers(first: 1) { nodes { id } } }", admin
    )
    sku, customer = (found[one]["nodes"][0]["id"] for one in ("skus", "customers"))
    for value in EXTREMES[kind]:
        query = (
            f'{{ {name}(skuId: "{sku}", customerId: "{customer}", {argument}: "{value}") {{ __typename }} }}'
        )
        assert "errors" not in await runner.run(query, admin), value
