"""Browsers of other origins: those that the settings name, and no others."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx
import pytest

from leora_gql.app import create_app
from leora_gql.settings import Settings

APP = "https://app.example.com"
QUERY = {"query": "{ apiVersion }"}


@pytest.fixture
async def shop(settings: Settings) -> AsyncGenerator[httpx.AsyncClient]:
    """The product, open to one origin."""
    app = create_app(settings.model_copy(update={"cors_origins": (APP,)}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as client:
            yield client


def preflight(origin: str, *headers: str, method: str = "POST") -> dict[str, str]:
    return {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": ", ".join(headers),
    }


async def test_a_browser_may_send_all_that_the_api_reads(shop: httpx.AsyncClient) -> None:
    asked = preflight(
        APP,
        *"authorization content-type idempotency-key if-none-match".split(),
        *"x-graphql-document-id x-request-id x-tenant-slug".split(),
    )
    allowed = await shop.options("/graphql", headers=asked)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == APP
    answer = await shop.post("/graphql", json=QUERY, headers={"origin": APP})
    assert answer.headers["access-control-allow-origin"] == APP
    assert answer.headers["access-control-expose-headers"] == "etag, retry-after, x-request-id"
    assert answer.headers["vary"] == "Accept, Accept-Encoding, Origin"
    assert "access-control-allow-credentials" not in answer.headers


async def test_another_origin_may_nothing(shop: httpx.AsyncClient) -> None:
    other = "https://app.example.com.evil.test"
    refused = await shop.options("/graphql", headers=preflight(other, "content-type"))
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
    answer = await shop.post("/graphql", json=QUERY, headers={"origin": other})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("header", "method"), [("cookie", "POST"), ("content-type", "DELETE")])
async def test_nothing_else_is_allowed(shop: httpx.AsyncClient, header: str, method: str) -> None:
    refused = await shop.options("/graphql", headers=preflight(APP, header, method=method))
    assert refused.status_code == 400


async def test_without_settings_no_origin_is_allowed(client: httpx.AsyncClient) -> None:
    refused = await client.options("/graphql", headers=preflight(APP, "content-type"))
    assert refused.status_code == 405
    answer = await client.post("/graphql", json=QUERY, headers={"origin": APP})
    assert not [name for name in answer.headers if name.startswith("access-control")]
