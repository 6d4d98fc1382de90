"""The time as something that is handed in, so that tests can move it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

Clock = Callable[[], dt.datetime]
"""Gives the present moment, in UTC."""


def utc_now() -> dt.datetime:
    """The present moment by the machine's clock."""
    return dt.datetime.now(dt.UTC)
