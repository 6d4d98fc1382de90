"""The explorer's page and files, asked for as a browser does."""

import gzip
import json
import re
from html import unescape
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leora_gql.demo import DemoAccount
from leora_gql.server import explorer
from leora_gql.server.explorer import explorer_page, explorer_routes

ACCOUNT = DemoAccount("STAFF", "a'><b@x.test", "cellar-door")


def page(request: Request) -> Response:
    return explorer_page(request, tenant="cellar-door", demo_accounts=[ACCOUNT], explains=True)


@pytest.fixture
def browser() -> httpx.AsyncClient:
    app = Starlette(routes=[*explorer_routes(), Route("/graphql", page)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://leora.test:4000")


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle of one script, in place of the real one."""
    (tmp_path / "inputs.sha256").write_text("0123456789abcdef" * 4)
    (tmp_path / "app.js.gz").write_bytes(gzip.compress(b"let it = 1"))
    monkeypatch.setattr(explorer, "STATIC", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("bundle")
async def test_the_page_names_only_files_of_the_bundle(browser: httpx.AsyncClient) -> None:
    text = (await browser.get("/graphql")).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert addresses == [
        f"/explorer/0123456789abcdef/{name}" for name in ("favicon.svg", "app.css", "app.js")
    ]


@pytest.mark.usefixtures("bundle")
async def test_the_page_carries_its_settings_escaped(browser: httpx.AsyncClient) -> None:
    text = (await browser.get("/graphql")).text
    (settings,) = re.findall(r'data-settings="([^"]*)"', text)
    assert "'" not in settings
    assert json.loads(unescape(settings)) == {
        "tenant": "cellar-door",
        "demoAccounts": [
            {
                "audience": "STAFF",
                "email": "a'><b@x.test",
                "tenant": "cellar-door",
                "password": "cork-and-cask",
            }
        ],
        "explains": True,
    }


@pytest.mark.usefixtures("bundle")
async def test_the_page_may_reach_this_host_and_no_other(browser: httpx.AsyncClient) -> None:
    policy = (await browser.get("/graphql")).headers["content-security-policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self' ws://leora.test:4000 wss://leora.test:4000; font-src 'self' data:; "
        "img-src 'self' data:; worker-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    )


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize("host", ["x; script-src *", "evil.test/ *", "a b"])
async def test_a_host_header_cannot_widen_the_policy(browser: httpx.AsyncClient, host: str) -> None:
    policy = (await browser.get("/graphql", headers={"host": host})).headers["content-security-policy"]
    assert "connect-src 'self'; font-src" in policy


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize("encoding", ["gzip, br", "identity"])
async def test_a_file_is_served_for_good(browser: httpx.AsyncClient, encoding: str) -> None:
    answer = await browser.get("/explorer/0123456789abcdef/app.js", headers={"accept-encoding": encoding})
    assert answer.text == "let it = 1"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers.get("content-encoding") == ("gzip" if "gzip" in encoding else None)


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize(
    "path",
    [
        "/explorer/fedcba9876543210/app.js",
        "/explorer/0123456789abcdef/other.js",
        "/explorer/0123456789abcdef/inputs.sha256",
        "/explorer/0123456789abcdef/..%2f__init__.py",
    ],
)
async def test_nothing_else_is_served(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404


async def test_without_a_bundle_the_page_says_how_to_make_one(
    browser: httpx.AsyncClient, bundle: Path
) -> None:
    (bundle / "inputs.sha256").unlink()
    answer = await browser.get("/graphql")
    assert answer.status_code == 200
    assert "explorer/bundle.py" in answer.text
    assert "http" not in answer.text
