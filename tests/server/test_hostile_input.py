"""What is sent to hurt: work without bound, memory without bound, connections that nobody gives back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from leora_gql.schema import product_schema
from leora_gql.server.documents import MAX_REMEMBERED_SIZE, MAX_REMEMBERED_TEXT, Documents
from leora_gql.server.limits import widest_limits
from leora_gql.settings import Settings
from tests.api import ADMIN, Api

SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }"
WORD = "correct-horse-battery"


@pytest.mark.parametrize("charset", ["punycode", "idna", "utf-7", "unicode_escape", "hz", "zlib"])
async def test_only_plain_charsets_are_read(client: httpx.AsyncClient, charset: str) -> None:
    """Some of Python's codecs take quadratic time, and it is the caller who names the codec."""
    answer = await client.post(
        "/graphql",
        content=b'{"query": "{ apiVersion }"}',
        headers={"content-type": f"application/json; charset={charset}"},
    )
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("charset", ["UTF-8", "utf8", "utf-16", "us-ascii", "iso-8859-1"])
async def test_plain_charsets_are_read(client: httpx.AsyncClient, charset: str) -> None:
    answer = await client.post(
        "/graphql",
        content='{"query": "{ apiVersion }"}'.encode(charset),
        headers={"content-type": f'application/json; charset="{charset}"'},
    )
    assert answer.json()["data"]["apiVersion"]


def test_the_memory_of_documents_is_bounded_by_their_text(settings: Settings) -> None:
    documents = Documents(product_schema()._schema, limits=widest_limits(settings))
    first = documents.get("{ apiVersion }")
    for number in range(MAX_REMEMBERED_TEXT // MAX_REMEMBERED_SIZE + 1):
        documents.get(f"{{ apiVersion }} #{number}{'x' * (MAX_REMEMBERED_SIZE - 40)}")
    assert documents.get("{ apiVersion }") is not first


def test_a_document_that_is_used_again_stays(settings: Settings) -> None:
    documents = Documents(product_schema()._schema, limits=widest_limits(settings))
    first = documents.get("{ apiVersion }")
    for number in range(MAX_REMEMBERED_TEXT // MAX_REMEMBERED_SIZE + 1):
        documents.get(f"{{ apiVersion }} #{number}{'x' * (MAX_REMEMBERED_SIZE - 40)}")
        assert documents.get("{ apiVersion }") is first


@pytest.mark.parametrize(
    "given",
    [
        {"email": "a", "password": WORD, "nope": 1},
        {"email": "a", "password": [WORD]},
        {"email": "a", "password": {WORD: 1}},
        [WORD],
        WORD,
    ],
    ids=["unknown field", "list", "object", "list for the input", "text for the input"],
)
async def test_errors_do_not_quote_variables(api: Api, given: Any) -> None:
    answer = await api(SIGN_IN, {"input": given})
    assert answer.codes == ["BAD_USER_INPUT"]
    assert WORD not in str(answer.body)
    assert answer.errors[0]["message"].startswith("Variable '$input' has invalid value")


async def test_where_a_variable_is_no_text_is_told_by_names_of_the_schema_alone(api: Api) -> None:
    answer = await api(SIGN_IN, {"input": {"email": "a", "password": {WORD: "\x00"}}})
    assert [error["message"] for error in answer.errors] == [
        "Variable '$input' holds a character at .password that is no text."
    ]


@pytest.mark.parametrize(
    "document",
    [
        f'mutation {{ signIn(input: {{email: "a", password: ["{WORD}"]}}) {{ accessToken }} }}',
        f'mutation {{ signIn(input: {{email: "a", password: "{WORD}", nope: 1}}) {{ accessToken }} }}',
        f'mutation {{ signIn(input: ["{WORD}"]) {{ accessToken }} }}',
        f'mutation {{ signIn(input: {{email: "a" "{WORD}"}}) {{ accessToken }} }}',
        f'mutation {{ signIn(input: {{email: "a" """{WORD}"""}}) {{ accessToken }} }}',
    ],
    ids=["list", "unknown field", "list for the input", "colon forgotten", "block text"],
)
async def test_errors_do_not_quote_literals(api: Api, document: str) -> None:
    answer = await api(document)
    assert answer.codes
    assert WORD not in str(answer.body)


async def test_a_bad_id_among_good_ones_keeps_no_connection(api: Api) -> None:
    found = await api.data("{ orders(first: 1) { nodes { id } } }", as_=ADMIN)
    order = found["orders"]["nodes"][0]["id"]
    for _ in range(10):
        answer = await api(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [order, "x"]}, as_=ADMIN
        )
        assert answer.codes == ["BAD_USER_INPUT"]
    await api.data("{ orders(first: 1) { nodes { id } } }", as_=ADMIN)


async def test_one_fragment_in_two_places_selects_in_each_what_stands_there(api: Api) -> None:
    found = await api.data(
        """
        {
          a: orders(first: 1) { nodes { ...Lines } }
          b: orders(first: 1) { nodes { ...Lines lines(first: 2) { nodes { quantity } } } }
          c: orders(first: 1) { nodes { ...Lines lines(first: 2) { nodes { position } } } }
          d: orders(first: 1) { nodes { ...Buyer } }
          e: orders(first: 1) { nodes { ...Buyer customer { name } } }
          f: orders(first: 1) { nodes { ...Buyer customer { tier } } }
        }
        fragment Lines on Order { lines(first: 2) { nodes { id } } }
        fragment Buyer on Order { customer { id } }
        """,
        as_=ADMIN,
    )
    line = {name: found[name]["nodes"][0]["lines"]["nodes"][0] for name in "abc"}
    assert [sorted(line[name]) for name in "abc"] == [["id"], ["id", "quantity"], ["id", "position"]]
    customer = {name: found[name]["nodes"][0]["customer"] for name in "def"}
    assert [sorted(customer[name]) for name in "def"] == [["id"], ["id", "name"], ["id", "tier"]]
