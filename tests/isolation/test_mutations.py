"""For every mutation of the schema: who may not, whose ids it does not know, and that nothing changes then.

The cases come from the schema itself, so a new mutation, or a new id in an input, is tested by being there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import pytest

from leora_gql.auth.permissions import KEYS, PORTAL_KEYS, SYSTEM_ROLES, Audience, expand
from leora_gql.auth.principal import Principal
from leora_gql.graph.mutation import DECLARED
from tests.api import ADMIN, BUYER
from tests.graph.principals import Runner
from tests.graph.samples import MUTATIONS, Place, document_of, id_places, input_of, refusals, sample
from tests.isolation.strangers import CASES, NO_TYPE, STRANGERS, make_rows, of_no_row, work

Refusal = tuple[str, Place, str]
"""Why a mutation is refused: the code, the place in its input, and the words."""
UNDONE = f'undo: updateOrder(input: {{ id: "{of_no_row("Order")}" }}) {{ userErrors {{ code }} }}'
"""What is refused after all else, so that nothing of it stays."""
NEVER_ASKED = {
    (BUYER, "createOrder", ("salesRepId",)): ("NOT_ALLOWED", ("salesRepId",)),
    (BUYER, "updateOrder", ("salesRepId",)): ("NOT_ALLOWED", ("salesRepId",)),
}
"""Ids that buyers may not give at all: they are refused before the database is asked, be they whose they may."""
_SAYS = re.compile(r"There is no such (\w+)\.")


@pytest.fixture
async def runner(runner: Runner) -> Runner:
    """The runner, on a database that has rows of every sort that somebody must not know."""
    await make_rows(runner)
    return runner


async def state(runner: Runner) -> dict[str, tuple[int, int | None]]:
    """Of each table how many rows it has, and which transaction was the last to write one."""
    tables = await runner.sql(
        "SELECT relname FROM pg_class WHERE relnamespace = 'leora'::regnamespace AND relkind = 'r' ORDER BY 1"
    )
    assert len(tables) > 30
    each = (
        f"SELECT '{row['relname']}' AS name, count(*), max(xmin::text::bigint) FROM leora.{row['relname']}"
        for row in tables
    )
    # PostgreSQL may read the parts side by side: the rows come in any order.
    rows = await runner.sql(" UNION ALL ".join(each))
    return {row["name"]: (row["count"], row["max"]) for row in rows}


def given(
    mutation: str, ids: dict[Place, str], *, but: Sequence[Place] = (), only: Collection[Place] | None = None
) -> dict[str, Any]:
    """An input with these ids, without the fields `but`: full, or with `only` what must be and what leads there."""
    made = sample(input_of(mutation), only=only, of_id=lambda place: ids.get(place, NO_TYPE))
    return {"input": {name: value for name, value in made.items() if (name,) not in but}}


async def refusals_of(
    runner: Runner, mutation: str, who: Principal, ids: dict[Place, str], place: Place, *, besides: str = ""
) -> set[Refusal]:
    """Why a mutation is refused that is given what it must have, and an id at a place."""
    only = {place}
    while True:
        query = document_of(mutation, besides=besides)
        answer = await runner.run(query, who, given(mutation, ids, only=only))
        refused = {
            (error["code"], tuple(error["field"] or ()), error["message"])
            for error in refusals(answer, mutation)
        }
        missing = {at for code, at, _ in refused if code == "REQUIRED"} - only
        if not missing:
            return refused
        only |= missing


async def types_of_all_ids(runner: Runner, mutation: str) -> dict[Place, str]:
    """The types of all ids of an input, as staff is told them."""
    admin = await runner.principal(ADMIN)
    types = await types_of_ids(runner, mutation, admin)
    others = await types_of_ids(runner, mutation, admin, but=list(types))  # looked at only without the first
    assert {*types, *others} == set(id_places(input_of(mutation))), "an id is not checked for its type"
    return {**others, **types}


async def types_of_ids(
    runner: Runner, mutation: str, who: Principal, *, but: Sequence[Place] = ()
) -> dict[Place, str]:
    """The types of all ids of an input: its check names each where it is given an id of no type at all."""
    places = set(id_places(input_of(mutation)))
    answer = await runner.run(document_of(mutation), who, given(mutation, {}, but=but))
    found: dict[Place, str] = {}
    for error in refusals(answer, mutation):
        says = _SAYS.search(error["message"])
        if says and error["code"] == "NOT_FOUND" and tuple(error["field"]) in places:
            found[tuple(error["field"])] = says[1]
    return found


def places(refused: Collection[Refusal]) -> set[tuple[str, Place]]:
    """The codes and places of refusals."""
    return {(code, place) for code, place, _ in refused}


def without(permissions: frozenset[str], mutation: str) -> frozenset[str]:
    return permissions - {DECLARED[mutation].access.requires or ""}


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_who_lacks_its_permission_is_refused_and_nothing_changes(runner: Runner, mutation: str) -> None:
    callers = [
        await runner.principal(ADMIN, without(frozenset(KEYS), mutation)),
        await runner.principal(BUYER, without(PORTAL_KEYS, mutation)),
    ]
    before = await state(runner)
    for caller in callers:
        answer = await runner.run(document_of(mutation), caller, given(mutation, {}))
        assert answer["data"] == {mutation: None}
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await state(runner) == before


@pytest.mark.parametrize("role", SYSTEM_ROLES, ids=lambda role: role.name)
async def test_what_each_role_may(runner: Runner, role: Any) -> None:
    permissions = expand(role.permissions)
    who = await runner.principal(BUYER if role.kind is Audience.PORTAL else ADMIN, permissions)
    denied: set[str] = set()
    before = await state(runner)
    for mutation in MUTATIONS:
        answer = await runner.run(document_of(mutation), who, given(mutation, {}))
        if any(error["extensions"]["code"] == "FORBIDDEN" for error in answer.get("errors", ())):
            denied.add(mutation)
    assert denied == {name for name in MUTATIONS if DECLARED[name].access.refusal(who) is not None}
    assert await state(runner) == before


@pytest.mark.parametrize(("stranger", "mutation"), CASES)
async def test_ids_that_are_not_ones_own_are_none(runner: Runner, stranger: str, mutation: str) -> None:
    asks = STRANGERS[stranger]
    who, before = await runner.principal(asks.email), await state(runner)
    kinds = await types_of_all_ids(runner, mutation)
    own = {place: await asks.own_row(runner, who, kind, mutation) for place, kind in kinds.items()}
    for place, kind in kinds.items():
        told = (asks.email, mutation, place)
        expected = NEVER_ASKED.get(told, ("NOT_FOUND", place))
        known = await refusals_of(runner, mutation, who, own, place, besides=UNDONE)
        assert (expected in places(known)) is (told in NEVER_ASKED), ("its own", place, known)
        for theirs in await asks.unseen_rows(runner, who, kind, mutation):
            with work() as done:
                refused = await refusals_of(runner, mutation, who, {**own, place: theirs}, place)
            assert expected in places(refused), (place, refused)
            with work() as done_for_none:
                none = await refusals_of(runner, mutation, who, {**own, place: of_no_row(kind)}, place)
            assert (refused, done) == (none, done_for_none), (
                "a row that is not to be known can be told from none"
            )
            assert (told in NEVER_ASKED) is not any(done)
    assert await state(runner) == before
