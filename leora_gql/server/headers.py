"""The headers of a request, read from its scope once."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Scope

Headers = Mapping[bytes, bytes]
"""Values by lower-case name."""


def read_headers(scope: Scope) -> Headers:
    """The headers of a scope.

    Lines of one name become one value with commas, as RFC 9110 has it. Where only one value can be meant (a
    credential, a tenant) the joined one is none, so what two of them meant is never guessed.
    """
    lines: list[tuple[bytes, bytes]] = scope["headers"]
    headers = dict(lines)
    return headers if len(headers) == len(lines) else _joined(lines)


def header(headers: Headers, name: bytes) -> str | None:
    """One header as text; None where the request has none."""
    value = headers.get(name)
    return None if value is None else value.decode("latin-1")


def _joined(lines: list[tuple[bytes, bytes]]) -> Headers:
    values: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        values.setdefault(name, []).append(value)
    return {name: b", ".join(found) for name, found in values.items()}
