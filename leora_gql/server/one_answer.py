"""Queries and mutations of live connections: those that have one answer, within the time that HTTP gives them."""

from __future__ import annotations

import asyncio

from graphql import OperationType

from leora_gql.server.answer import Answer, failure
from leora_gql.server.caller import Caller
from leora_gql.server.operation import Operations, Prepared
from leora_gql.server.operation_log import log_operation
from leora_gql.server.watch import took_too_long


async def answer_of(
    operations: Operations, prepared: Prepared, caller: Caller, *, transport: str, seconds: float
) -> Answer:
    """Run a query or mutation; a change is finished and recorded also when nobody waits for it any more."""
    running = _run(operations, prepared, caller, transport=transport, seconds=seconds)
    if prepared.kind is OperationType.QUERY:
        return await running
    changing = asyncio.ensure_future(running)
    try:
        return await asyncio.shield(changing)
    except asyncio.CancelledError:
        await asyncio.wait([changing])
        raise


async def _run(
    operations: Operations, prepared: Prepared, caller: Caller, *, transport: str, seconds: float
) -> Answer:
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer: Answer | None = None
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            answer = await operations.run(prepared, caller)
    except TimeoutError:
        if not limit.expired():
            raise
        answer = failure(took_too_long(seconds), request_id=caller.request_id)
        return answer
    else:
        return answer
    finally:
        log_operation(prepared.request, answer, caller, transport=transport, seconds=loop.time() - began)
