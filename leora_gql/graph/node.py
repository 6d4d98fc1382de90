"""Global object identification: opaque ids, the `Node` interface, and the record behind every node."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import strawberry

from leora_gql.db.driver import uuid_of
from leora_gql.errors import BadUserInput

if TYPE_CHECKING:
    from leora_gql.graph.entity import Entity


_HEX = rb"[0-9a-f]"
_GLOBAL_ID = re.compile(rb"([A-Za-z]+):(%b{8}-%b{4}-%b{4}-%b{4}-%b{12})" % (_HEX, _HEX, _HEX, _HEX, _HEX))


class Record:
    """One row as resolvers see it: the entity it belongs to, and the selected columns by field name."""

    __slots__ = ("entity", "key", "values")

    def __init__(self, entity: Entity, key: UUID, values: dict[str, Any]) -> None:
        self.entity = entity
        self.key = key
        self.values = values


def read_field(source: object, name: str) -> object:
    """The default resolver: a record's selected value, or an attribute of anything else."""
    if isinstance(source, Record):
        return source.values[name]
    return getattr(source, name)


def as_graphql(found: object) -> Any:
    """What a resolver written by hand gives back, where its annotation names a GraphQL type.

    Strawberry reads the schema from the annotation; the value is a record (or several, or none)
    that stands for the type, which pyright cannot know.
    """
    return found


def encode_id(type_name: str, key: UUID) -> str:
    """The global id of a row: base64 of `Type:uuid`."""
    return base64.b64encode(f"{type_name}:{key}".encode()).decode()


def decode_id(global_id: str) -> tuple[str, UUID]:
    """The type name and key in a global id. Raises `BadUserInput` for anything that is none."""
    try:
        raw = binascii.a2b_base64(global_id, strict_mode=True)
    except (binascii.Error, ValueError):
        raw = b""
    parts = _GLOBAL_ID.fullmatch(raw)
    if parts is None or binascii.b2a_base64(raw, newline=False).decode() != global_id:
        raise BadUserInput("That is not an id of this API.")
    return parts[1].decode(), uuid_of(parts[2].decode())


def decode_id_of(type_name: str, global_id: str) -> UUID:
    """The key in a global id that must be of `type_name`. Raises `BadUserInput` otherwise."""
    found, key = decode_id(global_id)
    if found != type_name:
        raise BadUserInput(f"That is not the id of a {type_name}.")
    return key


def _node_id(root: Record) -> strawberry.ID:
    return strawberry.ID(encode_id(root.entity.name, root.key))


def concrete_type(value: Record, *_: object) -> str:
    """The GraphQL type of a record, for interfaces."""
    return value.entity.name


def id_field() -> strawberry.ID:
    """The field of a record's global id, for interfaces."""
    return strawberry.field(
        resolver=_node_id, description="The global id: opaque, unique across all types and tenants."
    )


@strawberry.interface(description="Anything that has an id of its own and can be fetched by it.")
class Node:
    """The Relay interface that every entity implements."""

    id: strawberry.ID = id_field()

    @classmethod
    def resolve_type(cls, value: Record, *_: object) -> str:
        """The GraphQL type of a record."""
        return concrete_type(value)
