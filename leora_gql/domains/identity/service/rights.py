"""The rules of giving rights: nobody gives what it does not hold, and the portal holds only what is open to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leora_gql.auth.permissions import CATALOGUE, expand
from leora_gql.auth.principal import Principal
from leora_gql.domains.identity.enums import RoleKind
from leora_gql.graph.problems import Problem, UserErrorCode

EVERYTHING = "*"
"""The key of who may do everything."""


def beyond(keys: Iterable[str], actor: Principal) -> bool:
    """Whether keys, wildcards among them, amount to more than the actor may do."""
    return not expand(keys) <= actor.permissions


def key_problems(
    keys: Sequence[str], actor: Principal, *, kind: RoleKind, held: Iterable[str] = ()
) -> list[Problem]:
    """Why a role of that kind may not hold the keys, each at its place. What it has `held` is given already."""
    known = frozenset(held)
    found = ((index, _problem(key, actor, kind)) for index, key in enumerate(keys) if key not in known)
    return [
        Problem(code, message, ("permissions", str(index)))
        for index, why in found
        if why
        for code, message in [why]
    ]


def _problem(key: str, actor: Principal, kind: RoleKind) -> tuple[UserErrorCode, str] | None:
    if key not in CATALOGUE:
        return UserErrorCode.NOT_FOUND, "There is no such permission."
    if kind is RoleKind.PORTAL and not CATALOGUE[key].portal_allowed:
        return UserErrorCode.NOT_ALLOWED, "A portal role cannot hold this permission."
    if beyond((key,), actor):
        return UserErrorCode.NOT_ALLOWED, "You cannot give a permission that you do not hold."
    return None
