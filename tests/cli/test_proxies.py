"""Whose word is taken for where a caller is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from uvicorn import Config

from leora_gql.cli.serving import server_options
from leora_gql.errors import OperatorError
from leora_gql.settings import load_settings


async def _where(scope: Any, receive: Any, send: Any) -> None:
    client = Request(scope).client
    assert client is not None
    await PlainTextResponse(client.host)(scope, receive, send)


async def seen_as(tmp_path: Path, *, trusted: str, connecting: str) -> str:
    """The address that the application sees when this one connects and speaks for 203.0.113.9."""
    settings = load_settings(_env_file=None, data_dir=tmp_path, trusted_proxies=trusted)
    config = Config(_where, **server_options(settings))
    config.load()
    transport = httpx.ASGITransport(cast(Any, config.loaded_app), client=(connecting, 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as client:
        return (await client.get("/", headers={"x-forwarded-for": "203.0.113.9"})).text


@pytest.mark.parametrize("connecting", ["127.0.0.1", "198.51.100.4"])
async def test_nobody_speaks_for_others_by_default(tmp_path: Path, connecting: str) -> None:
    assert await seen_as(tmp_path, trusted="", connecting=connecting) == connecting


async def test_a_trusted_proxy_does_and_no_other(tmp_path: Path) -> None:
    assert await seen_as(tmp_path, trusted="10.0.0.0/8", connecting="10.1.2.3") == "203.0.113.9"
    assert await seen_as(tmp_path, trusted="10.0.0.0/8", connecting="127.0.0.1") == "127.0.0.1"


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="TRUSTED_PROXIES"):
        load_settings(_env_file=None, data_dir=tmp_path, trusted_proxies="proxy.example.com")
