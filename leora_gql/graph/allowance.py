"""What a caller may still ask for, after the operation that asks."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple


class Allowance(NamedTuple):
    """The state of the window of cost that leaves a caller the least; a tuple, since every operation makes one."""

    limit: int
    remaining: int
    ends: float
    """In seconds since 1970."""
    cost: int
    """What the operation itself was charged."""

    @property
    def reset_at(self) -> dt.datetime:
        """When the window ends and the whole limit is there again."""
        return dt.datetime.fromtimestamp(self.ends, dt.UTC)
