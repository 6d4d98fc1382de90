"""The payloads of mutations: `userErrors` in every one, and the row that a mutation created, with its edge."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode
from strawberry.utils.str_converters import to_camel_case

from leora_gql.errors import BadUserInput
from leora_gql.graph.access import access_directives, access_sentence, check_access
from leora_gql.graph.batches import ErrorPolicy
from leora_gql.graph.build import describe_enum
from leora_gql.graph.connection import Edge
from leora_gql.graph.entity import Entity, words
from leora_gql.graph.fields import Access
from leora_gql.graph.node import Record, encode_id
from leora_gql.graph.ordering import default_ordering
from leora_gql.graph.plan import Created, Payload
from leora_gql.graph.problems import Problem, UserErrorCode
from leora_gql.graph.resolvers import load_by_id
from leora_gql.graph.selection import Info, ResolveInfo

describe_enum(UserErrorCode)
describe_enum(ErrorPolicy)


@strawberry.type(description="A reason why a mutation was not done, for the person who gave the input.")
class UserError:
    """The GraphQL form of a `Problem`."""

    code: UserErrorCode = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason, as a sentence for people.")
    field: list[str] | None = strawberry.field(
        description="The path in the input that the reason is about; null for the whole input."
    )


def user_errors(problems: Iterable[Problem]) -> list[UserError]:
    """The GraphQL form of problems."""
    return [
        UserError(
            code=problem.code,
            message=problem.message,
            field=list(problem.field) if problem.field is not None else None,
        )
        for problem in problems
    ]


@dataclass(frozen=True, slots=True)
class _NewEdge:
    cursor: str
    node: Record


def created_payload(name: str, entity: Entity) -> type[Any]:
    """The payload type of a mutation that creates a row: the row, its edge, and `userErrors`."""
    what, edge = words(entity.singular), Edge[entity.cls]
    row = _field(_row, entity.cls, f"The new {what}; null when nothing was done.", entity.access)
    description = (
        f"The new {what} as a row of `{to_camel_case(entity.plural)}` in the order by id;"
        " null when nothing was done."
    )
    body = {entity.singular: row, f"{entity.singular}_edge": _field(_edge, edge, description, entity.access)}
    return _payload(name, body)


def changed_payload(name: str, entity: Entity) -> type[Any]:
    """The payload type of a mutation that changes a row: the row as it is then, and `userErrors`."""
    what = words(entity.singular)
    row = _field(_row, entity.cls, f"The {what} as it is now; null when nothing was done.", entity.access)
    return _payload(name, {entity.singular: row})


def removed_payload(name: str, entity: Entity) -> type[Any]:
    """The payload type of a mutation that removes a row: its id, and `userErrors`."""
    return _payload(name, {f"deleted_{entity.singular}_id": _removed(entity)})


def batch_payload(name: str, entity: Entity, *, removes: bool) -> type[Any]:
    """The payload type of a bulk mutation: the `results` of its items in their order, and `userErrors` of the whole."""
    what = words(entity.singular)
    row = _field(_row, entity.cls, f"The {what}; null when the item was refused.", entity.access)
    errors = strawberry.field(resolver=_problems, description="Why the item was not done; empty when it was.")
    body = {f"deleted_{entity.singular}_id": _removed(entity)} if removes else {entity.singular: row}
    result = strawberry.type(
        type(f"{name}Result", (), {**body, "user_errors": errors}),
        description=f"What became of an item of `{name[0].lower()}{name[1:]}`.",
    )

    def results(root: Payload) -> Any:
        return root.items

    results.__annotations__ = {"root": Payload, "return": list[result]}
    return _payload(
        name,
        {
            "results": strawberry.field(
                resolver=results,
                description="What became of each item, in their order; empty when none was looked at.",
            )
        },
    )


def _removed(entity: Entity) -> Any:
    def resolve(root: Payload) -> strawberry.ID | None:
        return strawberry.ID(encode_id(entity.name, root.created.key)) if root.created else None

    resolve.__annotations__ = {"root": Payload, "return": strawberry.ID | None}
    description = f"The id that the {words(entity.singular)} had; null when nothing was done."
    return strawberry.field(resolver=resolve, description=description)


def _payload(name: str, body: dict[str, Any]) -> type[Any]:
    errors = strawberry.field(resolver=_problems, description="Why it was not done; empty when it was.")
    made = type(f"{name}Payload", (), {**body, "user_errors": errors})
    return strawberry.type(made, description=f"The answer to `{name[0].lower()}{name[1:]}`.")


def _field(
    read: Callable[[Created, Info], Awaitable[Any]], kind: Any, description: str, access: Access
) -> Any:
    async def resolve(root: Payload, info: Info) -> Any:
        if root.created is None:
            return None
        check_access(access, info.context.require_principal())
        return await read(root.created, info)

    resolve.__annotations__ = {"root": Payload, "info": Info, "return": kind | None}
    return strawberry.field(
        resolver=resolve,
        description=description + access_sentence(access),
        directives=access_directives(access),
    )


async def _row(created: Created, info: Info) -> Record | None:
    return await load_by_id(created.entity, created.key, info=info)


async def _edge(created: Created, info: Info) -> _NewEdge | None:
    entity, context = created.entity, info.context
    selected = info.selection(f"{entity.name}Edge").below("node", entity.name)
    node = await load_by_id(entity, created.key, info=info, selected=selected)
    codec = context.cursors.codec(entity, default_ordering(entity, ()))
    return _NewEdge(codec.encode([created.key]), node) if node else None


def _problems(root: Payload) -> list[UserError]:
    return user_errors(root.problems)


def require_only_root_field(info: ResolveInfo) -> None:
    """Raise `BadUserInput` unless the operation has one root field (besides `__typename`).

    Fields count whatever their `@skip` and `@include` say.
    """
    keys = set(_response_keys(info.operation.selection_set, info, set()))
    if len(keys) > 1:
        raise BadUserInput(f"{info.field_name} must be the only field of its operation.")


def _response_keys(selections: SelectionSetNode, info: ResolveInfo, spread: set[str]) -> Iterable[str]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            if node.name.value != "__typename":
                yield (node.alias or node.name).value
        elif isinstance(node, InlineFragmentNode):
            yield from _response_keys(node.selection_set, info, spread)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
            spread.add(node.name.value)
            found = info.fragments[node.name.value]
            yield from _response_keys(getattr(found, "definition", found).selection_set, info, spread)
