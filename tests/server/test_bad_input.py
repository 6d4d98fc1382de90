"""Whatever a caller sends: a coded error at its path, never a 500, a stack or SQL."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api import ADMIN, Api

ORDER = "T3JkZXI6MDE4OTAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw"
INTERNAL = ("Traceback", "SELECT", "sqlalchemy", "asyncpg", "leora.", 'File "', "constraint")


def no_internals(body: Any) -> None:
    text = json.dumps(body)
    assert not [word for word in INTERNAL if word in text], text


MANY_KEYS = ", ".join(f"{{field: {key}}}" for key in ("NUMBER", "PLACED_AT", "TOTAL", "CREATED_AT"))

LITERALS = [
    ("{ order(id: 5) { id } }", ["order"]),
    ('{ order(id: "x") { id } }', ["order"]),
    ('{ order(id: "") { id } }', ["order"]),
    (f'{{ customer(id: "{ORDER}") {{ id }} }}', ["customer"]),
    (f'{{ order(id: "{ORDER}", number: "SO-1") {{ id }} }}', ["order"]),
    ("{ order { id } }", ["order"]),
    ('{ node(id: "not-a-global-id") { id } }', ["node"]),
    ('{ nodes(ids: ["x"]) { id } }', ["nodes"]),
    ("{ orders(first: -1) { totalCount } }", ["orders"]),
    ("{ orders(first: 0) { totalCount } }", ["orders"]),
    ("{ orders(first: 101) { totalCount } }", ["orders"]),
    ("{ orders(last: 101) { totalCount } }", ["orders"]),
    ("{ orders(first: 1, last: 1) { totalCount } }", ["orders"]),
    ("{ orders(offset: -1) { totalCount } }", ["orders"]),
    ("{ orders(offset: 10001) { totalCount } }", ["orders"]),
    ('{ orders(after: "abc") { totalCount } }', ["orders"]),
    ('{ orders(first: 1, before: "abc") { totalCount } }', ["orders"]),
    ("{ orders(first: 99999999999999999999) { totalCount } }", ["orders"]),
    ("{ orders(first: %s) { totalCount } }" % ("9" * 10_000), ["orders"]),
    ("{ orders(where: {total: {eq: 1e999}}) { totalCount } }", ["orders"]),
    ('{ orders(where: {total: {eq: "NaN"}}) { totalCount } }', ["orders"]),
    ('{ orders(where: {total: {eq: "1.001"}}) { totalCount } }', ["orders"]),
    ('{ orders(where: {total: {gt: "99999999999999999999"}}) { totalCount } }', ["orders"]),
    ("{ orders(where: {status: {eq: NOPE}}) { totalCount } }", ["orders"]),
    ('{ orders(where: {placedAt: {gt: "yesterday"}}) { totalCount } }', ["orders"]),
    ('{ orders(where: {placedAt: {gt: "2026-02-30T00:00:00Z"}}) { totalCount } }', ["orders"]),
    ("{ orders(where: {nope: {eq: 1}}) { totalCount } }", ["orders"]),
    ("{ orders(where: {status: null}) { totalCount } }", ["orders"]),
    ('{ orders(where: {number: {eq: "a\\u0000b"}}) { totalCount } }', ["orders"]),
    ('{ orders(where: {id: {eq: "x"}}) { totalCount } }', ["orders"]),
    ("{ orders(where: {or: []}) { totalCount } }", ["orders"]),
    ("{ orders(orderBy: [{field: NOPE}]) { totalCount } }", ["orders"]),
    ("{ orders(orderBy: [{field: NUMBER}, {field: NUMBER}]) { totalCount } }", ["orders"]),
    (f"{{ orders(orderBy: [{MANY_KEYS}]) {{ totalCount }} }}", ["orders"]),
    ('{ viewer { can(permission: "nope") { allowed } } }', ["viewer", "can"]),
    ('{ availability(skuIds: ["x"]) { total } }', ["availability"]),
    ("{ webhookEventsSince(sequence: -1) { id } }", ["webhookEventsSince"]),
    ('{ a: customers { nodes { b: orders(after: "x") { totalCount } } } }', ["a", "nodes", 0, "b"]),
]


@pytest.mark.parametrize(("query", "path"), LITERALS, ids=[query[:60] for query, _ in LITERALS])
async def test_a_bad_literal_is_told_at_its_path(api: Api, query: str, path: list[str | int]) -> None:
    answer = await api(query, as_=ADMIN)
    assert answer.status == 200
    assert set(answer.codes) == {"BAD_USER_INPUT"}
    assert answer.errors[0]["path"] == path
    assert all(error["extensions"]["requestId"] == answer.headers["x-request-id"] for error in answer.errors)
    no_internals(answer.body)


VARIABLES = [
    ("ID!", "order(id: $v) { id }", "a\x00b"),
    ("ID!", "order(id: $v) { id }", [1]),
    ("Int", "orders(first: $v) { totalCount }", "5"),
    ("Int", "orders(first: $v) { totalCount }", 10**30),
    ("Int", "orders(first: $v) { totalCount }", 1.5),
    ("String", "orders(after: $v) { totalCount }", "a\x00"),
    ("Decimal", "orders(where: {total: {eq: $v}}) { totalCount }", "Infinity"),
    ("Decimal", "orders(where: {total: {eq: $v}}) { totalCount }", True),
    ("Decimal", "orders(where: {total: {eq: $v}}) { totalCount }", None),
    ("DateTime", "orders(where: {placedAt: {eq: $v}}) { totalCount }", "2026-01-31"),
    ("OrderWhere", "orders(where: $v) { totalCount }", {"nope": 1}),
    ("OrderWhere", "orders(where: $v) { totalCount }", {"status": {"eq": "NOPE"}}),
    ("OrderWhere", "orders(where: $v) { totalCount }", {"number": {"eq": "\x00"}}),
    ("OrderWhere", "orders(where: $v) { totalCount }", {"id": {"in": ["x"] * 101}}),
    ("OrderWhere", "orders(where: $v) { totalCount }", {"and": [{"status": {"eq": "DRAFT"}}] * 101}),
    ("[ID!]!", "nodes(ids: $v) { id }", [ORDER] * 101),
]


@pytest.mark.parametrize(("kind", "field", "value"), VARIABLES, ids=lambda value: str(value)[:40])
async def test_a_bad_variable_is_told_at_the_field_that_uses_it(
    api: Api, kind: str, field: str, value: Any
) -> None:
    answer = await api(f"query($v: {kind}) {{ {field} }}", {"v": value}, as_=ADMIN)
    assert set(answer.codes) == {"BAD_USER_INPUT"}
    assert answer.errors[0]["path"][0] == field.split("(", maxsplit=1)[0]
    no_internals(answer.body)


async def test_a_filter_nests_only_so_deep(api: Api) -> None:
    where: dict[str, Any] = {"status": {"eq": "DRAFT"}}
    for _ in range(20):
        where = {"not": where}
    answer = await api("query($v: OrderWhere) { orders(where: $v) { totalCount } }", {"v": where}, as_=ADMIN)
    assert answer.codes == ["BAD_USER_INPUT"]


RAW = [
    (b"", 400),
    (b"not json", 400),
    (b"[]", 400),
    (b'"query"', 400),
    (b"null", 400),
    (b"5", 400),
    (b"{}", 400),
    (b'{"query": 5}', 400),
    (b'{"query": ""}', 400),
    (b'{"query": "{ apiVersion }", "variables": []}', 400),
    (b'{"query": "{ apiVersion }", "operationName": 5}', 400),
    (b'{"query": "{ apiVersion }", "extensions": 5}', 400),
    (b'{"query": "{ apiVersion }", "operationName": "\\ud800"}', 400),
    (b'{"query": "{ apiVersion }\\u0000"}', 400),
    (b'{"query": "\xff"}', 400),
    (b'{"query": "{ apiVersion }", "variables": ' + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"}", 400),
    (b'{"query": "{ apiVersion }", "variables": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    (b'{"query": "' + b" " * (1024 * 1024) + b'"}', 413),
]


@pytest.mark.parametrize(("body", "status"), RAW, ids=lambda value: repr(value)[:40])
async def test_a_body_that_is_no_request_is_refused(api: Api, body: bytes, status: int) -> None:
    response = await api.client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    no_internals(response.json())


@pytest.mark.parametrize("value", [b"1" * 10_000, b'"\\ud800"', b"1e999", b'{"eq": "\\udfff"}'])
async def test_a_variable_that_json_allows_and_we_do_not(api: Api, value: bytes) -> None:
    body = (
        b'{"query": "query($v: Int) { orders(first: $v) { totalCount } }", "variables": {"v": '
        + value
        + b"}}"
    )
    headers = {"content-type": "application/json", "authorization": f"Bearer {await api.token(ADMIN)}"}
    response = await api.client.post("/graphql", content=body, headers=headers)
    assert response.status_code == 200
    error = response.json()["errors"][0]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["path"] == ["orders"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nosuchfield }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ orders }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { apiVersion } query B { apiVersion }", "BAD_USER_INPUT"),
        ("{ " + "a " * 20_000 + "}", "OPERATION_TOO_EXPENSIVE"),
        ("{ viewer " * 1000 + "}" * 1000, "OPERATION_TOO_EXPENSIVE"),
    ],
    ids=lambda value: value[:30],
)
async def test_a_document_that_does_not_fit(api: Api, query: str, code: str) -> None:
    answer = await api(query)
    assert answer.status == 200
    assert answer.codes[0] == code
    assert "data" not in answer.body
    strict = await api(query, accept="application/graphql-response+json")
    assert strict.status == 400
    no_internals(answer.body)


async def test_get_is_for_queries(api: Api) -> None:
    good = await api.client.get("/graphql", params={"query": "{ apiVersion }"})
    assert good.json()["data"]["apiVersion"]
    mutation = "mutation { signOut(input: {}) { userErrors { code } } }"
    response = await api.client.get("/graphql", params={"query": mutation})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    response = await api.client.put("/graphql", json={})
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data"]
)
async def test_a_simple_request_runs_nothing(api: Api, kind: str) -> None:
    response = await api.client.post(
        "/graphql", content=b'{"query": "{ apiVersion }"}', headers={"content-type": kind}
    )
    assert response.status_code == 415
