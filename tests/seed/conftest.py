"""A database for the seed's tests alone: others make tenants in theirs, and these count what there is."""

from __future__ import annotations

import pytest
from sqlalchemy import URL

from tests import postgres


@pytest.fixture(scope="session")
def direct_url(databases: postgres.Databases) -> URL:
    """The administrator's address of a seeded database that nobody writes to."""
    return databases.copy()
