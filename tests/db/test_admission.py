"""Who gets a connection when there are not enough: tenants in turn, nobody for ever, and none is lost."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from uuid import UUID, uuid4

import pytest

from leora_gql.db.admission import Admission
from leora_gql.errors import Unavailable

FLOODING, OTHER = uuid4(), uuid4()


class Guests:
    """Callers that note the order in which they came in, and leave when they are told."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.entered: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, tenant: UUID | None, name: str, *, seconds: float = 10) -> None:
        async def enter() -> None:
            await self.admission.enter(tenant, seconds=seconds)
            self.entered.append(name)

        self.tasks.append(asyncio.create_task(enter()))
        await asyncio.sleep(0)

    async def leaves(self, tenant: UUID | None) -> None:
        self.admission.leave(tenant)
        await asyncio.sleep(0)


@pytest.mark.parametrize(("places", "of_one_tenant"), [(1, 1), (2, 1), (3, 2), (4, 3), (8, 6), (20, 15)])
async def test_a_tenant_leaves_a_place_to_others(places: int, of_one_tenant: int) -> None:
    guests = Guests(Admission(places))
    for number in range(places + 3):
        await guests.come(FLOODING, f"flooding {number}")
    assert len(guests.entered) == of_one_tenant

    await guests.come(OTHER, "other")

    assert guests.entered[-1] == ("other" if places > 1 else "flooding 0")


async def test_within_a_tenant_it_is_first_come_first_served() -> None:
    guests = Guests(Admission(1))
    for number in range(5):
        await guests.come(OTHER, str(number))
    for _ in range(4):
        await guests.leaves(OTHER)
    assert guests.entered == ["0", "1", "2", "3", "4"]


async def test_waiting_tenants_take_turns() -> None:
    guests = Guests(Admission(1))
    for number in range(4):
        await guests.come(FLOODING, f"flooding {number}")
    await guests.come(OTHER, "other 0")
    await guests.come(OTHER, "other 1")
    for tenant in (FLOODING, FLOODING, OTHER, FLOODING, OTHER):
        await guests.leaves(tenant)
    assert guests.entered == ["flooding 0", "flooding 1", "other 0", "flooding 2", "other 1", "flooding 3"]


async def test_who_belongs_to_no_tenant_may_have_every_place() -> None:
    guests = Guests(Admission(4))
    for number in range(5):
        await guests.come(None, str(number))
    assert guests.entered == ["0", "1", "2", "3"]


async def test_when_the_time_is_over_it_says_when_to_try_again_and_forgets_the_caller() -> None:
    admission = Admission(1)
    await admission.enter(FLOODING, seconds=0)

    with pytest.raises(Unavailable) as refused:
        await admission.enter(OTHER, seconds=0.01)

    assert refused.value.extensions == {"code": "UNAVAILABLE", "retryAfter": 1}
    admission.leave(FLOODING)
    assert admission.inside == 0
    await admission.enter(OTHER, seconds=0)


async def test_a_place_given_to_somebody_who_is_just_leaving_goes_to_the_next() -> None:
    guests = Guests(Admission(1))
    await guests.come(OTHER, "first")
    await guests.come(OTHER, "second")
    await guests.come(OTHER, "third")

    guests.admission.leave(OTHER)  # the second is called in …
    guests.tasks[1].cancel()  # … and gives up before it runs
    await asyncio.wait(guests.tasks)

    assert guests.entered == ["first", "third"]


@pytest.mark.parametrize("places", [1, 2, 4])
async def test_whatever_is_cut_off_no_place_is_lost_and_none_is_given_twice(places: int) -> None:
    admission, chance = Admission(places), random.Random(places)
    tenants: tuple[UUID | None, ...] = (FLOODING, OTHER, uuid4(), None)
    inside: Counter[UUID | None] = Counter()

    async def visit(tenant: UUID | None) -> None:
        await admission.enter(tenant, seconds=chance.choice((0, 0.001, 1)))
        inside[tenant] += 1
        assert inside.total() <= places
        assert tenant is None or inside[tenant] <= admission.tenant_limit
        try:
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
        finally:
            inside[tenant] -= 1
            admission.leave(tenant)

    running: list[asyncio.Task[None]] = []
    for _ in range(3000):
        running.append(asyncio.create_task(visit(chance.choice(tenants))))
        if chance.random() < 0.5:
            await asyncio.sleep(0)
        if chance.random() < 0.4:
            chance.choice(running[-10:]).cancel()
    done = await asyncio.gather(*running, return_exceptions=True)

    assert {type(each) for each in done} <= {type(None), Unavailable, asyncio.CancelledError}
    assert sum(each is None for each in done) > 500
    assert admission.inside == 0
    for _ in range(places):
        with contextlib.suppress(Unavailable):
            await admission.enter(None, seconds=0)
    assert admission.inside == places
