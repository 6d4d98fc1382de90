"""Who is at the other end of a long-lived connection: authenticated at its start, and again and again."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.principal import Principal
from leora_gql.errors import Unauthenticated, Unavailable

RECHECK_SECONDS = 20.0
"""Together with the half minute that a principal is remembered for, well within the promised minute."""
_PATIENCE_SECONDS = 6.0
_RETRY_SECONDS = 2.0

EXPIRED = "The access token has ended. Connect again with a fresh one."
NO_LONGER = "The credential no longer counts. Sign in again."


@dataclass(frozen=True, slots=True)
class Credential:
    """What a connection showed: an `Authorization` value, and the tenant that it named."""

    authorization: str = field(repr=False)
    tenant_slug: str | None


class Presence:
    """A caller whose standing is kept current while `watch` runs; `principal` is the newest one known."""

    def __init__(
        self,
        auth: Authenticator,
        credential: Credential,
        principal: Principal,
        *,
        ends_at: dt.datetime | None,
    ) -> None:
        self.principal = principal
        self._auth = auth
        self._credential = credential
        self._ends_at = ends_at
        self._again = asyncio.Event()

    @classmethod
    async def of(cls, auth: Authenticator, credential: Credential, principal: Principal) -> Presence:
        """That of whom the credential has just shown to be there. Raises `Unauthenticated` and `Unavailable`."""
        ends_at = await auth.ends_at(credential.authorization)
        return cls(auth, credential, principal, ends_at=ends_at)

    async def current(self) -> Principal:
        """The principal as it is now. Raises `Unauthenticated`, whose message says why, and `Unavailable`."""
        if self._left() == 0:
            raise Unauthenticated(EXPIRED)
        try:
            self.principal = await _authenticate(self._auth, self._credential)
        except Unauthenticated:
            raise Unauthenticated(NO_LONGER) from None
        return self.principal

    def recheck(self) -> None:
        """Something about the principal changed: `watch` asks at once."""
        self._again.set()

    async def watch(self) -> None:
        """Check until the caller no longer counts.

        Raises `Unauthenticated`, whose message says why, or `Unavailable` when nobody could tell for too long.
        """
        with self._noticed():
            while True:
                await self._until_due()
                await self._check()

    @contextmanager
    def _noticed(self) -> Generator[None]:
        self._auth.watchers.add(self)
        try:
            yield
        finally:
            self._auth.watchers.discard(self)

    async def _until_due(self) -> None:
        left = self._left()
        with suppress(TimeoutError):
            await asyncio.wait_for(
                self._again.wait(), RECHECK_SECONDS if left is None else min(RECHECK_SECONDS, left)
            )
        self._again.clear()

    def _left(self) -> float | None:
        """The seconds until the token itself ends; None where it has no end of its own."""
        if self._ends_at is None:
            return None
        return max(0.0, (self._ends_at - self._auth.clock()).total_seconds())

    async def _check(self) -> None:
        loop = asyncio.get_running_loop()
        give_up = loop.time() + _PATIENCE_SECONDS
        while True:
            try:
                await self.current()
            except Unavailable:
                if loop.time() >= give_up:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return


async def _authenticate(auth: Authenticator, credential: Credential) -> Principal:
    principal = await auth.authenticate(credential.authorization, credential.tenant_slug)
    if principal is None:
        raise Unauthenticated
    return principal
