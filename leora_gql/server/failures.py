"""What a caller may know of what went wrong: a sentence, a code of the closed list, the place, the request's id."""

from __future__ import annotations

import re
import traceback
from typing import Any

import structlog
from asyncpg.exceptions import (
    DataError,
    InsufficientPrivilegeError,
    InterfaceError,
    LockNotAvailableError,
    PostgresError,
    QueryCanceledError,
)
from graphql import GraphQLError
from sqlalchemy.exc import DBAPIError

from leora_gql.db.engine import CONNECTING_FAILED
from leora_gql.errors import BadUserInput, ErrorCode, Internal, LeoraError, TimedOut, Unavailable

log = structlog.get_logger("leora.operation")

_QUOTED = (
    (re.compile(r",? [fF]ound: .*", re.DOTALL), "."),
    (re.compile(r"( cannot represent [^:'\"]*value)( at '[^']*')?: .*", re.DOTALL), r"\1."),
    (re.compile(r"((?:^|[ :])(?:Block)?String) ['\"].*", re.DOTALL), r"\1."),
)
"""How the library's messages quote values, any of which can be a password; and what is left of them."""

_LONGEST = 500
"""Characters of a message. It is cut before its patterns are looked for, which takes quadratic time."""


def formatted(error: GraphQLError, *, request_id: str) -> dict[str, Any]:
    """An error as the caller sees it: nothing internal, a code of the closed list, the request's id."""
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        shown = public_error(cause, request_id=request_id)
        body: dict[str, Any] = {"message": shown.message, **_place(error)}
        body["extensions"] = {**shown.extensions, "requestId": request_id}
        return body
    code = (error.extensions or {}).get("code", ErrorCode.BAD_USER_INPUT.value)
    return {
        "message": _without_values(error.message),
        **_place(error),
        "extensions": {"code": code, "requestId": request_id},
    }


def _place(error: GraphQLError) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if error.locations:
        place["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        place["path"] = error.path
    return place


def _without_values(message: str) -> str:
    """Messages of the library quote what was sent: that is left out, and a long one is cut."""
    clean = message[: 2 * _LONGEST].encode("utf-8", "replace").decode()
    for pattern, left in _QUOTED:
        clean = pattern.sub(left, clean)
    return clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST]}…"


def public_error(cause: BaseException, *, request_id: str) -> LeoraError:
    """What a caller may know of an exception; the rest goes to the log under the request's id."""
    if isinstance(cause, LeoraError):
        return cause
    if isinstance(cause, DBAPIError):
        return _through_sqlalchemy(cause, request_id)
    if isinstance(cause, PostgresError | InterfaceError):
        statement = getattr(cause, "query", None)
        return _database_error(cause, cause, request_id=request_id, statement=statement)
    if isinstance(cause, CONNECTING_FAILED):
        return Unavailable()
    if isinstance(cause, RecursionError):
        return BadUserInput("The operation nests too deeply.")
    log.error("operation failed", request_id=request_id, exc_info=cause)
    return Internal()


def _message_of(error: object) -> str | None:
    """PostgreSQL's own sentence, unless it is about a value, which it would quote."""
    if not isinstance(error, PostgresError) or isinstance(error, DataError) or not error.args:
        return None
    return str(error.args[0])


def _through_sqlalchemy(cause: DBAPIError, request_id: str) -> LeoraError:
    original = getattr(cause.orig, "__cause__", None)
    if cause.connection_invalidated or isinstance(original, OSError):
        return Unavailable()
    return _database_error(original or cause.orig, cause, request_id=request_id, statement=cause.statement)


def _database_error(
    original: object, raised: BaseException, *, request_id: str, statement: str | None
) -> LeoraError:
    if isinstance(original, QueryCanceledError):
        return TimedOut("The database took longer than it may for one statement.")
    if isinstance(original, LockNotAvailableError):
        return TimedOut("Another change was in the way for longer than one may wait. Try again.")
    level = (
        "refused by the database" if isinstance(original, InsufficientPrivilegeError) else "database error"
    )
    # Not the exception itself: PostgreSQL quotes whole rows in its details, the driver what it cannot send.
    log.error(
        level,
        request_id=request_id,
        error=type(original).__name__,
        message=_message_of(original),
        statement=statement,
        place="".join(traceback.format_tb(raised.__traceback__)),
    )
    return Internal()
