"""A change that others keep waiting: as long as it may, and what it is told then."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx
import pytest
from sqlalchemy import URL, text
from starlette.applications import Starlette

from leora_gql.app import create_app
from leora_gql.db.addresses import connected
from leora_gql.db.logins import Login
from tests import postgres
from tests.api import ADMIN, Api

SUPPLIER = """
mutation { createSupplier(input: {name: "Slow Vines"}) { supplier { name } userErrors { code } } }
"""
MADE = text("SELECT count(*) FROM leora.suppliers WHERE name = 'Slow Vines'")


@pytest.fixture
async def hurried(own_url: URL) -> AsyncGenerator[Starlette]:
    """The product on a database of its own, whose staff wait for others a moment only."""
    async with connected(own_url, autocommit=True) as connection:
        await connection.execute(
            text(f"ALTER ROLE {Login.STAFF.value} IN DATABASE {own_url.database} SET lock_timeout = '50ms'")
        )
    app = create_app(postgres.settings_for(own_url, data_dir=postgres.run_folder()))
    async with app.router.lifespan_context(app):
        yield app


async def test_who_waited_too_long_is_told_so_and_may_come_again(hurried: Starlette, own_url: URL) -> None:
    """As after a crash of another machine, whose transactions PostgreSQL keeps for a while."""
    transport = httpx.ASGITransport(hurried)
    async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as client:
        api = Api(client)
        await api.token(ADMIN)
        async with connected(own_url) as other:
            await other.execute(text("SELECT FROM leora.tenant_heads FOR UPDATE"))
            kept = await api(SUPPLIER, as_=ADMIN, idempotency_key="slow")
            assert kept.codes == ["TIMEOUT"]
            assert kept.data == {"createSupplier": None}
            assert await other.scalar(MADE) == 0
        again = await api(SUPPLIER, as_=ADMIN, idempotency_key="slow")
        assert again.errors == []
        assert again.data["createSupplier"] == {"supplier": {"name": "Slow Vines"}, "userErrors": []}
    async with connected(own_url) as connection:
        assert await connection.scalar(MADE) == 1
