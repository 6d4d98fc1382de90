"""Who may read what: the checks behind `requires`, `staff_only` and an entity's `view`."""

from __future__ import annotations

import strawberry
from strawberry import UNSET
from strawberry.schema_directive import Location

from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import Principal, Rights
from leora_gql.graph.entity import Entity
from leora_gql.graph.fields import Access


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    repeatable=True,
    description="What a caller needs to use this field, all of it; without it, it is null with a FORBIDDEN error.",
)
class Requires:
    """The `@requires` directive of the printed schema."""

    audience: str | None = strawberry.directive_field(name="audience", default=UNSET)
    permission: str | None = strawberry.directive_field(name="permission", default=UNSET)


def access_directives(access: Access) -> list[Requires]:
    """The directive that shows an access rule in the schema; none for open fields."""
    if access == Access():
        return []
    return [
        Requires(
            permission=access.requires or UNSET,
            audience=Audience.STAFF.value if access.staff_only else UNSET,
        )
    ]


def access_sentence(access: Access) -> str:
    """The rule in words, to end a description with."""
    needs = f" Needs `{access.requires}`." if access.requires else ""
    return needs + (" For staff only." if access.staff_only else "")


def check_access(access: Access, caller: Principal | Rights) -> None:
    """Raise `Forbidden` unless the caller may read what is declared with `access`."""
    refusal = access.refusal(caller)
    if refusal is not None:
        raise refusal


def check_entity(entity: Entity, caller: Principal | Rights) -> None:
    """Raise `Forbidden` unless the caller may read rows of the entity."""
    check_access(entity.access, caller)


def may(access: Access, caller: Principal | Rights) -> bool:
    """Whether the caller may read what is declared with `access`."""
    return access.refusal(caller) is None


def relation_access(entity: Entity, target: Entity, access: Access) -> Access:
    """What following a relation needs: its own rule, and the target's view where that is another one."""
    crosses = target.view is not None and target.view != entity.view
    return Access(
        requires=access.requires or (target.view if crosses else None),
        staff_only=access.staff_only or (target.staff_only and not entity.staff_only),
    )
