"""The intermediate form: what an operation selects, as plain data without a value in it.

Everything here is frozen and hashable, so equal shapes are equal keys: a statement is rendered once for all
operations, documents and values that have its shape. Values have numbers (see `graph.inputs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leora_gql.auth.principal import Rights
from leora_gql.graph.entity import Entity
from leora_gql.graph.listing import Listing

PageFact = Literal["hasNextPage", "hasPreviousPage", "startCursor", "endCursor"]


@dataclass(frozen=True, slots=True)
class Typename:
    """The name of the object's type."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class GlobalId:
    """The row's global id."""

    key: str


@dataclass(frozen=True, slots=True)
class Column:
    """A scalar field of the row, by its Python name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A text under a name in a JSON column."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """A JSON column as an object."""

    key: str
    name: str
    fields: tuple[Stored | Typename, ...]


@dataclass(frozen=True, slots=True)
class ToOne:
    """The row that a relation leads to, or null."""

    key: str
    relation: str
    target: Row


@dataclass(frozen=True, slots=True)
class ToMany:
    """The connection of the rows that a relation leads to."""

    key: str
    relation: str
    connection: Connection


RowField = Typename | GlobalId | Column | Embedded | ToOne | ToMany


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an entity as an object. `rights`: see `graph.conditions.rights_for`."""

    entity: Entity
    rights: Rights | None
    fields: tuple[RowField, ...]


@dataclass(frozen=True, slots=True)
class Nodes:
    """The rows of a page."""

    key: str
    row: Row


@dataclass(frozen=True, slots=True)
class Cursor:
    """The cursor of an edge."""

    key: str


@dataclass(frozen=True, slots=True)
class EdgeNode:
    """The row of an edge."""

    key: str
    row: Row


@dataclass(frozen=True, slots=True)
class Edges:
    """The rows of a page with their cursors."""

    key: str
    fields: tuple[Cursor | EdgeNode | Typename, ...]


@dataclass(frozen=True, slots=True)
class PageInfoField:
    """One fact of where a page lies."""

    key: str
    fact: PageFact


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page lies."""

    key: str
    fields: tuple[PageInfoField | Typename, ...]


@dataclass(frozen=True, slots=True)
class TotalCount:
    """The number of rows on all pages."""

    key: str


ConnectionField = Typename | Nodes | Edges | PageInfo | TotalCount


@dataclass(frozen=True, slots=True)
class Connection:
    """A page of a list. `pads` are the parameters that cursors are signed with, None where none is selected."""

    listing: Listing
    rights: Rights | None
    fields: tuple[ConnectionField, ...]
    pads: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Lookup:
    """The one row whose column holds a parameter's value, or null."""

    key: str
    row: Row
    column: str
    parameter: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """Null: the id is of a type that the caller may not see."""

    key: str


@dataclass(frozen=True, slots=True)
class RowsByIds:
    """Rows of several types in the order of their ids; null where there is none to see.

    `types` and `ids` are parameters: arrays of type names and of keys.
    """

    key: str
    rows: tuple[Row, ...]
    types: int
    ids: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A connection of the root."""

    key: str
    connection: Connection


@dataclass(frozen=True, slots=True)
class CreatedRow:
    """The row that a mutation made."""

    key: str
    row: Row


@dataclass(frozen=True, slots=True)
class CreatedEdge:
    """The row that a mutation made, as an edge of its entity's list; `connection` has nothing but that edge."""

    key: str
    connection: Connection


@dataclass(frozen=True, slots=True)
class NoErrors:
    """The empty list of what is wrong."""

    key: str


@dataclass(frozen=True, slots=True)
class Payload:
    """The answer to a mutation that has been done; its row's key is a parameter."""

    key: str
    parameter: int
    fields: tuple[CreatedRow | CreatedEdge | NoErrors | Typename, ...]


RootField = Typename | Lookup | Nothing | RowsByIds | Listed | Payload


@dataclass(frozen=True, slots=True)
class Root:
    """A whole operation."""

    fields: tuple[RootField, ...]
