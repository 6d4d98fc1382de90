"""The session mutations through the front door."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import URL

from tests.accounts import PASSWORD, Company, make_company
from tests.api import Answer, Api

ADA = "ada@x.test"
TOKENS = "accessToken refreshToken expiresAt viewer { __typename ... on User { email } ... on PortalUser { email } }"
ERRORS = "userErrors { code message field }"
SIGN_IN = f"mutation ($input: SignInInput!) {{ signIn(input: $input) {{ {TOKENS} {ERRORS} }} }}"
PORTAL_SIGN_IN = SIGN_IN.replace("signIn(", "portalSignIn(")
REFRESH = (
    f"mutation ($input: RefreshSessionInput!) {{ refreshSession(input: $input) {{ {TOKENS} {ERRORS} }} }}"
)
SIGN_OUT = f"mutation ($input: SignOutInput) {{ signOut(input: $input) {{ signedOut {ERRORS} }} }}"
EVERYWHERE = f"mutation {{ signOutEverywhere {{ sessionsEnded {ERRORS} }} }}"
CHANGE = f"mutation ($input: ChangePasswordInput!) {{ changePassword(input: $input) {{ sessionsEnded {ERRORS} }} }}"
VIEWER = "{ viewer { __typename tenant { slug } } }"


async def sign_in(
    api: Api, company: Company, *, password: str = PASSWORD, query: str = SIGN_IN, email: str = ADA
) -> Answer:
    given = {"input": {"email": email, "password": password}}
    return await api(query, given, x_tenant_slug=company.slug)


async def session(api: Api, company: Company, **given: Any) -> dict[str, Any]:
    answer = await sign_in(api, company, **given)
    assert not answer.errors, answer.errors
    return answer.data["signIn"]


def bearer(payload: dict[str, Any]) -> str:
    return f"Bearer {payload['accessToken']}"


async def test_signing_in_shows_who_one_is(api: Api, company: Company) -> None:
    await company.add_user(ADA, role="sales_rep")
    payload = await session(api, company)
    assert payload["viewer"] == {"__typename": "User", "email": ADA}
    assert payload["userErrors"] == []
    assert payload["expiresAt"].endswith("Z")
    answer = await api(VIEWER, authorization=bearer(payload))
    assert answer.data == {"viewer": {"__typename": "User", "tenant": {"slug": company.slug}}}


async def test_a_buyer_signs_in_at_the_portal(api: Api, company: Company) -> None:
    await company.add_buyer(ADA)
    answer = await sign_in(api, company, query=PORTAL_SIGN_IN)
    assert answer.data["portalSignIn"]["viewer"] == {"__typename": "PortalUser", "email": ADA}


async def test_a_wrong_password_is_a_user_error_and_no_error(api: Api, company: Company) -> None:
    await company.add_user(ADA)
    answer = await sign_in(api, company, password="wrong-password")
    assert (answer.status, answer.errors) == (200, [])
    assert answer.data["signIn"] == {
        "accessToken": None,
        "refreshToken": None,
        "expiresAt": None,
        "viewer": None,
        "userErrors": [
            {
                "code": "WRONG_CREDENTIALS",
                "message": "E-mail and password do not belong to an account that can sign in now.",
                "field": None,
            }
        ],
    }
    (row,) = await company.sql("SELECT failed_sign_ins FROM leora.users")
    assert row["failed_sign_ins"] == 1


async def test_too_many_of_them_lock(api: Api, company: Company) -> None:
    await company.add_user(ADA)
    for _ in range(5):
        await sign_in(api, company, password="wrong-password")
    payload = (await sign_in(api, company)).data["signIn"]
    assert [error["code"] for error in payload["userErrors"]] == ["ACCOUNT_LOCKED"]


async def test_refreshing_needs_no_access_token_and_minds_no_bad_one(api: Api, company: Company) -> None:
    await company.add_user(ADA)
    first = await session(api, company)
    given = {"input": {"refreshToken": first["refreshToken"]}}
    answer = await api(REFRESH, given, authorization="Bearer expired")
    payload = answer.data["refreshSession"]
    assert payload["viewer"] == {"__typename": "User", "email": ADA}
    assert payload["refreshToken"] != first["refreshToken"]
    assert (await api(VIEWER, authorization=bearer(payload))).errors == []


async def test_a_refresh_token_that_is_none(api: Api, company: Company) -> None:
    answer = await api(REFRESH, {"input": {"refreshToken": "nonsense"}})
    (error,) = answer.data["refreshSession"]["userErrors"]
    assert (error["code"], error["field"]) == ("TOKEN_INVALID", ["refreshToken"])


async def test_the_header_must_agree(api: Api, company: Company, direct_url: URL) -> None:
    other = await make_company(direct_url)
    await company.add_user(ADA)
    payload = await session(api, company)
    answer = await api(VIEWER, authorization=bearer(payload), x_tenant_slug=other.slug)
    assert (answer.data, answer.codes) == ({"viewer": None}, ["UNAUTHENTICATED"])
    given = {"input": {"refreshToken": payload["refreshToken"]}}
    answer = await api(REFRESH, given, x_tenant_slug=other.slug)
    assert answer.data["refreshSession"]["userErrors"][0]["code"] == "TOKEN_INVALID"


async def test_signing_out_ends_it_at_once(api: Api, company: Company) -> None:
    await company.add_user(ADA)
    payload = await session(api, company)
    answer = await api(SIGN_OUT, authorization=bearer(payload))
    assert answer.data == {"signOut": {"signedOut": True, "userErrors": []}}
    assert (await api(VIEWER, authorization=bearer(payload))).codes == ["UNAUTHENTICATED"]
    assert (await api(SIGN_OUT)).codes == ["UNAUTHENTICATED"]


async def test_signing_out_by_refresh_token(api: Api, company: Company) -> None:
    await company.add_user(ADA)
    payload = await session(api, company)
    answer = await api(SIGN_OUT, {"input": {"refreshToken": payload["refreshToken"]}})
    assert answer.data["signOut"]["signedOut"] is True
    assert (await api(VIEWER, authorization=bearer(payload))).codes == ["UNAUTHENTICATED"]


async def test_signing_out_everywhere(api: Api, company: Company) -> None:
    await company.add_user(ADA)
    here, there = await session(api, company), await session(api, company)
    answer = await api(EVERYWHERE, authorization=bearer(here))
    assert answer.data == {"signOutEverywhere": {"sessionsEnded": 2, "userErrors": []}}
    for payload in (here, there):
        assert (await api(VIEWER, authorization=bearer(payload))).codes == ["UNAUTHENTICATED"]
    assert (await api(EVERYWHERE)).codes == ["UNAUTHENTICATED"]


async def test_changing_the_password(api: Api, company: Company) -> None:
    await company.add_user(ADA)
    here, there = await session(api, company), await session(api, company)
    weak = {"input": {"currentPassword": PASSWORD, "newPassword": "short"}}
    answer = await api(CHANGE, weak, authorization=bearer(here))
    (error,) = answer.data["changePassword"]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["newPassword"])
    good = {"input": {"currentPassword": PASSWORD, "newPassword": "a-better-password"}}
    answer = await api(CHANGE, good, authorization=bearer(here))
    assert answer.data == {"changePassword": {"sessionsEnded": 1, "userErrors": []}}
    assert (await api(VIEWER, authorization=bearer(here))).errors == []
    assert (await api(VIEWER, authorization=bearer(there))).codes == ["UNAUTHENTICATED"]
    await session(api, company, password="a-better-password")


@pytest.mark.parametrize(
    "operation",
    [
        "mutation { a: signOutEverywhere { sessionsEnded } b: signOutEverywhere { sessionsEnded } }",
        "mutation { signOut { signedOut } signOutEverywhere { sessionsEnded } }",
        "mutation { signOut { signedOut } ... on Mutation { signOutEverywhere { sessionsEnded } } }",
        "mutation { ...F signOut { signedOut } } fragment F on Mutation { signOutEverywhere { sessionsEnded } }",
        "mutation { signOut { signedOut } signOutEverywhere @skip(if: true) { sessionsEnded } }",
    ],
)
async def test_each_is_the_only_field_of_its_operation(api: Api, company: Company, operation: str) -> None:
    await company.add_user(ADA)
    payload = await session(api, company)
    answer = await api(operation, authorization=bearer(payload))
    assert set(answer.codes) == {"BAD_USER_INPUT"}
    assert (await api(VIEWER, authorization=bearer(payload))).errors == []
    (row,) = await company.sessions()
    assert row["revoked_at"] is None


async def test_typename_beside_it_is_fine(api: Api, company: Company) -> None:
    await company.add_user(ADA)
    payload = await session(api, company)
    answer = await api("mutation { __typename signOut { signedOut } }", authorization=bearer(payload))
    assert answer.data["signOut"] == {"signedOut": True}


async def test_many_guesses_from_one_address_are_rate_limited(api: Api, company: Company) -> None:
    for number in range(60):
        await sign_in(api, company, email=f"user{number}@x.test", password="wrong-password")
    answer = await sign_in(api, company)
    assert answer.codes == ["RATE_LIMITED"]
    assert answer.errors[0]["extensions"]["retryAfter"] > 0


async def test_integrations_read_with_their_token(api: Api, company: Company) -> None:
    token = await company.add_integration(await company.add_user(ADA), "orders.view")
    answer = await api("{ viewer { __typename permissions } }", authorization=f"Bearer {token}")
    assert answer.data == {"viewer": {"__typename": "IntegrationToken", "permissions": ["orders.view"]}}
