"""Who may have a socket, and for how long."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from leora_gql.auth import authenticator
from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.clock import utc_now
from leora_gql.db.engine import Pools
from leora_gql.domains.identity import service
from leora_gql.server import presence
from leora_gql.settings import Settings
from tests.accounts import CALLER, bearer, signed_in
from tests.server.live.conftest import EMAIL, Account
from tests.server.live.serving import FOREVER, VIEWER, Serving, serving

ENDS = {
    "session revoked": "UPDATE leora.sessions SET revoked_at = now(), revoke_reason = 'SIGN_OUT'",
    "account disabled": "UPDATE leora.users SET status = 'DISABLED'",
    "tenant suspended": "UPDATE leora.tenants SET status = 'SUSPENDED'",
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute and twenty seconds, in tenths of a second."""
    monkeypatch.setattr(authenticator, "REMEMBERED_FOR", dt.timedelta(seconds=0.1))
    monkeypatch.setattr(presence, "RECHECK_SECONDS", 0.1)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"authorization": None},
        {"authorization": "Bearer nope"},
        {"authorization": "Bearer \ud800"},
        {"authorization": "Basic YTpi"},
        {"authorization": 5},
        {"authorization": {"a": 1}},
    ],
)
async def test_nobody_without_a_credential_that_counts(served: Serving, payload: Any) -> None:
    async with served.socket() as socket:
        await socket.send({"type": "connection_init", "payload": payload})
        code, _ = await socket.closed()
    assert code == 4403


async def test_the_key_may_be_in_any_case_and_the_handshake_counts_too(
    served: Serving, account: Account
) -> None:
    async with served.socket() as socket:
        await socket.init(None, AUTHORIZATION=account.token)
    async with served.socket(additional_headers={"authorization": account.token}) as socket:
        await socket.init(None)
        assert "data" in await socket.answer(VIEWER)


async def test_the_tenant_named_must_be_the_credentials(served: Serving, account: Account) -> None:
    async with served.socket() as socket:
        await socket.init(account.token, **{"X-Tenant-Slug": account.company.slug})
    async with served.socket() as socket:
        await socket.send(
            {
                "type": "connection_init",
                "payload": {"authorization": account.token, "x-tenant-slug": "well-crafted"},
            }
        )
        assert (await socket.closed())[0] == 4403


async def test_signing_out_in_this_process_ends_the_socket_at_once(served: Serving, account: Account) -> None:
    other = bearer(await signed_in(account.auth, account.company, EMAIL))
    async with served.socket() as socket, served.socket() as unconcerned:
        await socket.init(account.token)
        await unconcerned.init(other)
        await socket.subscribe("a", FOREVER)
        assert (await socket.next())["type"] == "next"
        answer = await served.http.post(
            "/graphql",
            json={"query": "mutation { signOut { userErrors { code } } }"},
            headers={"authorization": account.token},
        )
        assert "errors" not in answer.json(), answer.text
        assert await socket.closed() == (4403, presence.NO_LONGER)
        assert "errors" not in await unconcerned.answer(VIEWER)


async def test_signing_out_over_the_socket_itself_ends_it(served: Serving, account: Account) -> None:
    async with served.socket() as socket:
        await socket.init(account.token)
        await socket.subscribe("m", "mutation { signOut { userErrors { code } } }")
        assert await socket.closed() == (4403, presence.NO_LONGER)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.usefixtures("impatient")
async def test_what_happens_elsewhere_ends_the_socket_within_the_minute(
    served: Serving, account: Account, end: str
) -> None:
    async with served.socket() as socket:
        await socket.init(account.token)
        await socket.subscribe("a", FOREVER)
        assert (await socket.next())["type"] == "next"
        await account.company.sql(ENDS[end])
        assert await socket.closed() == (4403, presence.NO_LONGER)


@pytest.mark.usefixtures("impatient")
async def test_an_operation_has_the_permissions_of_its_moment(served: Serving, account: Account) -> None:
    query = "{ customers { totalCount } }"
    async with served.socket() as socket:
        await socket.init(account.token)
        assert "errors" not in await socket.answer(query)
        await account.company.sql("DELETE FROM leora.user_roles")
        codes: list[str] = []
        while not codes:
            result = await socket.answer(query)
            codes = [error["extensions"]["code"] for error in result.get("errors", [])]
        assert codes == ["FORBIDDEN"]


async def test_a_socket_ends_with_its_access_token(
    served: Serving, account: Account, settings: Settings, pools: Pools
) -> None:
    lifetime = dt.timedelta(minutes=settings.access_token_minutes)
    long_ago = Authenticator(
        settings, pools, clock=lambda: utc_now() - lifetime + dt.timedelta(seconds=2)
    ).tokens
    record = long_ago.issue(
        tenant_id=account.company.id,
        subject=account.session.principal.id,
        session_id=account.session.principal.session_id,
    )
    async with served.socket() as socket:
        await socket.init(f"Bearer {record.token}")
        await socket.subscribe("a", FOREVER)
        assert (await socket.next())["type"] == "next"
        assert await socket.closed() == (4403, presence.EXPIRED)
        assert utc_now() >= record.expires_at


async def test_revoking_by_the_refresh_token_ends_the_socket(served: Serving, account: Account) -> None:
    """The service in another process: this one learns of it by asking again, which an operation does."""
    await service.sign_out(
        account.auth,
        None,
        refresh_token=account.session.refresh_token,
        tenant_slug=account.company.slug,
        caller=CALLER,
    )
    async with served.socket() as socket:
        await socket.send({"type": "connection_init", "payload": {"authorization": account.token}})
        assert (await socket.closed())[0] == 4403


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        ("http://{host}", True),
        ("https://app.example.com", True),
        ("https://evil.example", False),
        ("http://{host}.evil.example", False),
        ("null", False),
        ("file://{host}", False),
    ],
)
async def test_pages_of_other_origins_are_refused(settings: Settings, origin: str, welcome: bool) -> None:
    ours = settings.model_copy(update={"cors_origins": ("https://app.example.com",)})
    async with serving(ours) as served:
        address = origin.format(host=served.host)
        if welcome:
            async with served.socket(origin=address) as socket:
                await socket.send({"type": "ping"})
                assert (await socket.next())["type"] == "pong"
            return
        with pytest.raises(InvalidStatus) as refused:
            async with served.socket(origin=address):
                pass
    assert refused.value.response.status_code == 403


async def test_an_account_has_a_bounded_number_of_sockets(tight: Serving, account: Account) -> None:
    async with tight.socket() as one, tight.socket() as two, tight.socket() as three:
        await one.init(account.token)
        await two.init(account.token)
        await three.send({"type": "connection_init", "payload": {"authorization": account.token}})
        code, reason = await three.closed()
        assert (code, reason) == (1013, "Too many live connections of this account.")
        assert "errors" not in await one.answer(VIEWER)


async def test_a_process_has_a_bounded_number_of_sockets(tight: Serving) -> None:
    async with tight.socket(), tight.socket(), tight.socket(), tight.socket():
        with pytest.raises(InvalidStatus) as refused:
            async with tight.socket():
                pass
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["retry-after"]
