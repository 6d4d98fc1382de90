"""Ends the work for a request when its time is over, or when the caller is gone and nobody waits for it any more."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from leora_gql.errors import TimedOut
from leora_gql.server.body import Disconnected
from leora_gql.server.request import HttpError

LOOK_AFTER = 0.1
"""Seconds until anything is done about a request: almost all are answered by then and cost one timer."""


def took_too_long(seconds: float) -> TimedOut:
    """Why an operation was ended that had so many seconds."""
    return TimedOut(f"The operation took longer than {seconds:g} seconds and was ended.")


class Watch:
    """Around the work of one request; cancels it from within its own task.

        with Watch(receive, seconds=10) as watch:
            body = await read_body(...)
            watch.body_is_read()
            answer = await run(...)

    Leaving it raises why the work was ended: `TimedOut`, `HttpError` (408) where the body was still on its way, or
    `Disconnected`. From `body_is_read` on, the
    watch may listen to `receive`, so nobody else may.
    """

    def __init__(self, receive: Receive, *, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._reading = True
        self._listener: asyncio.Task[None] | None = None
        self._ended_by: Exception | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the watch began."""
        return self._loop.time() - self._began

    def body_is_read(self) -> None:
        """All of the request is here: from now on only its caller's leaving can arrive."""
        self._reading = False

    def __enter__(self) -> Self:
        """Begin, in the task that does the work."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A request is worked on in a task.")
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = self._loop.call_later(min(LOOK_AFTER, self._seconds), self._look)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop watching; say why, where the work was ended."""
        self._timer.cancel()
        if self._listener is not None:
            self._listener.cancel()
        if self._ended_by is None:
            return
        # Somebody else, the server that stops, may want the task cancelled too: that stays.
        alone = self._task.uncancel() <= self._cancelling
        if alone and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise self._ended_by from error

    def _look(self) -> None:
        left = self._seconds - self.elapsed
        if left <= 0:
            self._end(self._late())
            return
        if self._reading:
            left = min(left, LOOK_AFTER)
        elif self._listener is None:
            self._listener = self._loop.create_task(self._listen())
        self._timer = self._loop.call_later(left, self._look)

    def _late(self) -> Exception:
        if self._reading:
            late = TimedOut(f"The request did not arrive within {self._seconds:g} seconds.")
            return HttpError(408, late, headers={"Connection": "close"})
        return took_too_long(self._seconds)

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._end(Disconnected())

    def _end(self, why: Exception) -> None:
        if self._ended_by is None:
            self._ended_by = why
            self._task.cancel()
