"""A caller who tries too often is told when to come back, in the body and by HTTP."""

from __future__ import annotations

import httpx
import pytest

from leora_gql.app import create_app
from leora_gql.auth import authenticator
from leora_gql.auth.limits import SignInLimits
from leora_gql.settings import Settings
from tests.api import Api

SIGN_IN = 'mutation { signIn(input: {email: "nobody@example.test", password: "wrong"}) { accessToken } }'


async def test_rate_limited_answers_say_when_to_retry(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticator, "SignInLimits", lambda: SignInLimits(attempts_per_address=1))
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("192.0.2.200", 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://leora.test") as client:
            api = Api(client)
            heard = await api(SIGN_IN)
            refused = await api(SIGN_IN, x_forwarded_for="198.51.100.1")

    assert "retry-after" not in heard.headers
    assert refused.codes == ["RATE_LIMITED"]
    wait = refused.errors[0]["extensions"]["retryAfter"]
    assert 1 <= wait <= 300
    assert refused.headers["retry-after"] == str(wait)
