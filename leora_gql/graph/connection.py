"""Connections: the Relay types, the arguments of a page, and the page that answers them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import strawberry
from sqlalchemy import RowMapping

from leora_gql.errors import BadUserInput
from leora_gql.graph.cursors import CursorCodec
from leora_gql.graph.keyset import Page, sort_label
from leora_gql.graph.node import Record
from leora_gql.graph.reading import ListRequest

T = TypeVar("T")

DEFAULT_PAGE = 20
MAX_PAGE = 100
MAX_OFFSET = 10_000
LISTED = "listed"
"""In a field's metadata: how many objects its list holds at most, where that is not `DEFAULT_PAGE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageArguments:
    """The paging arguments of a connection field as they came."""

    first: int | None = None
    last: int | None = None
    after: str | None = None
    before: str | None = None
    offset: int | None = None

    def page(self, codec: CursorCodec) -> Page:
        """The part of the list that they ask for. Raises `BadUserInput` for what cannot be meant."""
        backward = self.last is not None or (self.before is not None and self.first is None)
        self._check(backward=backward)
        size = self.last if self.last is not None else self.first
        cursor = self.before if backward else self.after
        return Page(
            limit=(DEFAULT_PAGE if size is None else size) + 1,
            offset=self.offset or 0,
            values=None if cursor is None else codec.decode(cursor),
            backward=backward,
        )

    def _check(self, *, backward: bool) -> None:
        if self.first is not None and self.last is not None:
            raise BadUserInput("Give either first or last, not both.")
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 1 <= size <= MAX_PAGE:
                raise BadUserInput(f"{name} is a whole number from 1 to {MAX_PAGE}.")
        if (self.after if backward else self.before) is not None:
            raise BadUserInput("after goes with first, before goes with last.")
        if self.offset is None:
            return
        if not 0 <= self.offset <= MAX_OFFSET:
            raise BadUserInput(f"offset is a whole number from 0 to {MAX_OFFSET}; use cursors to go further.")
        if backward or self.after is not None:
            raise BadUserInput("offset goes with first only, not with a cursor.")


@dataclass(slots=True, kw_only=True)
class ConnectionPage:
    """One page as resolvers see it.

    `cursor` signs that of the record at an index, and `count` counts the rows of all pages: both
    cost something, so they are called only for what was asked for.
    """

    records: list[Record]
    cursor: Callable[[int], str]
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class PageReader:
    """Turns the rows that a list's statement gave into a `ConnectionPage`."""

    request: ListRequest
    codec: CursorCodec

    def read(self, rows: Sequence[RowMapping], count: Callable[[], Awaitable[int]]) -> ConnectionPage:
        """The page; `rows` hold one more than it where there are more in the direction of reading."""
        page = self.request.page
        more = len(rows) >= page.limit
        kept = list(rows[: page.limit - 1])
        if page.backward:
            kept.reverse()
        came_from = page.values is not None or page.offset > 0
        return ConnectionPage(
            records=[self.request.shape.record(row) for row in kept],
            cursor=lambda index: self._cursor(kept[index]),
            has_next=came_from if page.backward else more,
            has_previous=more if page.backward else came_from,
            count=count,
        )

    def _cursor(self, row: RowMapping) -> str:
        keys = range(len(self.request.ordering.keys))
        return self.codec.encode([row[sort_label(index)] for index in keys])


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = strawberry.field(description="Whether there are more rows after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are rows before this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first row; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last row; null on an empty page."
    )


@strawberry.type(description="A row of a list and its place in it.")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str = strawberry.field(
        description="The row's place in this ordering; pass it as after or before."
    )
    node: T = strawberry.field(description="The row.")


def _nodes(root: ConnectionPage) -> Any:
    return root.records


class _LazyEdge:
    """An edge whose cursor is signed only when it is asked for."""

    __slots__ = ("_index", "_page", "node")

    def __init__(self, page: ConnectionPage, index: int) -> None:
        self._page = page
        self._index = index
        self.node = page.records[index]

    @property
    def cursor(self) -> str:
        return self._page.cursor(self._index)


def _edges(root: ConnectionPage) -> Any:
    return [_LazyEdge(root, index) for index in range(len(root.records))]


def _page_info(root: ConnectionPage) -> PageInfo:
    last = len(root.records) - 1
    return PageInfo(
        has_next_page=root.has_next,
        has_previous_page=root.has_previous,
        start_cursor=None if last < 0 else root.cursor(0),
        end_cursor=None if last < 0 else root.cursor(last),
    )


async def _total_count(root: ConnectionPage) -> int:
    return await root.count()


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    """Relay's connection, with `nodes` for those who need no cursors."""

    nodes: list[T] = strawberry.field(resolver=_nodes, description="The rows of this page.")
    edges: list[Edge[T]] = strawberry.field(
        resolver=_edges, description="The rows of this page with their cursors."
    )
    page_info: PageInfo = strawberry.field(
        resolver=_page_info, description="Where this page lies in the list."
    )
    total_count: int = strawberry.field(
        resolver=_total_count,
        description="How many rows the list has on all pages; counted only when asked for.",
    )
