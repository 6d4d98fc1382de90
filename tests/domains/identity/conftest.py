"""The fixtures of sign-in, and an office with an admin."""

from collections.abc import AsyncGenerator

import httpx
import pytest
from pydantic import SecretStr

from leora_gql.app import create_app
from leora_gql.settings import Settings
from tests.accounts import Company, auth, clock, company, pools
from tests.api import Api
from tests.domains.identity.office import Office
from tests.postbox import Postbox, open_postbox

__all__ = ["auth", "clock", "company", "office", "pools"]


@pytest.fixture
async def postbox() -> AsyncGenerator[Postbox]:
    """Where mails of the `mailing` office arrive."""
    async with open_postbox() as box:
        yield box


@pytest.fixture
async def mailing(settings: Settings, company: Company, postbox: Postbox) -> AsyncGenerator[Office]:
    """As `office`, of a process that sends mails."""
    server = {
        "smtp_url": SecretStr(postbox.url),
        "mail_from": "no@x.test",
        "public_url": "https://app.x.test",
    }
    app = create_app(settings.model_copy(update=server))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as client:
            made = Office(Api(client), company)
            await made.hire("ada@x.test", "admin")
            yield made


@pytest.fixture
async def office(api: Api, company: Company) -> Office:
    """A tenant with an admin, `ada@x.test`, and nobody else."""
    made = Office(api, company)
    await made.hire("ada@x.test", "admin")
    return made
