"""The answer to an operation, on its way to the wire: `data` is JSON text already, the rest is small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError

from leora_gql.server.failures import formatted, public_error

Error = Mapping[str, Any]
"""An error as callers see it: `message`, `extensions` with its `code`, and where it happened."""


@dataclass(frozen=True, slots=True)
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
            parts.append(b'"data":' + self.data)
        if self.errors:
            parts.append(b'"errors":' + orjson.dumps(self.errors))
        if self.extensions:
            parts.append(b'"extensions":' + orjson.dumps(self.extensions))
        return b"{" + b",".join(parts) + b"}"

    @property
    def retry_after(self) -> int | None:
        """The longest wait in seconds that an error asks for; None where none does."""
        waits = [
            error["extensions"]["retryAfter"] for error in self.errors if "retryAfter" in error["extensions"]
        ]
        return max(waits, default=None)


def refusal(errors: Sequence[GraphQLError], *, request_id: str) -> Answer:
    """The answer to an operation that did not begin: errors and no data."""
    return Answer(None, [formatted(error, request_id=request_id) for error in errors])


def failure(error: Exception, *, request_id: str) -> Answer:
    """The answer where something went wrong beside the operation; what a caller may not know is logged."""
    shown = public_error(error, request_id=request_id)
    return Answer(
        None, [{"message": shown.message, "extensions": {**shown.extensions, "requestId": request_id}}]
    )
