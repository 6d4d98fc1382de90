"""Who sends a request: its headers read for credential, tenant and origin."""

from __future__ import annotations

import re

import uuid_utils
from starlette.types import Scope

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.principal import Principal
from leora_gql.errors import BadUserInput, Unauthenticated
from leora_gql.server.caller import Caller
from leora_gql.server.headers import Headers, header
from leora_gql.server.request import HttpError
from leora_gql.settings import is_tenant_slug

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def request_id_of(headers: Headers) -> str:
    """The id that the caller gave the request, else one of ours, in the order of time."""
    given = headers.get(b"x-request-id")
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode()
    return new_request_id()


def new_request_id() -> str:
    """An id of ours; later ones are greater."""
    return str(uuid_utils.uuid7())


class Callers:
    """Tells who calls, for every transport."""

    def __init__(self, auth: Authenticator, *, default_tenant_slug: str) -> None:
        self._auth = auth
        self._default_tenant_slug = default_tenant_slug

    async def identify(
        self, scope: Scope, headers: Headers, *, request_id: str, authorization: str | None
    ) -> Caller:
        """The caller who gave this `Authorization`; nobody when it does not count: fields then say so.

        Raises `HttpError` (400) for a tenant's name that can be none, and `Unavailable`.
        """
        slug = _tenant_slug(headers)
        principal = None if authorization is None else await self._principal(authorization, slug)
        return self._caller(scope, headers, slug, request_id=request_id, principal=principal)

    def known(self, scope: Scope, headers: Headers, *, request_id: str) -> Caller | None:
        """Who gave these headers, where that needs no question; None where `identify` has to ask. Raises as it does."""
        slug, principal = _tenant_slug(headers), None
        authorization = header(headers, b"authorization")
        if authorization is not None:
            principal = self._auth.recent(authorization, slug)
            if principal is None:
                return None
        return self._caller(scope, headers, slug, request_id=request_id, principal=principal)

    def _caller(
        self,
        scope: Scope,
        headers: Headers,
        slug: str | None,
        *,
        request_id: str,
        principal: Principal | None,
    ) -> Caller:
        client: tuple[str, int] | None = scope.get("client")
        return Caller(
            principal=principal,
            tenant_slug=slug or self._default_tenant_slug,
            request_id=request_id,
            requested_tenant_slug=slug,
            address=client[0] if client else None,
            user_agent=header(headers, b"user-agent"),
            idempotency_key=header(headers, b"idempotency-key"),
        )

    async def _principal(self, authorization: str, slug: str | None) -> Principal | None:
        try:
            return await self._auth.authenticate(authorization, slug)
        except Unauthenticated:
            return None


def _tenant_slug(headers: Headers) -> str | None:
    slug = header(headers, b"x-tenant-slug")
    if slug is not None and not is_tenant_slug(slug):
        raise HttpError(400, BadUserInput("X-Tenant-Slug is no tenant's name."))
    return slug
