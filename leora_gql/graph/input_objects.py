"""Input objects from coerced values: what Strawberry makes of an argument, with the names looked up once.

Strawberry looks at the declaration for each value anew, which takes longer than the rest of planning a mutation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any, cast

from strawberry.types.base import (
    StrawberryList,
    StrawberryObjectDefinition,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

Read = Callable[[Any], Any]


@functools.cache
def input_reader(kind: type[Any]) -> Read:
    """What makes an object of an input type of its coerced value: names as in GraphQL, scalars as Python's."""
    definition: StrawberryObjectDefinition = kind.__strawberry_definition__
    missing = {field.python_name: None for field in definition.fields if _has_no_default(field)}
    readers = {
        field.graphql_name or to_camel_case(field.python_name): (
            field.python_name,
            _reader(field.resolve_type(type_definition=definition)),
        )
        for field in definition.fields
    }

    def read(value: Mapping[str, Any]) -> Any:
        given: dict[str, Any] = dict(missing)
        for name, content in value.items():
            attribute, inner = readers[name]
            given[attribute] = content if inner is None or content is None else inner(content)
        return kind(**given)

    return read


def _has_no_default(field: StrawberryField) -> bool:
    return field.default is MISSING and field.default_factory is MISSING  # pyright: ignore[reportUnknownMemberType]


def _reader(kind: Any) -> Read | None:
    """What reads a value of a type; None for one that is as Python wants it."""
    if isinstance(kind, StrawberryOptional):
        return _reader(kind.of_type)
    if isinstance(kind, StrawberryList):
        return _list_reader(_reader(kind.of_type))
    if has_object_definition(kind):
        return input_reader(cast("type[Any]", kind))
    return None


def _list_reader(inner: Read | None) -> Read:
    if inner is None:
        return list

    def read(items: list[Any]) -> list[Any]:
        return [item if item is None else inner(item) for item in items]

    return read
