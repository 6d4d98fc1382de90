"""What the authenticator knows of a header without another look, and when it forgets it."""

from __future__ import annotations

from leora_gql.auth.authenticator import Authenticator
from tests.accounts import Clock, Company, bearer, signed_in

ADA = "ada@x.test"


async def test_what_was_found_a_moment_ago_is_known_for_the_same_headers_alone(
    auth: Authenticator, clock: Clock, company: Company
) -> None:
    user = await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    given = bearer(session)
    assert auth.recent(given, None) is None
    principal = await auth.authenticate(given)
    assert auth.recent(given, None) is principal
    assert auth.recent(given, company.slug) is None
    assert auth.recent(given + "x", None) is None
    clock.advance(seconds=10)
    assert auth.recent(given, None) is None
    assert await auth.authenticate(given)
    auth.forget_principal(user)
    assert auth.recent(given, None) is None


async def test_what_was_found_a_moment_ago_ends_with_what_it_was_found_by(
    auth: Authenticator, clock: Clock, company: Company
) -> None:
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    given = bearer(session)
    assert await auth.authenticate(given)
    clock.advance(seconds=25)
    assert await auth.authenticate(given)
    clock.advance(seconds=4)
    assert auth.recent(given, None) is not None
    clock.advance(seconds=1)  # the principal was asked for half a minute ago
    assert auth.recent(given, None) is None
    ends_at = await auth.ends_at(given)
    assert ends_at is not None
    clock.advance(seconds=(ends_at - clock()).total_seconds() - 1)
    assert await auth.authenticate(given)
    clock.advance(seconds=1)
    assert auth.recent(given, None) is None
