"""Tokens of an external issuer: verified by its published keys, matched by subject, never by e-mail."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import pytest

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.passwords import Passwords
from leora_gql.auth.permissions import PORTAL_KEYS
from leora_gql.auth.principal import ActorKind
from leora_gql.db.engine import Pools
from leora_gql.errors import OperatorError, Unauthenticated, Unavailable
from leora_gql.settings import Settings
from tests.accounts import HASHER, Clock, Company, make_company
from tests.auth.issuer import AUDIENCE, ISSUER, Issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    made.add("k1", "ES256")
    yield made
    made.close()


@pytest.fixture
async def auth(
    pools: Pools, clock: Clock, settings: Settings, issuer: Issuer
) -> AsyncIterator[Authenticator]:
    changed = settings.model_copy(
        update={"jwks_url": issuer.url, "external_issuer": ISSUER, "external_audience": AUDIENCE}
    )
    made = Authenticator(changed, pools, clock=clock, passwords=Passwords(HASHER))
    yield made
    await made.close()


@pytest.fixture
async def company(direct_url) -> Company:
    company = await make_company(direct_url)
    await company.add_user(
        "ada@x.test", role="sales_rep", external_issuer=ISSUER, external_subject="subject-1"
    )
    return company


def token(issuer: Issuer, clock: Clock, kid: str = "k1", **changed: object) -> str:
    return f"Bearer {issuer.token(kid, now=clock().timestamp(), **changed)}"


async def refused(auth: Authenticator, authorization: str, company: Company) -> None:
    with pytest.raises(Unauthenticated):
        await auth.authenticate(authorization, company.slug)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
async def test_the_subject_is_the_account(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company, algorithm: str
) -> None:
    issuer.add("k2", algorithm)
    principal = await auth.authenticate(token(issuer, clock, "k2"), company.slug)
    assert principal is not None
    assert (principal.kind, principal.tenant_id) == (ActorKind.USER, company.id)
    assert "customers.manage" in principal.permissions
    assert principal.session_id is None


async def test_a_portal_account_is_found_as_well(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company
) -> None:
    _, customer = await company.add_buyer("buyer@x.test", external_issuer=ISSUER, external_subject="buyer-1")
    principal = await auth.authenticate(token(issuer, clock, sub="buyer-1"), company.slug)
    assert principal is not None
    assert (principal.kind, principal.customer_id) == (ActorKind.PORTAL_USER, customer)
    assert principal.permissions <= PORTAL_KEYS


async def test_an_email_that_matches_is_not_enough(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company
) -> None:
    await company.add_user("eve@x.test")
    await refused(auth, token(issuer, clock, sub="subject-2", email="eve@x.test"), company)


async def test_two_accounts_with_one_subject_are_none(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company
) -> None:
    await company.add_buyer("b@x.test", external_issuer=ISSUER, external_subject="subject-1")
    await refused(auth, token(issuer, clock), company)


async def test_the_header_says_the_tenant(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company, direct_url
) -> None:
    other = await make_company(direct_url)
    await refused(auth, token(issuer, clock), other)
    await company.sql("UPDATE leora.tenants SET status = 'SUSPENDED' WHERE id = :tenant")
    await refused(auth, token(issuer, clock), company)


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "anon"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\0b"},
        {"sub": "x" * 300},
        {"nbf": 10**11},
        {"iss": "https://somebody.example"},
    ],
    ids=str,
)
async def test_a_wrong_claim_refuses_it(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company, changed: dict[str, object]
) -> None:
    await refused(auth, token(issuer, clock, **changed), company)


async def test_a_disabled_account_is_out_within_a_minute(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company
) -> None:
    given = token(issuer, clock)
    assert await auth.authenticate(given, company.slug)
    await company.sql("UPDATE leora.users SET status = 'DISABLED' WHERE tenant_id = :tenant")
    clock.advance(seconds=60)
    await refused(auth, given, company)


async def test_the_issuer_is_asked_once_and_again_for_a_new_key(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company
) -> None:
    for number in range(5):
        assert await auth.authenticate(token(issuer, clock, jti=str(number)), company.slug)
    assert issuer.requests == 1
    issuer.add("k2", "ES256")
    clock.advance(seconds=31)
    assert await auth.authenticate(token(issuer, clock, "k2"), company.slug)
    assert issuer.requests == 2


async def test_unknown_keys_do_not_make_us_hammer_the_issuer(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company
) -> None:
    issuer.add("ghost", "ES256")
    issuer.withdraw("ghost")
    for number in range(10):
        await refused(auth, token(issuer, clock, "ghost", jti=str(number)), company)
    assert issuer.requests == 1
    clock.advance(seconds=31)
    await refused(auth, token(issuer, clock, "ghost"), company)
    assert issuer.requests == 2


async def test_a_withdrawn_key_stops_counting(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company
) -> None:
    given = token(issuer, clock)
    assert await auth.authenticate(given, company.slug)
    issuer.withdraw("k1")
    clock.advance(minutes=10, seconds=1)
    await refused(auth, given, company)


async def test_a_key_is_used_with_its_own_algorithm_only(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company
) -> None:
    issuer.add("k2", "RS256")
    issuer.published["k2"]["alg"] = "HS256"
    await refused(auth, token(issuer, clock, "k2"), company)


@pytest.mark.parametrize(
    "status_and_body", [(500, None), (200, b"<html>"), (200, b"[1]"), (200, b"x" * 300_000)]
)
async def test_without_keys_nobody_gets_in(
    auth: Authenticator,
    issuer: Issuer,
    clock: Clock,
    company: Company,
    status_and_body: tuple[int, bytes | None],
) -> None:
    issuer.status, issuer.body = status_and_body
    with pytest.raises(Unavailable):
        await auth.authenticate(token(issuer, clock), company.slug)
    issuer.status, issuer.body = 200, None
    clock.advance(seconds=31)
    assert await auth.authenticate(token(issuer, clock), company.slug)


async def test_an_issuer_that_is_away_is_bridged_for_an_hour_and_no_longer(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company
) -> None:
    assert await auth.authenticate(token(issuer, clock), company.slug)
    issuer.status = 503
    clock.advance(minutes=59)
    assert await auth.authenticate(token(issuer, clock), company.slug)
    clock.advance(minutes=2)
    with pytest.raises(Unavailable):
        await auth.authenticate(token(issuer, clock), company.slug)


async def test_keys_that_are_not_for_signatures_are_left_out(
    auth: Authenticator, issuer: Issuer, clock: Clock, company: Company
) -> None:
    good = issuer.published["k1"]
    issuer.body = json.dumps(
        {
            "keys": [
                {"kty": "oct", "kid": "k1", "k": "c2VjcmV0", "alg": "HS256"},
                {**good, "use": "enc"},
                {**good, "kid": 7},
                {**good, "x": "!!"},
                "nonsense",
            ]
        }
    ).encode()
    await refused(auth, token(issuer, clock), company)


def test_our_own_issuer_cannot_be_the_external_one(pools: Pools, settings: Settings) -> None:
    changed = settings.model_copy(
        update={"jwks_url": "https://x.example", "external_issuer": "leora", "external_audience": "a"}
    )
    with pytest.raises(OperatorError, match="JWT_ISSUER"):
        Authenticator(changed, pools, passwords=Passwords(HASHER))
