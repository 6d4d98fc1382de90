"""When the database goes away: UNAVAILABLE, and all is well again when it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL, text
from starlette.applications import Starlette

from leora_gql.app import create_app
from leora_gql.db.addresses import connected
from leora_gql.db.embedded import EmbeddedServer
from leora_gql.db.embedded_config import Profile
from leora_gql.settings import Settings
from tests import postgres
from tests.api import ADMIN, Api

QUERY = "{ customers(first: 1) { nodes { id } } }"


@pytest.fixture
async def product(own_url: URL, settings: Settings) -> AsyncGenerator[tuple[Api, URL]]:
    """The product on a database of its own."""
    app = create_app(postgres.settings_for(own_url, data_dir=settings.data_dir))
    async with app.router.lifespan_context(app), _client(app) as client:
        yield Api(client), own_url


def _client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://leora.test")


async def _terminate(url: URL) -> None:
    """End all other connections to the database; none of them is left afterwards."""
    async with connected(url) as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


async def test_connections_that_were_cut_are_replaced(product: tuple[Api, URL]) -> None:
    api, url = product
    first = await api.data(QUERY, as_=ADMIN)
    for _ in range(3):
        await _terminate(url)
        assert await api.data(QUERY, as_=ADMIN) == first


async def test_a_connection_cut_in_the_middle_is_unavailable_and_the_next_answer_is_right(
    product: tuple[Api, URL],
) -> None:
    api, url = product
    first = await api.data(QUERY, as_=ADMIN)
    slow = """{ a: orders(first: 100) { nodes { lines(first: 10) { nodes { sku { product { skus(first: 5) { nodes {
        priceListEntries(first: 5) { nodes { id } } } } } } } } } } }"""
    codes: set[str] = set()
    for _ in range(100):
        running = asyncio.create_task(api(slow, as_=ADMIN))
        while not running.done():
            await _terminate(url)
        codes |= set((await running).codes)
        if codes:
            break
    assert codes == {"UNAVAILABLE"}
    assert await api.data(QUERY, as_=ADMIN) == first


@pytest.fixture
def lone(tmp_path: Path) -> Generator[tuple[EmbeddedServer, Settings]]:
    """A server of one's own with the demo tenants."""
    with EmbeddedServer(tmp_path, profile=Profile.PASSING) as server:
        url = postgres.Databases(server, tmp_path).copy()
        yield server, postgres.settings_for(url, data_dir=tmp_path)


async def test_a_server_that_stops_is_unavailable_until_it_starts_again(
    lone: tuple[EmbeddedServer, Settings],
) -> None:
    server, settings = lone
    app = create_app(settings)
    async with app.router.lifespan_context(app), _client(app) as client:
        api = Api(client)
        first = await api.data(QUERY, as_=ADMIN)
        assert (await client.get("/readyz")).status_code == 200
        server.stop()
        answer = await api(QUERY, as_=ADMIN)
        assert answer.codes == ["UNAVAILABLE"]
        assert "SELECT" not in str(answer.body)
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        server.start()
        assert await api.data(QUERY, as_=ADMIN) == first
        assert (await client.get("/readyz")).status_code == 200
