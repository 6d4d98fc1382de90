"""How answers travel: compressed, kept by who has them, with the status that fits."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import AsyncGenerator
from typing import Any

import brotli
import httpx
import pytest
from starlette.applications import Starlette

from leora_gql.app import Application, create_app
from leora_gql.errors import (
    Forbidden,
    Internal,
    LeoraError,
    PersistedQueryNotFound,
    RateLimited,
    TimedOut,
    TooExpensive,
    Unavailable,
)
from leora_gql.server.answer import Answer, failure
from leora_gql.server.caller import Caller
from leora_gql.server.operation import Operations, Prepared
from leora_gql.server.reply import reply_to
from leora_gql.server.request import OperationRequest
from leora_gql.settings import Settings
from tests.api import ADMIN, SIGN_IN, Api

STRICT = "application/graphql-response+json"
LARGE = "{ customers(first: 50) { nodes { id name } } }"
SMALL = "{ apiVersion }"


async def _raw(
    client: httpx.AsyncClient, body: dict[str, Any], **headers: str
) -> tuple[httpx.Response, bytes]:
    """The answer and its bytes as they came."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.stream("POST", "/graphql", json=body, headers=given) as response:
        return response, b"".join([part async for part in response.aiter_raw()])


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("br;q=0.9, gzip;q=1.0", "gzip"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("gzip;q=0.2, identity", None),
        ("gzip;q=0", None),
        ("zstd", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_a_large_answer_is_compressed_as_the_caller_likes(
    api: Api, accepted: str, coding: str | None
) -> None:
    bearer = f"Bearer {await api.token(ADMIN)}"
    _, plain = await _raw(api.client, {"query": LARGE}, authorization=bearer, accept_encoding="identity")
    response, sent = await _raw(api.client, {"query": LARGE}, authorization=bearer, accept_encoding=accepted)
    assert response.headers.get("content-encoding") == coding
    assert response.headers["content-length"] == str(len(sent))
    assert response.headers["vary"] == "Accept, Accept-Encoding"
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert unpack(sent) == plain
    assert coding is None or len(sent) < len(plain) / 2


async def test_a_small_answer_is_not_compressed(api: Api) -> None:
    response, _ = await _raw(api.client, {"query": SMALL}, accept_encoding="gzip, br")
    assert "content-encoding" not in response.headers


async def test_answers_with_secrets_are_not_compressed(api: Api) -> None:
    """The length of a compressed text tells what it repeats: of tokens nobody may learn that."""
    padding = " ".join(f"{'padding' * 12}{number}: __typename" for number in range(25))
    query = SIGN_IN.replace("{ accessToken", f"{{ {padding} accessToken") % "signIn"
    given = {"email": ADMIN, "password": "cork-and-cask"}
    response, sent = await _raw(
        api.client, {"query": query, "variables": {"input": given}}, accept_encoding="gzip, br"
    )
    assert "content-encoding" not in response.headers
    assert len(sent) > 2048
    assert json.loads(sent)["data"]["signIn"]["accessToken"]


@pytest.fixture
async def stored(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Application]:
    """The product, which takes every operation for one that it has stored."""
    prepare = Operations.prepare

    def as_stored(self: Operations, request: OperationRequest, caller: Caller) -> Prepared | Answer:
        prepared = prepare(self, request, caller)
        return prepared if isinstance(prepared, Answer) else dataclasses.replace(prepared, stored=True)

    monkeypatch.setattr(Operations, "prepare", as_stored)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def reader(stored: Starlette) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of it, which asks for nothing special."""
    transport = httpx.ASGITransport(stored)
    async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as client:
        client.headers.pop("accept-encoding")
        yield client


async def _get(reader: httpx.AsyncClient, query: str = SMALL, **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await reader.get("/graphql", params={"query": query}, headers=given)


async def test_a_stored_query_is_not_sent_twice(reader: httpx.AsyncClient) -> None:
    first = await _get(reader)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Accept, Accept-Encoding, Authorization, X-Tenant-Slug"
    assert tag.startswith('"')
    assert tag.endswith('"')
    for known in (tag, f"W/{tag}", f'"other", {tag}', f'W/"other",{tag} , "more"', "*"):
        again = await _get(reader, if_none_match=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["vary"] == first.headers["vary"]
        assert "content-type" not in again.headers
    for other in ('"other"', tag.strip('"'), "", "W/*"):
        assert (await _get(reader, if_none_match=other)).status_code == 200


async def test_every_form_of_an_answer_has_a_tag_of_its_own(reader: httpx.AsyncClient) -> None:
    introspection = "{ __schema { types { name description } } }"
    tags = {
        (await _get(reader, introspection, accept=accept, accept_encoding=coding)).headers["etag"]
        for accept in ("application/json", STRICT)
        for coding in ("identity", "gzip", "br")
    }
    assert len(tags) == 6
    assert (await _get(reader)).headers["etag"] not in tags


async def test_only_whole_answers_to_get_are_kept(reader: httpx.AsyncClient) -> None:
    broken = await _get(reader, "{ viewer { id } }")
    assert broken.json()["errors"]
    posted = await reader.post("/graphql", json={"query": SMALL}, headers={"if-none-match": "*"})
    for answer in (broken, posted, await _get(reader, "{")):
        assert answer.status_code == 200
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


async def test_what_is_not_stored_is_not_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", params={"query": SMALL}, headers={"if-none-match": "*"})
    assert answer.status_code == 200
    assert "etag" not in answer.headers


@pytest.mark.parametrize(
    ("error", "strict", "plain", "wait"),
    [
        (RateLimited("Later.", retry_after=7), 429, 429, "7"),
        (Unavailable(), 503, 503, "1"),
        (TimedOut("Too long."), 504, 504, None),
        (Internal(), 500, 500, None),
        (TooExpensive("Too much."), 400, 200, None),
        (PersistedQueryNotFound("Unknown."), 400, 200, None),
        (Forbidden(), 400, 200, None),
    ],
)
def test_refusals_have_the_status_that_fits(
    error: LeoraError, strict: int, plain: int, wait: str | None
) -> None:
    for media, status in ((STRICT, strict), ("application/json", plain)):
        reply = reply_to(failure(error, request_id="r"), media=media, request_id="r")
        assert reply.status == status
        assert dict(reply.headers).get(b"retry-after") == (wait and wait.encode())


def test_an_answer_with_data_is_a_success_whatever_failed_in_it() -> None:
    errors = failure(Unavailable(), request_id="r").errors
    for data in (b"null", b'{"a":null}'):
        reply = reply_to(Answer(data, errors), media=STRICT, request_id="r")
        assert reply.status == 200
        assert dict(reply.headers)[b"retry-after"] == b"1"
