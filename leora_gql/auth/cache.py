"""A bounded memory with an end for each entry: what was used longest ago goes first."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from leora_gql.auth.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ExpiringCache(Generic[K, V]):
    """At most `size` entries, none of them given out at or after its end."""

    def __init__(self, size: int, *, clock: Clock) -> None:
        self._size = size
        self._clock = clock
        self._entries: OrderedDict[K, tuple[V, dt.datetime]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value, unless there is none or its time is over."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, ends_at = entry
        if self._clock() >= ends_at:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def ends_at(self, key: K) -> dt.datetime | None:
        """When the time of an entry is over; None where there is none."""
        entry = self._entries.get(key)
        return None if entry is None else entry[1]

    def put(self, key: K, value: V, *, until: dt.datetime) -> None:
        """Remember the value until that moment."""
        self._entries[key] = (value, until)
        self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def discard_where(self, condition: Callable[[V], bool]) -> None:
        """Forget each entry whose value meets the condition."""
        for key in [key for key, (value, _) in self._entries.items() if condition(value)]:
            del self._entries[key]
