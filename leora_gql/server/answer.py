"""The answer to an operation, on its way to the wire: `data` is JSON text already, the rest is small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError

from leora_gql.errors import ErrorCode, LeoraError, TooExpensive
from leora_gql.server.failures import formatted

RETRY_UNAVAILABLE = 1
"""Seconds after which it is worth asking again for what was UNAVAILABLE."""

Error = Mapping[str, Any]
"""An error as callers see it: `message`, `extensions` with its `code`, and where it happened."""


@dataclass(slots=True)  # not frozen: every request makes one, and would take three times as long
class Answer:
    """The parts of a GraphQL answer.

    `data` is the JSON text of `data`; None when the operation was refused before it began.
    """

    data: bytes | None
    errors: Sequence[Error] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def ran(self) -> bool:
        """Whether the operation began."""
        return self.data is not None

    def body(self) -> bytes:
        """The whole answer as JSON text."""
        parts: list[bytes] = []
        if self.data is not None:
            parts += (b',"data":', self.data)
        if self.errors:
            parts += (b',"errors":', orjson.dumps(self.errors))
        if self.extensions:
            parts += (b',"extensions":', orjson.dumps(self.extensions))
        parts[0] = b"{" + parts[0][1:]
        parts.append(b"}")
        return b"".join(parts)

    @property
    def codes(self) -> list[str]:
        """The codes of its errors, each once."""
        return sorted({error["extensions"]["code"] for error in self.errors})

    @property
    def retry_after(self) -> int | None:
        """The longest wait in seconds that an error asks for; None where none does."""
        return max((wait for error in self.errors if (wait := _wait(error)) is not None), default=None)


def check_size(size: int, limit: int) -> None:
    """Raise `TooExpensive` for the data of an answer that is longer than one may be."""
    if size > limit:
        raise TooExpensive(f"The answer is longer than {limit:,} bytes: ask for less at a time.")


def _wait(error: Error) -> int | None:
    extensions = error["extensions"]
    unavailable = extensions["code"] == ErrorCode.UNAVAILABLE
    return extensions.get("retryAfter", RETRY_UNAVAILABLE if unavailable else None)


def refusal(errors: Sequence[GraphQLError], *, request_id: str) -> Answer:
    """The answer to an operation that did not begin: errors and no data."""
    return Answer(None, [formatted(error, request_id=request_id) for error in errors])


def failure(error: LeoraError, *, request_id: str) -> Answer:
    """The answer to a request that came to nothing, for one reason that has no place in its document."""
    return Answer(
        None, [{"message": error.message, "extensions": {**error.extensions, "requestId": request_id}}]
    )
