"""Fixtures of the catalogue's tests."""

from __future__ import annotations

import pytest

from tests.api import BUYER, OTHER_ADMIN, PORTAL, STAFF, Api
from tests.domains.catalog.stocks import sku
from tests.domains.noted import global_id
from tests.graph.principals import Runner


@pytest.fixture
async def signed_in(api: Api) -> None:
    """Sign all demo accounts in beforehand: a sign-in leaves an entry in the audit log."""
    for account in (*STAFF, *PORTAL, OTHER_ADMIN):
        await api.token(account)


@pytest.fixture
async def wine(runner: Runner) -> str:
    """A SKU of the demo tenant."""
    return await sku(runner)


@pytest.fixture
async def buyers_customer(runner: Runner) -> str:
    """The customer that the demo buyer buys for."""
    rows = await runner.sql("SELECT customer_id FROM leora.portal_users WHERE email = :email", email=BUYER)
    return global_id("Customer", rows[0]["customer_id"])
