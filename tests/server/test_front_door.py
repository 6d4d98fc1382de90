"""GraphQL over HTTP: which requests are operations, and in which form they are answered."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from leora_gql.app import create_app
from leora_gql.server.request import MAX_JSON_DEPTH
from leora_gql.settings import Settings
from tests.api import ADMIN, Api

STRICT = "application/graphql-response+json"
QUERY = "{ apiVersion }"
MUTATION = "mutation { signOut(input: {}) { userErrors { code } } }"
NAMED_MUTATION = "mutation B { signOut(input: {}) { __typename } }"
SUBSCRIPTION = "subscription { __typename }"


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        (STRICT, STRICT),
        (f"{STRICT}, application/json", STRICT),
        (f"application/json, {STRICT}", "application/json"),
        (f"application/json;q=0.5, {STRICT}", STRICT),
        (f"{STRICT};q=0.5, application/json;q=0.6", "application/json"),
        (f"{STRICT};q=0, */*;q=0.1", "application/json"),
        ("text/html, */*;q=0.8", "application/json"),
        (f"text/event-stream, {STRICT}", STRICT),
        (f"application/json;q=nonsense, {STRICT};q=0.1", STRICT),
        (f"application/json;q=7, {STRICT};q=0.1", STRICT),
    ],
)
async def test_the_answer_has_the_type_that_is_liked_best(
    client: httpx.AsyncClient, accept: str | None, answered: str
) -> None:
    request = client.build_request("POST", "/graphql", json={"query": QUERY})
    request.headers.pop("accept")
    if accept is not None:
        request.headers["accept"] = accept
    response = await client.send(request)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == answered
    assert response.headers["vary"] == "Accept, Accept-Encoding"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("accept", ["text/plain", "application/xml", "*/*;q=0", "application/jsonx"])
async def test_who_takes_no_json_is_told_so(client: httpx.AsyncClient, accept: str) -> None:
    response = await client.post("/graphql", json={"query": QUERY}, headers={"accept": accept})
    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_several_accept_lines_are_one_list(client: httpx.AsyncClient) -> None:
    headers = [("accept", "text/plain"), ("accept", STRICT)]
    response = await client.post("/graphql", json={"query": QUERY}, headers=headers)
    assert response.headers["content-type"] == STRICT


async def test_two_credentials_are_none(api: Api) -> None:
    token = f"Bearer {await api.token(ADMIN)}"
    headers = [("authorization", token), ("authorization", token)]
    response = await api.client.post("/graphql", json={"query": "{ viewer { id } }"}, headers=headers)
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("given", ["mine-1.2_3", "a" * 64])
async def test_a_request_keeps_its_id(client: httpx.AsyncClient, given: str) -> None:
    response = await client.post("/graphql", json={"query": "{"}, headers={"x-request-id": given})
    assert response.headers["x-request-id"] == given
    assert response.json()["errors"][0]["extensions"]["requestId"] == given


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", 'a"b', "é"])
async def test_an_id_that_is_none_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    headers = {"x-request-id": given.encode()}
    response = await client.post("/graphql", json={"query": QUERY}, headers=headers)
    assert len(response.headers["x-request-id"]) == 36


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "NONSENSE"])
async def test_other_methods_are_refused(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql", params={"query": QUERY})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("accept", ["application/json", STRICT])
@pytest.mark.parametrize(
    "asked",
    [{"query": MUTATION}, {"query": f"query A {QUERY} {NAMED_MUTATION}", "operationName": "B"}],
    ids=["alone", "by its name"],
)
async def test_get_changes_nothing(client: httpx.AsyncClient, asked: dict[str, str], accept: str) -> None:
    response = await client.get("/graphql", params=asked, headers={"accept": accept})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert "data" not in response.json()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_several_operations_need_a_name(client: httpx.AsyncClient, method: str) -> None:
    asked = {"query": f"query A {QUERY} {NAMED_MUTATION}"}
    given: dict[str, Any] = {"params" if method == "GET" else "json": asked}
    response = await client.request(method, "/graphql", headers={"accept": STRICT}, **given)
    assert response.status_code == 400
    assert "operationName" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_is_no_question_for_json(api: Api, method: str) -> None:
    given: dict[str, Any] = {"query": SUBSCRIPTION}
    options = {"params": given} if method == "GET" else {"json": given}
    response = await api.client.request(method, "/graphql", **options)
    assert response.status_code == 200
    assert "data" not in response.json()
    assert response.json()["errors"]


SIMPLE = [
    None,
    "text/plain",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json, text/plain",
    "application/graphql",
    "application/json; charset=utf-7",
    "application/json; charset=" + "x" * 10_000,
]


@pytest.mark.parametrize("kind", SIMPLE, ids=lambda kind: str(kind)[:40])
async def test_what_a_browser_sends_unasked_runs_nothing(client: httpx.AsyncClient, kind: str | None) -> None:
    request = client.build_request("POST", "/graphql", content=json.dumps({"query": QUERY}).encode())
    request.headers.pop("content-type", None)
    if kind is not None:
        request.headers["content-type"] = kind
    response = await client.send(request)
    assert response.status_code == 415
    assert "data" not in response.json()


ADDRESSES = [
    "",
    "query=",
    "query=%20",
    "query=%FF",
    "query=%00",
    f"query={quote(QUERY)}&query={quote(QUERY)}",
    f"query={quote(QUERY)}&variables=",
    f"query={quote(QUERY)}&variables=[]",
    f"query={quote(QUERY)}&variables=nonsense",
    f"query={quote(QUERY)}&extensions=5",
    f"query={quote(QUERY)}&operationName=%00",
    f"query={quote(QUERY)}&" + "&".join(f"a{number}=" for number in range(100)),
    "documentId=",
    "documentId=" + "a" * 257,
]


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address[:50])
async def test_an_address_that_asks_for_nothing(client: httpx.AsyncClient, address: str) -> None:
    response = await client.get(f"/graphql?{address}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_an_address_carries_variables_and_a_name(api: Api) -> None:
    response = await api.client.get(
        "/graphql",
        params={
            "query": "query A { apiVersion } query B($skip: Boolean!) { b: apiVersion @skip(if: $skip) __typename }",
            "operationName": "B",
            "variables": json.dumps({"skip": True}),
            "extensions": "{}",
        },
    )
    assert response.json()["data"] == {"__typename": "Query"}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


NODES = {
    "flat": [1] * 10_000,
    "wide and deep": [[1] * 100] * 100,
    "objects": {str(number): number for number in range(10_000)},
}


@pytest.mark.parametrize("value", NODES.values(), ids=NODES.keys())
@pytest.mark.parametrize("media", ["application/json", STRICT])
async def test_variables_hold_so_much_and_no_more(api: Api, value: Any, media: str) -> None:
    answer = await api(QUERY, {"v": value}, accept=media)
    assert (answer.status, answer.codes) == (400, ["BAD_USER_INPUT"])
    assert answer.errors[0]["message"] == "variables holds more than 10000 values."
    assert (await api(QUERY, {"v": [1] * 9_999}, accept=media)).data


async def test_json_nests_only_so_deep(api: Api) -> None:
    assert (await api(QUERY, {"v": nested(MAX_JSON_DEPTH - 2)})).data
    for part in ("variables", "extensions"):
        answer = await api.send({"query": QUERY, part: {"v": nested(MAX_JSON_DEPTH)}})
        assert (answer.status, answer.codes) == (400, ["BAD_USER_INPUT"])


NO_HASHES = [
    5,
    [],
    {},
    {"version": 1},
    {"version": 2, "sha256Hash": hashlib.sha256(QUERY.encode()).hexdigest()},
    {"version": 1, "sha256Hash": ""},
    {"version": 1, "sha256Hash": "a" * 257},
]


@pytest.mark.parametrize("persisted", NO_HASHES, ids=lambda persisted: str(persisted)[:40])
async def test_a_persisted_query_has_a_hash(api: Api, persisted: Any) -> None:
    answer = await api.send({"query": QUERY, "extensions": {"persistedQuery": persisted}})
    assert (answer.status, answer.codes) == (400, ["BAD_USER_INPUT"])


async def test_a_stored_operation_that_is_not_there(api: Api) -> None:
    unknown = hashlib.sha256(b"never stored").hexdigest()
    for body in (
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": unknown}}},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "an id of a manifest's own"}}},
        {"documentId": "never-stored"},
    ):
        answer = await api.send(body)
        assert (answer.status, answer.codes) == (200, ["PERSISTED_QUERY_NOT_FOUND"])
    by_header = await api.send({}, x_graphql_document_id="never-stored")
    assert by_header.codes == ["PERSISTED_QUERY_NOT_FOUND"]
    two = await api.send({"documentId": "this"}, x_graphql_document_id="that")
    assert (two.status, two.codes) == (400, ["BAD_USER_INPUT"])


async def test_limits_are_settings(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"body_limit_bytes": 2048, "variables_limit_nodes": 3}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as client:
            api = Api(client)
            assert (await api(QUERY + " " * 2000)).data
            assert (await api(QUERY + " " * 2048)).status == 413
            assert (await api(QUERY, {"a": 1, "b": [2]})).data
            assert (await api(QUERY, {"a": 1, "b": [2, 3]})).status == 400


async def test_a_path_below_is_not_graphql(client: httpx.AsyncClient) -> None:
    assert (await client.post("/graphql/x", json={"query": QUERY})).status_code == 404
    moved = await client.post("/graphql/", json={"query": QUERY})
    assert (moved.status_code, moved.headers["location"]) == (307, "/graphql")
