"""A served product that may be killed, and what its database says."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy import URL

from leora_gql.db.connect import open_pools
from tests import postgres
from tests.e2e.gateway import Gateway
from tests.e2e.wire import Wire
from tests.graph.principals import Runner


@pytest.fixture
async def books(own_url: URL) -> AsyncGenerator[Runner]:
    """What the database of one's own says behind the product's back. Its subscriptions ask for their events."""
    settings = postgres.settings_for(own_url, data_dir=postgres.run_folder())
    pools = open_pools(settings)
    runner = Runner(own_url, pools, settings)
    await runner.write("UPDATE leora.webhook_subscriptions SET status = 'ACTIVE'")
    yield runner
    await pools.close()


@pytest.fixture
async def wire(own_url: URL) -> AsyncGenerator[Wire]:
    """The way to the database of one's own."""
    made = Wire(Path(str(own_url.query["host"])) / f".s.PGSQL.{own_url.query['port']}")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def gateway(own_url: URL, tmp_path: Path) -> AsyncGenerator[Gateway]:
    """The product on that database, not yet started."""
    made = Gateway(own_url, tmp_path, connections=16)
    yield made
    await made.end()


@pytest.fixture
async def wired(wire: Wire, own_url: URL, tmp_path: Path) -> AsyncGenerator[Gateway]:
    """The same, by the wire."""
    made = Gateway(wire.url(own_url), tmp_path, connections=63)
    yield made
    await made.end()
