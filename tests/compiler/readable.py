"""SQL as a person reads it: a clause and a field of the answer each on a line of its own, indented as they nest."""

from __future__ import annotations

import re

from leora_gql.compiler.render import MARK

_PIECE = re.compile(r"""('(?:[^']|'')*'|\(SELECT\b|[()]|\s*\n\s*| \|\| (?=',"))""")
_INDENT = "  "


def readable(sql: str) -> str:
    """The statement with line breaks; the marks by which objects are counted are left out."""
    out = ""
    nests: list[bool] = []
    for piece in _PIECE.split(sql.replace(MARK, "")):
        if piece == "(SELECT":
            nests.append(True)
            out += f"({_line(nests)}SELECT"
        elif piece == "(":
            nests.append(False)
            out += piece
        elif piece == ")":
            out += f"{_line(nests[:-1])})" if nests.pop() else piece
        elif piece.startswith(" || ") and piece == " || ":
            out += f"{_line(nests)}|| "
        elif "\n" in piece and not piece.startswith("'"):
            out = out.rstrip() + _line(nests)
        else:
            out += piece
    return re.sub(r" +\n", "\n", out) + "\n"


def _line(nests: list[bool]) -> str:
    return "\n" + _INDENT * sum(nests)
