"""From a request's headers to its principal.

A principal is remembered for half a minute at most: a disabled user, a revoked session or a changed
role takes effect within that, and at once in the process that made the change (`forget_…`).
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from leora_gql.auth import integration_tokens
from leora_gql.auth.activity import Activity, Seen
from leora_gql.auth.cache import ExpiringCache
from leora_gql.auth.clock import Clock, utc_now
from leora_gql.auth.external import ExternalTokens
from leora_gql.auth.keys import SigningKeys, parse_refresh_keys
from leora_gql.auth.limits import SignInLimiter, SignInLimits
from leora_gql.auth.lookup import Lookup, Standing
from leora_gql.auth.mail import Mailer
from leora_gql.auth.passwords import Passwords
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.auth.refresh import RefreshTokens
from leora_gql.auth.tokens import MAXIMUM_LENGTH, AccessTokens, read_issuer, refuse
from leora_gql.db.engine import Pools
from leora_gql.errors import OperatorError, Unauthenticated
from leora_gql.settings import Settings, decode_key

REMEMBERED_FOR = dt.timedelta(seconds=30)
"""How long a principal's standing is believed; the promise is 60 s."""

_CACHED_PRINCIPALS = 8192
_CacheKey = tuple[object, ...]

_RECENT = dt.timedelta(seconds=10)
"""How long a session's header is known without another look: `Activity`, which tells minutes, hears of it so often."""
_MOST_RECENT = 2048


class Watcher(Protocol):
    """Who wants to hear at once when something about its principal changes in this process."""

    @property
    def principal(self) -> Principal:
        """Whom it is about."""
        ...

    def recheck(self) -> None:
        """Ask again who that is."""
        ...


class Authenticator:
    """All that sign-in needs, made once per process from the settings.

    Its parts (`tokens`, `refresh`, `passwords`, `limiter`, `lookup`, `mailer`) serve the session mutations too.
    Call `start` and `close` with the application's lifespan.
    """

    def __init__(
        self,
        settings: Settings,
        pools: Pools,
        *,
        clock: Clock = utc_now,
        limits: SignInLimits | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self.clock = clock
        self.pools = pools
        self.audit_key = decode_key(settings.audit_key.get_secret_value())
        self.default_tenant_slug = settings.default_tenant_slug
        self.tokens = AccessTokens(
            SigningKeys.parse(settings.jwt_signing_keys),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            lifetime=dt.timedelta(minutes=settings.access_token_minutes),
            clock=clock,
        )
        self.refresh = RefreshTokens(parse_refresh_keys(settings.refresh_keys))
        self.passwords = passwords or Passwords()
        self.limiter = SignInLimiter(limits or SignInLimits(), clock=clock)
        self.lookup = Lookup(pools)
        self.mailer = Mailer(settings)
        self.activity = Activity(pools, clock=clock)
        self.watchers: set[Watcher] = set()
        self._external = _external_tokens(settings, clock=clock)
        self._principals: ExpiringCache[_CacheKey, Principal] = ExpiringCache(_CACHED_PRINCIPALS, clock=clock)
        self._recent: ExpiringCache[tuple[str, str | None], Principal] = ExpiringCache(
            _MOST_RECENT, clock=clock
        )
        self._asking: dict[_CacheKey, asyncio.Future[Principal]] = {}
        self._generation = 0
        self._flushing: asyncio.Task[None] | None = None

    def recent(self, authorization: str, tenant_slug: str | None) -> Principal | None:
        """What `authenticate` found for the same headers a moment ago; None where that is unknown or over.

        It ends with the token, and with what is remembered of its principal.
        """
        return self._recent.get((authorization, tenant_slug))

    async def authenticate(
        self, authorization: str | None, tenant_slug: str | None = None
    ) -> Principal | None:
        """Who sent the `Authorization` header; None where there is none.

        `tenant_slug` is the `X-Tenant-Slug` header: it must agree with the credential's tenant, and
        says the tenant for tokens of an external issuer. Raises `Unauthenticated`, with the same
        message for every reason, and `Unavailable`.
        """
        if authorization is None:
            return None
        credential = _bearer(authorization)
        principal = await self._resolve(credential, tenant_slug)
        if tenant_slug is not None and principal.tenant_slug != tenant_slug:
            raise refuse()
        self._keep_recent(authorization, tenant_slug, credential=credential, principal=principal)
        return principal

    def _keep_recent(
        self, authorization: str, tenant_slug: str | None, *, credential: str, principal: Principal
    ) -> None:
        """Know the headers of a session for a while, unless it was forgotten as soon as it was found."""
        claims = self.tokens.known(credential)
        remembered = self._principals.ends_at(("session", principal.tenant_id, principal.session_id))
        if claims is not None and remembered is not None:
            until = min(self.clock() + _RECENT, claims.expires_at, remembered)
            self._recent.put((authorization, tenant_slug), principal, until=until)

    async def ends_at(self, authorization: str) -> dt.datetime | None:
        """When the token of an `Authorization` header ends by itself; None for integration tokens.

        Raises `Unauthenticated`, also when it has ended, and `Unavailable`.
        """
        credential = _bearer(authorization)
        if credential.startswith(integration_tokens.PREFIX):
            return None
        if self._external is not None and read_issuer(credential) == self._external.issuer:
            return (await self._external.verify(credential)).expires_at
        return self.tokens.verify(credential).expires_at

    async def _resolve(self, credential: str, tenant_slug: str | None) -> Principal:
        if credential.startswith(integration_tokens.PREFIX):
            return await self._integration(credential)
        claims = self.tokens.known(credential)
        if claims is None:
            if self._external is not None and read_issuer(credential) == self._external.issuer:
                return await self._of_external(self._external, credential, tenant_slug)
            claims = self.tokens.verify(credential)
        principal = await self._of_session(claims.tenant_id, claims.session_id)
        if principal.id != claims.subject:
            raise refuse()
        return principal

    async def _of_session(self, tenant_id: UUID, session_id: UUID) -> Principal:
        async def ask() -> Principal:
            record = await self.lookup.session(tenant_id, session_id=session_id)
            if record is None or not record.live(self.clock()):
                raise refuse()
            return record.standing.principal

        principal = await self._remembered(("session", tenant_id, session_id), ask)
        self.activity.note(Seen.SESSION, tenant_id=tenant_id, row_id=session_id)
        return principal

    async def _integration(self, credential: str) -> Principal:
        token = integration_tokens.parse_integration_token(credential)
        if token is None:
            raise refuse()

        async def ask() -> Principal:
            record = await self.lookup.integration(token.tenant_id, token_id=token.token_id)
            if record is None or not integration_tokens.matches(token, record.token_hash):
                raise refuse()
            if not record.live(self.clock()):
                raise refuse()
            return record.principal

        # Keyed by the whole token: another secret for the same row must not find the answer.
        principal = await self._remembered(("integration", credential), ask)
        self.activity.note(Seen.INTEGRATION, tenant_id=token.tenant_id, row_id=token.token_id)
        return principal

    async def standing(self, tenant_id: UUID, *, kind: ActorKind, principal_id: UUID) -> Principal:
        """Who somebody is now that we named in something signed. Raises `Unauthenticated` for who no longer counts."""

        async def ask() -> Principal:
            if kind is not ActorKind.INTEGRATION:
                return _active(await self.lookup.standing(tenant_id, kind=kind, principal_id=principal_id))
            record = await self.lookup.integration(tenant_id, token_id=principal_id)
            if record is None or not record.live(self.clock()):
                raise refuse()
            return record.principal

        return await self._remembered(("standing", tenant_id, kind, principal_id), ask)

    async def _of_external(
        self, tokens: ExternalTokens, credential: str, tenant_slug: str | None
    ) -> Principal:
        claims = await tokens.verify(credential)
        slug = tenant_slug or self.default_tenant_slug

        async def ask() -> Principal:
            tenant = await self.lookup.tenant(slug)
            if tenant is None or not tenant.active:
                raise refuse()
            return _active(
                await self.lookup.external(tenant.id, issuer=claims.issuer, subject=claims.subject)
            )

        return await self._remembered(("external", slug, claims.issuer, claims.subject), ask)

    async def _remembered(self, key: _CacheKey, ask: Callable[[], Awaitable[Principal]]) -> Principal:
        """The principal of the key, asked for once however many requests wait for it."""
        known = self._principals.get(key)
        if known is not None:
            return known
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.ensure_future(self._ask(key, ask))
            self._asking[key] = asking
            asking.add_done_callback(lambda done: self._asked(key, done))
        # One waiter's cancellation must not take the answer from the others.
        return await asyncio.shield(asking)

    async def _ask(self, key: _CacheKey, ask: Callable[[], Awaitable[Principal]]) -> Principal:
        # Counted from before the question: what changes while it is answered is seen in time.
        until = self.clock() + REMEMBERED_FOR
        generation = self._generation
        principal = await ask()
        if generation == self._generation:
            self._principals.put(key, principal, until=until)
        return principal

    def _asked(self, key: _CacheKey, done: asyncio.Future[Principal]) -> None:
        if self._asking.get(key) is done:
            del self._asking[key]
        if not done.cancelled():
            done.exception()  # All who waited have it; nobody else needs to hear of it.

    def forget_session(self, session_id: UUID) -> None:
        """A session ended: it no longer counts in this process."""
        self.tokens.forget_session(session_id)
        self._forget(lambda principal: principal.session_id == session_id)

    def forget_principal(self, principal_id: UUID) -> None:
        """A user, portal user or integration changed: ask again at its next request."""
        self._forget(lambda principal: principal.id == principal_id)

    def forget_tenant(self, tenant_id: UUID) -> None:
        """A tenant or its roles changed: ask again for all of its principals."""
        self._forget(lambda principal: principal.tenant_id == tenant_id)

    def _forget(self, condition: Callable[[Principal], bool]) -> None:
        self._generation += 1
        self._asking.clear()
        self._principals.discard_where(condition)
        self._recent.discard_where(condition)
        for watcher in self.watchers:
            if condition(watcher.principal):
                watcher.recheck()

    async def start(self) -> None:
        """Begin to write the buffered activity once a minute."""
        if self._flushing is None:
            self._flushing = asyncio.create_task(self.activity.run(), name="leora-activity")

    async def close(self) -> None:
        """Write what is buffered, and let everything go."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
            self._flushing = None
        await self.mailer.close()
        await self.activity.flush()
        if self._external is not None:
            await self._external.close()
        self.passwords.close()


def _bearer(authorization: str) -> str:
    scheme, _, credential = authorization.strip().partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential or len(credential) > MAXIMUM_LENGTH:
        raise refuse()
    return credential


def _active(standing: Standing | None) -> Principal:
    if standing is None or not standing.active:
        raise refuse()
    return standing.principal


def _external_tokens(settings: Settings, *, clock: Clock) -> ExternalTokens | None:
    url, issuer, audience = settings.jwks_url, settings.external_issuer, settings.external_audience
    if not (url and issuer and audience):
        return None
    if issuer == settings.jwt_issuer:
        raise OperatorError(
            "EXTERNAL_ISSUER and JWT_ISSUER are the same: tokens of the two could not be told apart."
            " Give JWT_ISSUER a name of its own."
        )
    from leora_gql.auth.jwks import JwksKeys  # its HTTP client is only for those who have an issuer

    return ExternalTokens(JwksKeys(url, clock=clock), issuer=issuer, audience=audience, clock=clock)


__all__ = ["REMEMBERED_FOR", "Authenticator", "Unauthenticated"]
