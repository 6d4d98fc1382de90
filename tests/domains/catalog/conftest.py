"""Fixtures of the catalogue's tests."""

from __future__ import annotations

import pytest

from tests.api import OTHER_ADMIN, PORTAL, STAFF, Api


@pytest.fixture
async def signed_in(api: Api) -> None:
    """Sign all demo accounts in beforehand: a sign-in leaves an entry in the audit log."""
    for account in (*STAFF, *PORTAL, OTHER_ADMIN):
        await api.token(account)
