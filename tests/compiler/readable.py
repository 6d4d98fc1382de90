"""SQL as a person reads it: a clause and a field of the answer each on a line of its own, indented as they nest."""

from __future__ import annotations

import re

from leora_gql.compiler.render import MARK

_PIECE = re.compile(r"('(?:[^']|'')*'|\(SELECT\b|[()]|\s*\n\s*| ORDER BY )")


def readable(sql: str) -> str:
    """The statement with line breaks; the marks by which objects are counted are left out."""
    pieces = _PIECE.split(sql.replace(MARK, ""))
    out, nests = "", list[bool]()
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        if piece in ("(SELECT", "("):
            nests.append(piece != "(")
            out += f"({_line(nests)}SELECT" if nests[-1] else piece
        elif piece == ")":
            is_query = nests.pop()
            out = f"{out.rstrip()}{_line(nests)})" if is_query else out + piece
        elif (piece.isspace() and "\n" in piece) or piece == " ORDER BY ":
            out = out.rstrip() + _line(nests) + piece.lstrip()
        elif piece == " || " and re.match(r"'[\]}]*,\"", following):
            out += f"{_line(nests)}|| "
        else:
            out += piece
    return re.sub(r" +\n", "\n", out) + "\n"


def _line(nests: list[bool]) -> str:
    return "\n" + "  " * sum(nests)
