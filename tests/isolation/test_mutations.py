"""For every mutation of the schema: who may not, whose ids it does not know, and that nothing changes then.

The cases come from the schema itself, so a new mutation, or a new id in an input, is tested by being there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from leora_gql.auth.permissions import KEYS, PORTAL_KEYS, SYSTEM_ROLES, Audience, expand
from leora_gql.auth.principal import Principal
from leora_gql.db.addresses import connected
from leora_gql.graph.entity import Registry
from leora_gql.graph.mutation import DECLARED
from leora_gql.graph.node import encode_id
from tests.api import ADMIN, BUYER
from tests.graph.principals import Runner
from tests.graph.samples import MUTATIONS, Place, document_of, id_places, input_of, refusals, sample

NO_TYPE = encode_id("Nothing", UUID(int=1))
BEST = {"Order": "status <> 'DRAFT'", "Role": "is_system", "Invoice": "status <> 'DRAFT'"}
"""Rows of which most can be asked: the order that puts them first."""
TOLD_ELSEWHERE = {
    ("createInvoice", ("lines", "0", "orderLineId")): ("NOT_ALLOWED", ("orderId",)),
    ("fulfillOrder", ("lines", "0", "lineId")): ("INVALID_TRANSITION", ("id",)),
}
"""Where a foreign id is refused that is not told at the id itself: drafts are neither delivered nor invoiced."""
_SAYS = re.compile(r"There is no such (\w+)\.")


async def state(runner: Runner) -> dict[str, Any]:
    """How many rows each table has, and when one was last changed."""
    async with connected(runner.direct_url) as connection:
        names = await connection.scalars(
            text(
                "SELECT table_name FROM information_schema.columns"
                " WHERE table_schema = 'leora' AND column_name = 'updated_at' ORDER BY 1"
            )
        )
        found: dict[str, Any] = {}
        for name in names.all():
            row = (
                await connection.execute(text(f"SELECT count(*), max(updated_at) FROM leora.{name}"))
            ).one()
            found[name] = tuple(row)
        return found


async def row_of(runner: Runner, kind: str, *, tenant: str) -> str | None:
    """The id of a row of a type in a tenant."""
    entity = Registry.get(kind)
    if entity is None:
        return None
    rows = await runner.sql(
        f"SELECT id FROM leora.{entity.table.name} WHERE tenant_id = :tenant"
        f" ORDER BY {BEST.get(kind, 'id')}, id LIMIT 1",
        tenant=await runner.tenant(tenant),
    )
    return encode_id(kind, rows[0]["id"]) if rows else None


def given(
    mutation: str, ids: dict[Place, str], *, but: Sequence[Place] = (), only: Collection[Place] | None = None
) -> dict[str, Any]:
    """An input with these ids, without the fields `but`: full, or with `only` what must be and what leads there."""
    made = sample(input_of(mutation), only=only, of_id=lambda place: ids.get(place, NO_TYPE))
    return {"input": {name: value for name, value in made.items() if (name,) not in but}}


async def refusals_of(
    runner: Runner, mutation: str, who: Principal, ids: dict[Place, str], place: Place
) -> set[tuple[str, Place]]:
    """Why a mutation is refused that is given what it must have, and an id at a place."""
    only = {place}
    while True:
        answer = await runner.run(document_of(mutation), who, given(mutation, ids, only=only))
        refused = {(error["code"], tuple(error["field"] or ())) for error in refusals(answer, mutation)}
        missing = {at for code, at in refused if code == "REQUIRED"} - only
        if not missing:
            return refused
        only |= missing


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


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_ids_of_another_tenant_are_none(runner: Runner, mutation: str) -> None:
    admin = await runner.principal(ADMIN)
    types = await types_of_ids(runner, mutation, admin)
    others = await types_of_ids(runner, mutation, admin, but=list(types))  # looked at only without the first
    assert {*types, *others} == set(id_places(input_of(mutation))), "an id is not checked for its type"
    before = await state(runner)
    kinds = {**others, **types}
    own = {
        place: await row_of(runner, kind, tenant="well-crafted") or NO_TYPE for place, kind in kinds.items()
    }
    for place, kind in kinds.items():
        theirs = await row_of(runner, kind, tenant="cellar-door")
        assert theirs is not None, f"cellar-door has no {kind}"
        refused = await refusals_of(runner, mutation, admin, {**own, place: theirs}, place)
        assert refused & {("NOT_FOUND", place), TOLD_ELSEWHERE.get((mutation, place))}, (place, refused)
    assert await state(runner) == before
