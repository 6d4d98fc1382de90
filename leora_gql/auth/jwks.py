"""The public keys of an external issuer, fetched from its JWKS address and kept for a while."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, cast

import httpx
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWKError, PyJWTError

from leora_gql.auth.clock import Clock
from leora_gql.auth.key_pairs import require_fitting
from leora_gql.auth.keys import TokenKey
from leora_gql.errors import OperatorError, Unavailable

REFRESH_AFTER = dt.timedelta(minutes=10)
FLOOR = dt.timedelta(seconds=30)
"""The least time between two fetches, however many unknown key ids come in."""
UNUSABLE_AFTER = dt.timedelta(hours=1)
"""Keys that could not be refreshed for this long no longer count."""

_TIMEOUT = httpx.Timeout(5.0, connect=2.0)
_MAXIMUM_BYTES = 256 * 1024
_MAXIMUM_KEYS = 50
_BY_TYPE = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}

_log = structlog.get_logger(__name__)


class JwksKeys:
    """The issuer's keys by id, each with its one algorithm."""

    def __init__(self, url: str, *, clock: Clock, client: httpx.AsyncClient | None = None) -> None:
        self._url = url
        self._clock = clock
        self._client = client or httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False)
        self._keys: Mapping[str, TokenKey] = {}
        self._fetched_at: dt.datetime | None = None
        self._tried_at: dt.datetime | None = None
        self._turn = asyncio.Lock()

    async def get(self, kid: str) -> TokenKey | None:
        """The key of that id, fetching the set anew when it is unknown or old.

        Raises `Unavailable` when the issuer has not answered for so long that no key counts.
        """
        if self._must_fetch(kid):
            async with self._turn:
                if self._must_fetch(kid):
                    await self._fetch()
        if self._fetched_at is None or self._clock() - self._fetched_at > UNUSABLE_AFTER:
            raise Unavailable("The sign-in provider does not answer. Try again shortly.")
        return self._keys.get(kid)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _must_fetch(self, kid: str) -> bool:
        now = self._clock()
        if self._tried_at is not None and now - self._tried_at < FLOOR:
            return False
        stale = self._fetched_at is None or now - self._fetched_at > REFRESH_AFTER
        return stale or kid not in self._keys

    async def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            body = await self._download()
            keys = parse_jwks(body)
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            _log.warning("jwks_fetch_failed", url=self._url, error=str(error) or type(error).__name__)
            return
        self._keys = keys
        self._fetched_at = self._tried_at

    async def _download(self) -> bytes:
        async with self._client.stream("GET", self._url, headers={"Accept": "application/json"}) as response:
            if response.status_code != 200:
                raise ValueError(f"answered {response.status_code}")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAXIMUM_BYTES:
                    raise ValueError(f"is longer than {_MAXIMUM_BYTES} bytes")
            return bytes(body)


def parse_jwks(body: bytes) -> Mapping[str, TokenKey]:
    """The usable keys of a JWK set; others (symmetric, weak, for encryption) are left out.

    Raises ValueError when it is no JWK set.
    """
    document: object = json.loads(body)
    entries = cast("dict[str, object]", document).get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("is not a JWK set")  # noqa: TRY004  a wrong body, not a wrong call
    found = [_parse_jwk(entry) for entry in cast("list[object]", entries)[:_MAXIMUM_KEYS]]
    return {key.kid: key for key in found if key is not None}


def _parse_jwk(entry: object) -> TokenKey | None:
    if not isinstance(entry, dict):
        return None
    jwk = cast("dict[str, Any]", entry)
    kid = jwk.get("kid")
    algorithm = _algorithm(jwk)
    if not isinstance(kid, str) or algorithm is None or jwk.get("use", "sig") != "sig":
        return None
    try:
        key = cast(object, PyJWK(_public_part(jwk), algorithm=algorithm).key)
        require_fitting(key, algorithm, name=f"key {kid}")
    except (PyJWKError, PyJWTError, OperatorError, ValueError, TypeError, KeyError):
        return None
    return TokenKey(kid=kid, algorithm=algorithm, verifying=cast(Any, key), signing=None)


def _algorithm(jwk: Mapping[str, Any]) -> str | None:
    kind = jwk.get("kty")
    natural = (
        _BY_TYPE.get((kind, None if kind == "RSA" else jwk.get("crv"))) if isinstance(kind, str) else None
    )
    return natural if jwk.get("alg", natural) == natural else None


def _public_part(jwk: Mapping[str, Any]) -> dict[str, Any]:
    return {name: jwk[name] for name in ("kty", "crv", "n", "e", "x", "y") if name in jwk}
