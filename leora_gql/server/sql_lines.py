"""SQL laid out for people: a line per clause, subqueries indented. Nothing but white space is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECE = re.compile(
    r"""E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|\s+|(?:(?!\bE')[^\s()'"])+""", re.DOTALL
)
_CLAUSES = frozenset(
    {"SELECT", "FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "OFFSET", "UNION", "LEFT", "JOIN"}
)
_WITHIN = {"FROM": {"DISTINCT"}, "JOIN": {"LEFT", "OUTER"}}
"""The words after which one of the clauses' is no beginning."""
_INDENT, _HALF = "    ", "  "
_WIDE = 100
"""Characters, from which on a line is broken before `||`."""


def sql_lines(sql: str) -> list[str]:
    """The lines of a statement."""
    layout = _Layout()
    pieces = [piece for piece in _PIECE.findall(sql) if piece]
    for piece, following in zip(pieces, _next_words(pieces), strict=True):
        layout.add(piece, following)
    return layout.lines()


def _next_words(pieces: list[str]) -> Iterator[str]:
    """For each piece the next one that is no white space."""
    following = ""
    found: list[str] = []
    for piece in reversed(pieces):
        found.append(following)
        if not piece.isspace():
            following = piece
    return reversed(found)


class _Layout:
    """`_nested` tells of each open parenthesis whether it holds a query."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._line = ""
        self._word = ""
        self._nested: list[bool] = [True]

    def add(self, piece: str, following: str) -> None:
        """Put the next piece down."""
        if piece.isspace():
            self._line += " " if self._line.strip() else ""
            return
        if piece == ")" and self._nested.pop():
            self._break()
        elif self._begins(piece):
            self._break()
            self._line += "" if piece in _CLAUSES else _HALF
        self._line += piece
        self._word = piece
        if piece == "(":
            self._nested.append(following == "SELECT")
            if self._nested[-1]:
                self._break()

    def lines(self) -> list[str]:
        """All lines."""
        self._break()
        return self._done

    def _begins(self, piece: str) -> bool:
        """Whether a line begins with the piece."""
        if piece == "||":
            return len(self._line) > _WIDE
        if not self._nested[-1]:
            return False
        return piece == "AND" or (piece in _CLAUSES and self._word not in _WITHIN.get(piece, ()))

    def _break(self) -> None:
        if self._line.strip():
            self._done.append(self._line.rstrip())
        self._line = _INDENT * (sum(self._nested) - 1)
