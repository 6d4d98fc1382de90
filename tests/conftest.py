"""What all tests share: a real PostgreSQL, databases copied from a seeded template, and the product on them."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator

import httpx
import pytest
from sqlalchemy import URL
from starlette.applications import Starlette

from leora_gql.app import create_app
from leora_gql.db.connect import login_urls, open_pools
from leora_gql.db.embedded import EmbeddedServer
from leora_gql.db.embedded_config import Profile
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.settings import Settings, variable
from tests import postgres
from tests.api import Api
from tests.graph.principals import Runner


def pytest_configure(config: pytest.Config) -> None:
    """Forget the settings of whoever runs the tests, and name the run's folder."""
    for name in Settings.model_fields:
        os.environ.pop(variable(name), None)
    postgres.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    postgres.end_run()


@pytest.fixture(scope="session")
def server() -> Generator[EmbeddedServer]:
    """The run's PostgreSQL; the last process that uses it stops it."""
    with EmbeddedServer(postgres.run_folder(), profile=Profile.PASSING) as running:
        yield running


@pytest.fixture(scope="session")
def databases(server: EmbeddedServer) -> postgres.Databases:
    """Makes further databases: `copy()`, `empty()`."""
    return postgres.Databases(server, postgres.run_folder())


@pytest.fixture(scope="session")
def direct_url(databases: postgres.Databases) -> URL:
    """The administrator's address of this process's seeded database. Tests leave its demo rows as they are."""
    return databases.copy()


@pytest.fixture
def own_url(databases: postgres.Databases) -> Generator[URL]:
    """The address of a seeded database of one's own, to do with as one likes."""
    url = databases.copy()
    yield url
    databases.drop(url)


@pytest.fixture
def empty_url(databases: postgres.Databases) -> Generator[URL]:
    """The address of a database of one's own with nothing in it."""
    url = databases.empty()
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def settings(direct_url: URL) -> Settings:
    """Settings for this process's seeded database."""
    return postgres.settings_for(direct_url, data_dir=postgres.run_folder())


@pytest.fixture
async def pools(settings: Settings) -> AsyncGenerator[Pools]:
    """The pools of all logins on the seeded database."""
    made = open_pools(settings)
    yield made
    await made.close()


@pytest.fixture
async def app(settings: Settings) -> AsyncGenerator[Starlette]:
    """The product, started."""
    made = create_app(settings)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def client(app: Starlette) -> AsyncGenerator[httpx.AsyncClient]:
    """A client that speaks HTTP with the product, without a network between."""
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as made:
        yield made


@pytest.fixture(scope="session")
def tokens() -> dict[str, str]:
    """Access tokens by account, so that not every test pays for a sign-in."""
    return {}


@pytest.fixture
def api(client: httpx.AsyncClient, tokens: dict[str, str]) -> Api:
    """The product as a caller sees it: `await api("{ viewer { id } }", as_=ADMIN)`."""
    return Api(client, tokens)


@pytest.fixture
def runner(direct_url: URL, pools: Pools, settings: Settings) -> Runner:
    """Runs documents as principals of the test's own making."""
    return Runner(direct_url, pools, settings)


@pytest.fixture
async def crowd(direct_url: URL, settings: Settings) -> AsyncGenerator[Runner]:
    """A runner with many connections, whose operations really run side by side, however slow the machine is."""
    wide = Pools(login_urls(settings), sizes={Login.STAFF: 8}, wait_seconds=60)
    yield Runner(direct_url, wide, settings)
    await wide.close()
