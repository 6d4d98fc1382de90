"""Who is calling: the answer of authentication, and all that authorization needs to know."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from uuid import UUID

from leora_gql.auth.permissions import Audience
from leora_gql.db.model import DescribedEnum
from leora_gql.db.scope import TenantScope
from leora_gql.errors import Forbidden


class ActorKind(DescribedEnum):
    """What kind of actor an operation runs for."""

    USER = "USER", "A member of staff."
    PORTAL_USER = "PORTAL_USER", "A customer's buyer."
    INTEGRATION = "INTEGRATION", "A third party with an integration token."
    SYSTEM = "SYSTEM", "The product itself: rules, workers, commands."


@dataclass(frozen=True, slots=True)
class Rights:
    """What a caller may do, without who it is: equal for all that may do the same."""

    audience: Audience
    permissions: frozenset[str]

    def can(self, permission: str) -> bool:
        """Whether the (plain) permission key is held."""
        return permission in self.permissions


@functools.lru_cache(maxsize=4096)
def _rights(audience: Audience, permissions: frozenset[str]) -> Rights:
    """One object for equal rights, so that finding plans by them compares no sets."""
    return Rights(audience, permissions)


@dataclass(frozen=True)
class Principal:
    """A signed-in caller. `permissions` holds plain keys only: wildcards are expanded already.

    Behind an integration stands the member of staff who made it, its `maker_id`.

    One object serves the requests of half a minute: what follows from it is worked out once.
    """

    kind: ActorKind
    id: UUID
    tenant_id: UUID
    tenant_slug: str
    permissions: frozenset[str] = field(default_factory=frozenset[str])
    customer_id: UUID | None = None
    session_id: UUID | None = None
    maker_id: UUID | None = None

    @functools.cached_property
    def audience(self) -> Audience:
        """Portal users are the PORTAL audience, everyone else is STAFF."""
        return Audience.PORTAL if self.kind is ActorKind.PORTAL_USER else Audience.STAFF

    @property
    def answerable_id(self) -> UUID | None:
        """The member of staff who answers for what is done: oneself, or who made the integration."""
        return self.id if self.kind is ActorKind.USER else self.maker_id

    @functools.cached_property
    def rights(self) -> Rights:
        """What the principal may do."""
        return _rights(self.audience, self.permissions)

    @functools.cached_property
    def scope(self) -> TenantScope:
        """The settings under which row-level security shows the principal's rows."""
        return TenantScope(
            tenant_id=self.tenant_id,
            actor_kind=self.kind.value,
            actor_id=self.id,
            customer_id=self.customer_id,
        )

    def can(self, permission: str) -> bool:
        """Whether the principal holds a (plain) permission key."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise `Forbidden`, naming the permission, unless the principal holds it."""
        if permission not in self.permissions:
            raise Forbidden(required_permission=permission)
