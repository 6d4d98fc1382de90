"""Running the seed: the same for the same seed, once, and all or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator

import pytest
from sqlalchemy import URL
from typer.testing import CliRunner

from leora_gql.cli.main import build_app
from leora_gql.errors import OperatorError
from leora_gql.seed import seed_database
from leora_gql.seed.plan import PLANS
from leora_gql.settings import Settings
from tests import postgres
from tests.seed.reading import digests, read

LEAP_DAY = dt.date(2028, 2, 29)


@pytest.fixture
def blank_url(databases: postgres.Databases) -> Generator[URL]:
    """The address of a migrated database without tenants."""
    url = databases.copy(postgres.EMPTY)
    yield url
    databases.drop(url)


@pytest.mark.parametrize("slug", PLANS)
async def test_the_same_seed_and_day_give_a_tenant_the_same_rows_alone_and_beside_the_other(
    own_url: URL, blank_url: URL, settings: Settings, slug: str
) -> None:
    days = await read(own_url, "SELECT max(snapshot_on) AS today FROM leora.account_health_snapshots")
    await seed_database(blank_url, settings=settings, tenant=slug, today=days[0]["today"])
    assert await digests(blank_url, slug) == await digests(own_url, slug)


async def test_another_seed_gives_another_history(blank_url: URL, own_url: URL, settings: Settings) -> None:
    await seed_database(blank_url, settings=settings, seed=2, tenant="cellar-door")
    one, other = await digests(own_url, "cellar-door"), await digests(blank_url, "cellar-door")
    assert one["orders"] != other["orders"]
    assert one["customers"] != other["customers"]


@pytest.mark.parametrize("today", [LEAP_DAY, dt.date(2027, 1, 1), dt.date(2026, 3, 9)])
async def test_it_can_be_made_on_any_day(blank_url: URL, settings: Settings, today: dt.date) -> None:
    await seed_database(blank_url, settings=settings, tenant="cellar-door", today=today)
    latest = await read(
        blank_url,
        "SELECT max(snapshot_on) AS snapshot, max(placed_at AT TIME ZONE 'America/New_York')::date AS placed"
        " FROM leora.orders, leora.account_health_snapshots",
    )
    assert latest == [{"snapshot": today, "placed": today - dt.timedelta(days=1)}]


async def test_running_again_changes_nothing_on_whatever_day(own_url: URL, settings: Settings) -> None:
    before = await digests(own_url)
    report = await seed_database(own_url, settings=settings, today=LEAP_DAY)
    assert (report.created, report.unchanged) == ((), ("well-crafted", "cellar-door"))
    assert await digests(own_url) == before


@pytest.mark.parametrize(("scale", "number"), [(2, 1), (1, 2)])
async def test_a_tenant_of_another_seed_or_scale_is_not_touched(
    own_url: URL, settings: Settings, scale: int, number: int
) -> None:
    before = await digests(own_url)
    with pytest.raises(OperatorError, match="another seed or scale"):
        await seed_database(own_url, settings=settings, scale=scale, seed=number, tenant="well-crafted")
    assert await digests(own_url) == before


@pytest.mark.parametrize(("tenant", "scale"), [("nobody", 1), (None, 0), (None, 10_001)])
async def test_what_cannot_be_seeded_is_refused(
    direct_url: URL, settings: Settings, tenant: str | None, scale: int
) -> None:
    with pytest.raises(OperatorError):
        await seed_database(direct_url, settings=settings, tenant=tenant, scale=scale)


class Interrupted(Exception):
    """The person at the terminal gave up."""


class GivingUp:
    """A progress bar whose reader gives up once orders have been written."""

    def begin(self, tenant: str, orders: int) -> None:
        self.orders = orders

    def advance(self, orders: int) -> None:
        raise Interrupted


async def test_an_interrupted_seed_leaves_nothing_and_can_be_run_again(
    blank_url: URL, settings: Settings
) -> None:
    empty = await digests(blank_url)
    with pytest.raises(Interrupted):
        await seed_database(blank_url, settings=settings, tenant="cellar-door", progress=GivingUp())
    assert await digests(blank_url) == empty
    assert await read(blank_url, "SELECT relname FROM pg_class WHERE relname LIKE 'order_number_%'") == []
    report = await seed_database(blank_url, settings=settings, tenant="cellar-door")
    assert report.created == ("cellar-door",)


async def test_in_production_nobody_has_the_demo_password(blank_url: URL, settings: Settings) -> None:
    production = settings.model_copy(update={"environment": "production"})
    await seed_database(blank_url, settings=production, tenant="cellar-door")
    people = await read(
        blank_url,
        "SELECT DISTINCT password_hash, status FROM leora.users"
        " UNION SELECT DISTINCT password_hash, status FROM leora.portal_users",
    )
    assert people == [{"password_hash": None, "status": "INVITED"}]


def test_the_command_seeds_says_so_and_says_when_there_is_nothing_to_do(
    blank_url: URL, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEORA_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", blank_url.render_as_string(hide_password=False))
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    words = ["seed", "--tenant", "cellar-door", "--seed", "3"]
    first = CliRunner().invoke(build_app(words), words)
    assert first.exit_code == 0
    assert "Made cellar-door" in first.stdout
    again = CliRunner().invoke(build_app(words), words)
    assert again.exit_code == 0
    assert "nothing changed" in again.stdout
