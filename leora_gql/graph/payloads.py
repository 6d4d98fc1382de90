"""What every mutation payload has: `userErrors`."""

from __future__ import annotations

from collections.abc import Iterable

import strawberry
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from leora_gql.errors import BadUserInput
from leora_gql.graph.build import describe_enum
from leora_gql.graph.problems import Problem, UserErrorCode
from leora_gql.graph.selection import ResolveInfo

describe_enum(UserErrorCode)


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
