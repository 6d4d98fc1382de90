"""Rate limits by cost: who is charged for what, when it ends, and how processes share it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from inspect import isawaitable
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine
from pydantic import SecretStr

from leora_gql.app import create_app
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.errors import OperatorError, RateLimited, TooExpensive
from leora_gql.graph.allowance import Allowance
from leora_gql.server import rate
from leora_gql.server.caller import Caller
from leora_gql.server.rate import RateLimiter
from leora_gql.settings import Settings, load_settings
from leora_gql.settings_traffic import Window
from tests.api import ADMIN, BUYER, OTHER_ADMIN, REP, Api

NOON = 1_800_000_000
TENANT, OTHER_TENANT = UUID(int=1), UUID(int=2)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def limits(settings: Settings, **given: str) -> Settings:
    """All limits off but those given, by the last word of their names."""
    off = dict.fromkeys(("tenant", "principal", "address", "anonymous"), "off")
    return settings.model_copy(
        update={f"rate_limit_{name}": value for name, value in {**off, **given}.items()}
    )


def caller(person: int | None = 1, *, tenant: UUID = TENANT, address: str | None = "192.0.2.1") -> Caller:
    principal = None
    if person is not None:
        principal = Principal(kind=ActorKind.USER, id=UUID(int=person), tenant_id=tenant, tenant_slug="t")
    return Caller(principal=principal, tenant_slug="t", request_id="r", address=address)


async def charge(limiter: RateLimiter, who: Caller, cost: int) -> Allowance | None:
    charged = limiter.charge(who, cost)
    return await charged if isawaitable(charged) else charged


async def left(limiter: RateLimiter, who: Caller, cost: int = 0) -> int:
    allowance = await charge(limiter, who, cost)
    assert allowance is not None
    return allowance.remaining


async def test_a_window_holds_its_cost_and_begins_again(settings: Settings, clock: Any) -> None:
    limiter = RateLimiter(limits(settings, principal="100/minute"))
    assert await charge(limiter, caller(), 60) == Allowance(100, 40, NOON + 60, 60)
    clock.shift(20)
    with pytest.raises(RateLimited, match="Your account has 40 left of the 100") as refused:
        await charge(limiter, caller(), 41)
    assert refused.value.retry_after == 40
    assert await charge(limiter, caller(), 40) == Allowance(100, 0, NOON + 60, 40)
    clock.shift(40)
    assert await charge(limiter, caller(), 1) == Allowance(100, 99, NOON + 120, 1)


async def test_each_principal_tenant_and_address_has_its_own(settings: Settings) -> None:
    limiter = RateLimiter(limits(settings, principal="100/minute", tenant="150/minute", address="190/minute"))
    await charge(limiter, caller(1), 100)
    assert await left(limiter, caller(2)) == 50
    assert await left(limiter, caller(3, tenant=OTHER_TENANT)) == 90
    assert await left(limiter, caller(3, tenant=OTHER_TENANT, address="192.0.2.2")) == 100


@pytest.mark.parametrize(
    ("exhausted", "who"),
    [("principal", "Your account"), ("tenant", "Your company"), ("address", "Your network")],
)
async def test_what_is_refused_is_charged_to_nobody(settings: Settings, exhausted: str, who: str) -> None:
    given = {**dict.fromkeys(("principal", "tenant", "address"), "100/minute"), exhausted: "75/minute"}
    limiter = RateLimiter(limits(settings, **given))
    await charge(limiter, caller(), 30)
    with pytest.raises(RateLimited, match=who):
        await charge(limiter, caller(), 46)
    sharing = {
        "principal": caller(1, tenant=OTHER_TENANT, address="192.0.2.2"),
        "tenant": caller(2, address="192.0.2.3"),
        "address": caller(3, tenant=OTHER_TENANT),
    }
    for name, other in sharing.items():
        assert await left(limiter, other) == (45 if name == exhausted else 70)


async def test_nobody_is_charged_by_address_alone(settings: Settings) -> None:
    limiter = RateLimiter(limits(settings, address="100/minute", anonymous="10/minute"))
    assert await left(limiter, caller(None), 10) == 0
    with pytest.raises(RateLimited, match="Your network"):
        await charge(limiter, caller(None), 1)
    assert await left(limiter, caller(1)) == 100
    assert await left(limiter, caller(None, address="192.0.2.2")) == 10


async def test_an_ipv6_address_counts_as_its_network(settings: Settings) -> None:
    limiter = RateLimiter(limits(settings, anonymous="10/minute"))
    await charge(limiter, caller(None, address="2001:db8:1:2::1"), 9)
    assert await left(limiter, caller(None, address="2001:db8:1:2:ffff::2")) == 1
    assert await left(limiter, caller(None, address="2001:db8:1:3::1")) == 10


async def test_what_no_window_has_room_for_is_too_expensive_and_not_a_matter_of_time(
    settings: Settings,
) -> None:
    limiter = RateLimiter(limits(settings, principal="100/minute"))
    with pytest.raises(TooExpensive, match="costs 101; in 60 seconds 100 may be spent"):
        await charge(limiter, caller(), 101)
    assert await left(limiter, caller()) == 100


async def test_without_limits_nobody_is_counted(settings: Settings) -> None:
    limiter = RateLimiter(limits(settings))
    assert await charge(limiter, caller(), 10**9) is None
    assert await charge(limiter, caller(None), 10**9) is None


async def test_ended_windows_are_forgotten_and_a_flood_is_bounded(
    settings: Settings, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate, "MAX_KEYS", 100)
    limiter = RateLimiter(limits(settings, anonymous="10/minute"))
    counted = limiter._anonymous
    assert counted is not None
    for number in range(250):
        await charge(limiter, caller(None, address=f"10.0.0.{number}"), 1)
    assert len(counted) == 100
    assert await left(limiter, caller(None, address="10.0.0.249")) == 9
    clock.shift(60)
    await charge(limiter, caller(None), 1)
    assert len(counted) == 1


class SharedCounts:
    """What Redis does, in memory; every answer comes a moment later."""

    def __init__(self) -> None:
        self.counts: dict[str, tuple[int, float]] = {}
        self.asked = 0
        self.answers = True

    async def add(self, key: str, amount: int, *, seconds: int) -> int | None:
        self.asked += 1
        await asyncio.sleep(0)
        if not self.answers:
            return None
        count, ends = self.counts.get(key, (0, 0.0))
        count, ends = (count, ends) if ends > time.time() else (0, time.time() + seconds)
        self.counts[key] = (count + amount, ends)
        return count + amount

    async def ends(self, key: str) -> float | None:
        await asyncio.sleep(0)
        return self.counts[key][1] if self.answers else None

    async def close(self) -> None:
        """Nothing is open."""


async def spend_all(limiters: list[RateLimiter], *, cost: int, rounds: int) -> int:
    """What a storm of operations spends, one of each process after another."""

    async def once(limiter: RateLimiter) -> int:
        try:
            await charge(limiter, caller(), cost)
        except RateLimited:
            return 0
        return cost

    return sum(await asyncio.gather(*[once(each) for _ in range(rounds) for each in limiters]))


async def test_processes_together_spend_what_one_may(settings: Settings) -> None:
    shared = SharedCounts()
    given = limits(settings, principal="5000/minute", tenant="10000/minute")
    processes = [RateLimiter(given, shared=shared) for _ in range(2)]
    assert 4900 <= await spend_all(processes, cost=7, rounds=500) <= 5000


async def test_the_shared_counts_are_asked_once_for_many_operations(settings: Settings) -> None:
    shared = SharedCounts()
    limiter = RateLimiter(limits(settings, principal="100000/minute"), shared=shared)
    assert await spend_all([limiter], cost=10, rounds=1000) == 10_000
    assert shared.asked == 10
    assert isinstance(limiter.charge(caller(2), 0), Allowance)


async def test_a_spent_window_is_refused_without_asking(settings: Settings, clock: Any) -> None:
    shared = SharedCounts()
    limiter = RateLimiter(limits(settings, principal="100/minute"), shared=shared)
    assert await spend_all([limiter], cost=50, rounds=2) == 100
    asked = shared.asked
    assert await spend_all([limiter], cost=50, rounds=20) == 0
    assert shared.asked == asked
    clock.shift(60)
    assert await spend_all([limiter], cost=50, rounds=2) == 100


async def test_a_process_that_comes_later_keeps_to_the_running_window(settings: Settings, clock: Any) -> None:
    shared = SharedCounts()
    first, second = (RateLimiter(limits(settings, principal="100/minute"), shared=shared) for _ in range(2))
    await charge(first, caller(), 90)
    clock.shift(30)
    allowance = await charge(second, caller(), 5)
    assert allowance is not None
    assert (allowance.ends, allowance.remaining) == (NOON + 60, 5)
    with pytest.raises(RateLimited) as refused:
        await charge(second, caller(), 6)
    assert refused.value.retry_after == 30


async def test_without_the_shared_counts_each_process_counts_alone(settings: Settings, clock: Any) -> None:
    shared = SharedCounts()
    limiter = RateLimiter(limits(settings, principal="1000/minute"), shared=shared)
    await charge(limiter, caller(), 10)
    shared.answers = False
    assert await spend_all([limiter], cost=10, rounds=200) == 990
    clock.shift(60)
    shared.answers = True
    assert await left(limiter, caller(), 10) == 990


def test_a_storage_without_its_package_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    asked = settings.model_copy(update={"rate_limit_storage": SecretStr("redis://:hunter2@127.0.0.1:1/0")})
    with pytest.raises(OperatorError, match=r"Install leora-gql\[redis\]") as refused:
        RateLimiter(asked)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("RATE_LIMIT_TENANT", "lots", "is neither off nor a cost per time"),
        ("RATE_LIMIT_PRINCIPAL", "0/minute", "allows less than 1"),
        ("RATE_LIMIT_ADDRESS", "10/fortnight", "is neither off nor a cost per time"),
        ("RATE_LIMIT_STORAGE", "mysql://hunter2", "is neither memory nor the address of a Redis server"),
    ],
)
def test_a_wrong_limit_is_explained(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(OperatorError, match=why) as refused:
        load_settings(_env_file=None, data_dir=settings.data_dir)
    assert name in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.fixture
async def limited(settings: Settings) -> AsyncGenerator[Api]:
    """The product with a few operations for each person and more for each tenant; its answers by HTTP."""
    app = create_app(limits(settings, principal="3/minute", tenant="4/minute"))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("192.0.2.201", 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as client:
            yield Api(client)


ASK = "{ rateLimit { limit remaining resetAt cost } }"


async def test_callers_see_what_is_left(limited: Api) -> None:
    assert (await limited.data(ASK, as_=BUYER))["rateLimit"] == {
        "limit": 3,
        "remaining": 2,
        "resetAt": "2027-01-15T08:01:00.000000Z",
        "cost": 1,
    }
    assert (await limited.data(ASK, as_=REP))["rateLimit"]["remaining"] == 2


async def test_a_refused_caller_is_told_when_to_come_back(limited: Api) -> None:
    for _ in range(3):
        await limited.data(ASK, as_=ADMIN)
    refused = await limited(ASK, as_=ADMIN)
    assert "data" not in refused.body
    assert refused.codes == ["RATE_LIMITED"]
    assert refused.errors[0]["extensions"]["retryAfter"] == 60
    assert refused.headers["retry-after"] == "60"
    assert (await limited.data(ASK, as_=REP))["rateLimit"] == {
        "limit": 4,
        "remaining": 0,
        "resetAt": "2027-01-15T08:01:00.000000Z",
        "cost": 1,
    }
    assert (await limited(ASK, as_=BUYER)).codes == ["RATE_LIMITED"]
    assert (await limited.data(ASK, as_=OTHER_ADMIN))["rateLimit"]["remaining"] == 2


async def test_nobody_is_told_of_limits(limited: Api) -> None:
    answer = await limited(ASK)
    assert (answer.data, answer.codes) == ({"rateLimit": None}, ["UNAUTHENTICATED"])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500/second", 1),
        ("500/minute", 60),
        (" 500 PER 2 Hours ", 7200),
        ("500/10minutes", 600),
        ("500 / day", 86_400),
        ("500/month", 30 * 86_400),
        ("500/year", 360 * 86_400),
    ],
)
def test_a_window_is_read_as_people_write_it(text: str, seconds: int) -> None:
    assert Window.parse(text) == Window(amount=500, seconds=seconds)


@pytest.mark.parametrize("text", ["", "500", "-1/minute", "500/0 minutes", "500/minute;9/day", "٣/minute"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no cost per time"):
        Window.parse(text)
