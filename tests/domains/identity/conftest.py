"""The fixtures of sign-in, and an office with an admin."""

import pytest

from tests.accounts import Company, auth, clock, company, pools
from tests.api import Api
from tests.domains.identity.office import Office

__all__ = ["auth", "clock", "company", "office", "pools"]


@pytest.fixture
async def office(api: Api, company: Company) -> Office:
    """A tenant with an admin, `ada@x.test`, and nobody else."""
    made = Office(api, company)
    await made.hire("ada@x.test", "admin")
    return made
