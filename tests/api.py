"""A client of the whole product over HTTP, signed in as any of the demo accounts."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from leora_gql.demo import PASSWORD

ADMIN = "admin@wellcrafted.test"
MANAGER = "manager@wellcrafted.test"
REP = "rep@wellcrafted.test"
BUYER = "buyer@harborview.test"
OTHER_BUYER = "buyer@oldmill.test"
OTHER_ADMIN = "admin@cellardoor.test"
STAFF = (ADMIN, MANAGER, REP)
PORTAL = (BUYER, OTHER_BUYER)

SIGN_IN = """
mutation SignIn($input: SignInInput!) {
  %s(input: $input) { accessToken refreshToken expiresAt viewer { __typename id } userErrors { code message field } }
}
"""


def tenant_of(account: str) -> str:
    """The slug of a demo account's tenant."""
    return "cellar-door" if account == OTHER_ADMIN else "well-crafted"


def _lasts(token: str) -> bool:
    """Whether an access token does not end while a test uses it: a slow run of all tests outlives one."""
    claims = token.split(".")[1]
    ends = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
    return ends - time.time() > 60


@dataclass
class Answer:
    """An answer: its status, and the parts of its body."""

    status: int
    body: dict[str, Any]
    headers: httpx.Headers

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return self.body.get("errors", [])

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


@dataclass
class Api:
    """`await api("{ viewer { id } }", as_=ADMIN)`; tokens are kept for the life of the object."""

    client: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)

    async def __call__(
        self, query: str, variables: dict[str, Any] | None = None, *, as_: str | None = None, **headers: str
    ) -> Answer:
        if as_ is not None:
            headers["authorization"] = f"Bearer {await self.token(as_)}"
        return await self.send({"query": query, "variables": variables}, **headers)

    async def send(self, body: Any, **headers: str) -> Answer:
        """Post a body as it is; the names of headers with underscores for dashes."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.client.post("/graphql", json=body, headers=given)
        return Answer(response.status_code, response.json(), response.headers)

    async def sign_in(self, account: str, *, password: str = PASSWORD) -> dict[str, Any]:
        """The payload of a sign-in."""
        name = "portalSignIn" if account in PORTAL else "signIn"
        answer = await self(
            SIGN_IN % name,
            {"input": {"email": account, "password": password}},
            x_tenant_slug=tenant_of(account),
        )
        assert not answer.errors, answer.errors
        return answer.data[name]

    async def token(self, account: str) -> str:
        """The account's access token."""
        if account not in self.tokens or not _lasts(self.tokens[account]):
            payload = await self.sign_in(account)
            assert payload["userErrors"] == [], payload
            self.tokens[account] = payload["accessToken"]
        return self.tokens[account]

    async def data(self, query: str, variables: dict[str, Any] | None = None, *, as_: str) -> Any:
        """The data of an answer that has no errors."""
        answer = await self(query, variables, as_=as_)
        assert not answer.errors, answer.errors
        return answer.data
