"""Every error a caller can meet, as one tree.

    LeoraError                      a sentence for the caller and a stable code
    ├── Unauthenticated             UNAUTHENTICATED   no principal, or one that no longer counts
    ├── Forbidden                   FORBIDDEN         the principal lacks a permission or audience
    ├── NotFound                    NOT_FOUND         no such row, or none that the caller may see
    ├── BadUserInput                BAD_USER_INPUT    a value that cannot mean anything here
    ├── ParseFailed                 GRAPHQL_PARSE_FAILED
    ├── ValidationFailed            GRAPHQL_VALIDATION_FAILED
    ├── TooExpensive                OPERATION_TOO_EXPENSIVE
    ├── PersistedQueryNotFound      PERSISTED_QUERY_NOT_FOUND
    ├── Conflict                    CONFLICT          somebody else was faster
    ├── RateLimited                 RATE_LIMITED      try again after `retry_after` seconds
    ├── TimedOut                    TIMEOUT           the operation took longer than it may
    ├── Unavailable                 UNAVAILABLE       a part we need does not answer; try again
    └── Internal                    INTERNAL          our fault; the log knows, the caller does not
    OperatorError                   not for callers: a sentence for the person at the terminal

`ErrorCode` is the closed list: nothing else is ever in `extensions.code`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class ErrorCode(StrEnum):
    """The values that `extensions.code` of an error can have."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_TOO_EXPENSIVE = "OPERATION_TOO_EXPENSIVE"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    CONFLICT = "CONFLICT"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


class LeoraError(Exception):
    """An error that may be shown to the caller: its message holds nothing internal."""

    code: ClassVar[ErrorCode] = ErrorCode.INTERNAL

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def extensions(self) -> dict[str, object]:
        """What stands in the error's `extensions`, the code first."""
        return {"code": self.code.value}


class Unauthenticated(LeoraError):
    """Nobody is signed in, or the credential no longer counts."""

    code = ErrorCode.UNAUTHENTICATED

    def __init__(self, message: str = "Sign in to use this field.") -> None:
        super().__init__(message)


class Forbidden(LeoraError):
    """The caller is known and may not; names the permission (or audience) that is missing."""

    code = ErrorCode.FORBIDDEN

    def __init__(
        self,
        message: str | None = None,
        *,
        required_permission: str | None = None,
        required_audience: str | None = None,
    ) -> None:
        if message is None:
            message = (
                f"This needs the permission {required_permission}."
                if required_permission
                else "This is not open to your kind of account."
            )
        super().__init__(message)
        self.required_permission = required_permission
        self.required_audience = required_audience

    @property
    def extensions(self) -> dict[str, object]:
        """The code, and `requiredPermission` or `requiredAudience`."""
        extensions = super().extensions
        if self.required_permission:
            extensions["requiredPermission"] = self.required_permission
        if self.required_audience:
            extensions["requiredAudience"] = self.required_audience
        return extensions


class NotFound(LeoraError):
    """No such row, or none that the caller may see: the two are never told apart."""

    code = ErrorCode.NOT_FOUND


class BadUserInput(LeoraError):
    """A value that cannot mean anything here: an id, cursor, number, date or argument."""

    code = ErrorCode.BAD_USER_INPUT


class ParseFailed(LeoraError):
    """The document is not GraphQL."""

    code = ErrorCode.GRAPHQL_PARSE_FAILED


class ValidationFailed(LeoraError):
    """The document is GraphQL, but not for this schema."""

    code = ErrorCode.GRAPHQL_VALIDATION_FAILED


class TooExpensive(LeoraError):
    """The operation would cost more than this caller may spend."""

    code = ErrorCode.OPERATION_TOO_EXPENSIVE


class PersistedQueryNotFound(LeoraError):
    """The hash of a stored operation that we do not have."""

    code = ErrorCode.PERSISTED_QUERY_NOT_FOUND


class Conflict(LeoraError):
    """Somebody else was faster, or the same key came with another request."""

    code = ErrorCode.CONFLICT


class RateLimited(LeoraError):
    """Too many attempts; `retry_after` is in seconds."""

    code = ErrorCode.RATE_LIMITED

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def extensions(self) -> dict[str, object]:
        """The code, and `retryAfter` in seconds."""
        return {**super().extensions, "retryAfter": self.retry_after}


class TimedOut(LeoraError):
    """The operation took longer than it may."""

    code = ErrorCode.TIMEOUT


class Unavailable(LeoraError):
    """A part that we need does not answer at the moment; trying again after `retry_after` seconds may help."""

    code = ErrorCode.UNAVAILABLE

    def __init__(
        self, message: str = "The database does not answer. Try again shortly.", *, retry_after: int = 1
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def extensions(self) -> dict[str, object]:
        """The code, and `retryAfter` in seconds."""
        return {**super().extensions, "retryAfter": self.retry_after}


class Internal(LeoraError):
    """Our fault. The log has the cause under the request's id; the caller gets only the id."""

    code = ErrorCode.INTERNAL

    def __init__(self, message: str = "Something went wrong on our side.") -> None:
        super().__init__(message)


class OperatorError(Exception):
    """A sentence for the person at the terminal: what is wrong and what to do; exit code 1."""
