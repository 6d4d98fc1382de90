"""`X-Explain: 1`: answers explained, in development and to whoever may do everything in the tenant."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import URL

from leora_gql.app import create_app
from leora_gql.settings import Settings, decode_key
from tests.accounts import make_company
from tests.api import ADMIN, BUYER, MANAGER, REP, Api

CURSORS = """
query Cursors($after: String) {
  orders(first: 2, after: $after) { edges { cursor node { number } } pageInfo { endCursor } }
}
"""


@asynccontextmanager
async def served(settings: Settings, **changed: object) -> AsyncGenerator[Api]:
    """The product under changed settings."""
    app = create_app(settings.model_copy(update=changed))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("192.0.2.8", 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as client:
            yield Api(client)


@pytest.fixture
async def developed(settings: Settings, tokens: dict[str, str]) -> AsyncGenerator[Api]:
    """The product in development."""
    async with served(settings, environment="development") as api:
        api.tokens = tokens
        yield api


async def explained(api: Api, query: str, as_: str, **variables: Any) -> Any:
    answer = await api(query, variables, as_=as_, x_explain="1")
    return answer.body.get("extensions", {}).get("explain")


async def test_an_admin_sees_how_a_query_was_answered(developed: Api) -> None:
    explain = await explained(developed, CURSORS, ADMIN)
    assert list(explain) == ["way", "outline", "parameters", "sql", "plan"]
    assert explain["way"] == "compiled"
    assert explain["outline"][:3] == ["orders  first 2 Order by id asc", "  edges", "    cursor"]
    assert "leora.orders" in "\n".join(explain["sql"])
    plan = "\n".join(explain["plan"])
    assert "on orders" in plan
    assert "tenant_id = (InitPlan" in plan, "the plan is not that of row-level security"
    assert "actual time" not in plan, "the query was run once more"


async def test_the_answer_itself_is_the_same(developed: Api) -> None:
    plain, explain = await developed(CURSORS, as_=ADMIN), await developed(CURSORS, as_=ADMIN, x_explain="1")
    assert plain.data == explain.data
    assert plain.body["extensions"] == {"cost": explain.body["extensions"]["cost"]}


async def test_why_a_query_was_not_compiled_is_told(developed: Api) -> None:
    explain = await explained(developed, "{ viewer { __typename } }", ADMIN)
    assert explain == {
        "way": "resolved",
        "reason": "hand_written",
        "what": "viewer has a resolver written by hand.",
    }


async def test_a_mutation_is_done_once_and_not_planned(developed: Api) -> None:
    create = 'mutation { createSupplier(input: {name: "Explained"}) { supplier { id } userErrors { code } } }'
    answer = await developed(create, as_=ADMIN, x_explain="1")
    assert answer.data["createSupplier"]["userErrors"] == []
    assert answer.body["extensions"]["explain"]["reason"] == "mutation"
    made = await developed.data('{ suppliers(where: {name: {eq: "Explained"}}) { totalCount } }', as_=ADMIN)
    assert made["suppliers"]["totalCount"] == 1


async def test_no_key_is_in_an_explanation(developed: Api, settings: Settings) -> None:
    cursor = (await developed.data(CURSORS, as_=ADMIN))["orders"]["pageInfo"]["endCursor"]
    answer = await developed(CURSORS, {"after": cursor}, as_=ADMIN, x_explain="1")
    values = [one["value"] for one in answer.body["extensions"]["explain"]["parameters"]]
    assert values.count("<key>") == 2
    assert len(values) == 3, "the row after which the page begins is shown"
    secret = settings.cursor_key.get_secret_value()
    text = str(answer.body)
    for form in (secret, decode_key(secret).hex(), base64.b64encode(decode_key(secret)).decode()):
        assert form not in text
    assert "\\x" not in text, "bytes stand in the plan"


@pytest.mark.parametrize("account", [MANAGER, REP, BUYER])
async def test_nobody_else_sees_any(developed: Api, account: str) -> None:
    answer = await developed("{ products(first: 1) { nodes { name } } }", as_=account, x_explain="1")
    assert not answer.errors
    assert list(answer.body["extensions"]) == ["cost"]


async def test_who_is_not_signed_in_sees_none(developed: Api) -> None:
    assert "explain" not in str((await developed("{ __typename }", x_explain="1")).body)


async def test_an_integration_sees_none_whatever_its_scopes(developed: Api, direct_url: URL) -> None:
    company = await make_company(direct_url)
    token = await company.add_integration(await company.add_user("maker@x.test"), "*")
    headers = {"authorization": f"Bearer {token}", "x_explain": "1"}
    answer = await developed("{ products(first: 1) { nodes { name } } }", **headers)
    assert not answer.errors
    assert list(answer.body["extensions"]) == ["cost"]


@pytest.mark.parametrize("environment", ["production", "test"])
async def test_outside_development_there_is_none(settings: Settings, environment: str) -> None:
    async with served(settings, environment=environment, explorer="on") as api:
        answer = await api(CURSORS, as_=ADMIN, x_explain="1")
        assert not answer.errors
        assert list(answer.body["extensions"]) == ["cost"]


@pytest.mark.parametrize("given", ["0", "", "true"])
async def test_it_must_be_asked_for(developed: Api, given: str) -> None:
    answer = await developed(CURSORS, as_=ADMIN, x_explain=given)
    assert list(answer.body["extensions"]) == ["cost"]


async def test_refusals_are_not_explained(developed: Api) -> None:
    answer = await developed("{ nothing }", as_=ADMIN, x_explain="1")
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert "extensions" not in answer.body
