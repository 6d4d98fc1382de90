"""What the log says of operations, whichever way they came."""

from __future__ import annotations

import logging

import structlog

from leora_gql.server.answer import Answer
from leora_gql.server.caller import Caller
from leora_gql.server.request import OperationRequest

SLOW = 1.0
"""Seconds: an operation that takes longer is logged even where all others are not."""

_LONGEST_LOGGED = 100
"""Characters of an operation's name: the caller chooses it."""

log = structlog.get_logger("leora.operations")
_standard_log = logging.getLogger("leora.operations")
"""Where `log` ends; it knows sooner whether a line would be written at all."""


def log_operation(
    asked: OperationRequest, answer: Answer | None, caller: Caller, *, transport: str, seconds: float | None
) -> None:
    """One line for an operation that failed, was cut off or took long; for all others at debug only.

    Without an answer it was cut off. `seconds` is None for subscriptions: they take as long as they are wanted.
    """
    passed = answer is not None and not answer.errors and (seconds is None or seconds < SLOW)
    if passed and not _standard_log.isEnabledFor(logging.DEBUG):
        return
    principal, name = caller.principal, asked.operation_name
    log.log(
        logging.DEBUG if passed else logging.INFO,
        "operation",
        transport=transport,
        request_id=caller.request_id,
        operation=name and name[:_LONGEST_LOGGED],
        tenant=principal.tenant_slug if principal else None,
        actor=str(principal.id) if principal else None,
        codes=answer.codes if answer else None,
        milliseconds=None if seconds is None else round(seconds * 1000),
    )
