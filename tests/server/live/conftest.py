"""A served product, and an account of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from leora_gql.auth.authenticator import Authenticator
from leora_gql.domains.identity.service import SignedIn
from leora_gql.settings import Settings
from tests.accounts import Company, auth, bearer, clock, company, pools, signed_in
from tests.server.live.serving import Serving, serving

__all__ = ["auth", "clock", "company", "pools"]

EMAIL = "ada@example.com"


@dataclass
class Account:
    """Somebody who is signed in; `auth` is that of another process than the server's."""

    company: Company
    session: SignedIn
    auth: Authenticator

    @property
    def token(self) -> str:
        return bearer(self.session)


@pytest.fixture
async def account(company: Company, auth: Authenticator) -> Account:
    await company.add_user(EMAIL)
    return Account(company, await signed_in(auth, company, EMAIL), auth)


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[Serving]:
    async with serving(settings) as started:
        yield started


@pytest.fixture
async def tight(settings: Settings) -> AsyncIterator[Serving]:
    """Served with little room of every kind."""
    little = {
        "live_connections": 4,
        "live_connections_per_principal": 2,
        "live_buffer_messages": 64,
        "live_buffer_bytes": 16384,
        "socket_operations": 100,
    }
    async with serving(settings.model_copy(update=little)) as started:
        yield started
