"""The operations that run on one socket, each in a task of its own, known by the id that the client gave it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from graphql import OperationType

from leora_gql.errors import RateLimited, Unauthenticated
from leora_gql.server.answer import Answer, failure
from leora_gql.server.caller import Caller
from leora_gql.server.failures import public_error
from leora_gql.server.one_answer import answer_of
from leora_gql.server.operation import Operations, Prepared
from leora_gql.server.operation_log import log_operation
from leora_gql.server.outbox import Outbox, SlowReader
from leora_gql.server.presence import Presence
from leora_gql.server.websocket_protocol import (
    SocketEnd,
    Subscribe,
    complete_message,
    error_message,
    next_message,
)
from leora_gql.settings import Settings

_TRANSPORT = "websocket"
_AT_ONCE = 8
"""Queries and mutations of one socket that run, or whose answer waits to be read, at the same time."""

CallerOf = Callable[[str], Caller]
"""Gives the caller as it is now, for an operation with that request id."""


class SocketOperations:
    """Starts and stops the operations of one socket, within the task group that the socket lives in."""

    def __init__(
        self,
        operations: Operations,
        *,
        presence: Presence,
        caller: CallerOf,
        outbox: Outbox,
        group: asyncio.TaskGroup,
        settings: Settings,
    ) -> None:
        self._operations = operations
        self._presence = presence
        self._caller = caller
        self._outbox = outbox
        self._group = group
        self._most = settings.socket_operations
        self._seconds = settings.request_timeout_seconds
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, message: Subscribe, *, request_id: str) -> None:
        """Run the operation. Raises `SocketEnd` (4409) when its id is in use."""
        if message.id in self._running:
            raise SocketEnd(4409, f"Subscriber for {message.id} already exists")
        if len(self._running) >= self._most:
            full = RateLimited(f"A socket carries at most {self._most} operations at a time.", retry_after=1)
            self._refuse(message.id, failure(full, request_id=request_id))
            return
        task = self._group.create_task(self._run(message, request_id))
        self._running[message.id] = task
        task.add_done_callback(lambda done: self._ended(message.id, done))

    def stop(self, operation: str) -> None:
        """The client wants no more of it; nothing is sent about it from now on."""
        task = self._running.pop(operation, None)
        if task is not None:
            task.cancel()

    def _ended(self, operation: str, task: asyncio.Task[None]) -> None:
        if self._running.get(operation) is task:
            del self._running[operation]

    async def _run(self, message: Subscribe, request_id: str) -> None:
        try:
            await self._presence.current()
            prepared = self._operations.prepare(message.request, self._caller(request_id))
            if isinstance(prepared, Answer):
                self._refuse(message.id, prepared)
            elif prepared.kind is OperationType.SUBSCRIPTION:
                await self._follow(message.id, prepared, request_id)
            else:
                await self._answer(message.id, prepared, request_id)
        except Unauthenticated as error:
            raise SocketEnd(4403, error.message) from None
        except (SocketEnd, SlowReader):
            raise
        except Exception as error:  # noqa: BLE001  the last line: whatever happened, the caller gets no stack
            shown = public_error(error, request_id=request_id)
            self._refuse(message.id, failure(shown, request_id=request_id))

    async def _follow(self, operation: str, prepared: Prepared, request_id: str) -> None:
        answers = self._operations.subscribe(prepared, lambda: self._caller(request_id))
        first = True
        async with aclosing(answers):
            async for answer in answers:
                if first:
                    caller = self._caller(request_id)
                    log_operation(prepared.request, answer, caller, transport=_TRANSPORT, seconds=None)
                    first = False
                if not answer.ran:
                    self._refuse(operation, answer)
                    return
                await self._outbox.offer(next_message(operation, answer))
        self._complete(operation)

    async def _answer(self, operation: str, prepared: Prepared, request_id: str) -> None:
        async with self._turns:
            answer = await answer_of(
                self._operations,
                prepared,
                self._caller(request_id),
                transport=_TRANSPORT,
                seconds=self._seconds,
            )
            await self._outbox.room()
            if not answer.ran:
                self._refuse(operation, answer)
                return
            self._outbox.put(next_message(operation, answer))
            self._complete(operation)

    def _refuse(self, operation: str, answer: Answer) -> None:
        self._forget(operation)
        self._outbox.put(error_message(operation, answer.errors))

    def _complete(self, operation: str) -> None:
        self._forget(operation)
        self._outbox.put(complete_message(operation))

    def _forget(self, operation: str) -> None:
        """The id is free from the moment that the client can know of it."""
        if self._running.get(operation) is asyncio.current_task():
            del self._running[operation]
