"""What a page's rows are gathered in: arrays of texts, of which its items, its facts and its cursors are made."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Boolean, ColumnElement, FromClause, LargeBinary, Text, func, literal_column
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import NamedFromClause

from leora_gql.compiler import ir
from leora_gql.graph.cursors import cursor_text
from leora_gql.graph.inputs import placeholder
from leora_gql.graph.json_text import or_null, quoted, raw
from leora_gql.graph.keyset import Page

JsonText = ColumnElement[str]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The texts of a page's rows in arrays `c0`, `c1`, …; the last are what its own cursors are made of, if any."""

    page: Page
    rows: FromClause | None = None
    count: int = 0
    pads: tuple[int, int] | None = None

    def items(self, index: int) -> JsonText:
        """The items of a JSON array: of an array without the one more that tells whether there are more."""
        array, size = self._array(index), self.page.size
        kept = (
            f"{array}[greatest(cardinality({array}) - {size}, 0) + 1:]"
            if self.page.backward
            else f"{array}[:{size}]"
        )
        return func.coalesce(
            func.array_to_string(literal_column(kept, ARRAY(Text())), raw(",")), raw(""), type_=Text()
        )

    def fact(self, fact: ir.PageFact) -> JsonText:
        """A fact of the page, as JSON."""
        if fact.endswith("Cursor"):
            assert self.pads is not None
            payload = literal_column(self._payload(first=fact == "startCursor"), Text())
            return or_null(quoted(signed(payload, self.pads)))
        if fact == ("hasPreviousPage" if self.page.backward else "hasNextPage"):
            more = literal_column(f"coalesce(cardinality({self._array(0)}), 0) > {self.page.size}", Boolean())
            return sql_cast(more, Text())
        return raw("true" if self.page.continues else "false")

    def _array(self, index: int) -> str:
        assert isinstance(self.rows, NamedFromClause)
        return f"{self.rows.name}.c{index}"

    def _payload(self, *, first: bool) -> str:
        array, size = self._array(self.count - 1), self.page.size
        if self.page.backward:
            index = f"greatest(cardinality({array}) - {size}, 0) + 1" if first else f"cardinality({array})"
        else:
            index = "1" if first else f"least(cardinality({array}), {size})"
        return f"{array}[{index}]"


def signed(payload: JsonText, pads: tuple[int, int]) -> JsonText:
    """The cursor of a payload; `pads` are the parameters of its signature's two keys."""
    inner, outer = (placeholder(number, LargeBinary()) for number in pads)
    return cursor_text(payload, inner, outer)
