"""Chance that always falls the same way: one stream per seed, tenant and topic."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from typing import Final
from uuid import UUID

_VERSION_7: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62
_LOW: Final = (1 << 62) - 1


class Dice(random.Random):
    """Random choices that depend on the seed, the tenant and the topic alone."""

    def __init__(self, seed: int, slug: str, topic: str) -> None:
        super().__init__(f"{seed}/{slug}/{topic}")

    def happens(self, percent: float) -> bool:
        """True in so many of a hundred cases."""
        return self.random() * 100 < percent

    def id(self, moment: dt.datetime) -> UUID:
        """A UUIDv7 of that moment."""
        bits = self.getrandbits(74)
        milliseconds = int(moment.timestamp() * 1000)
        return UUID(int=milliseconds << 80 | _VERSION_7 | bits >> 62 << 64 | _VARIANT | bits & _LOW)


def tenant_id(slug: str, *, seed: int, scale: int) -> UUID:
    """The id of a demo tenant: another one for each seed and scale, the same on every day."""
    digest = hashlib.sha256(f"{slug}/{seed}/{scale}".encode()).digest()
    epoch = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    milliseconds = int(epoch.timestamp() * 1000)
    bits = int.from_bytes(digest[:10]) >> 6
    return UUID(int=milliseconds << 80 | _VERSION_7 | bits >> 62 << 64 | _VARIANT | bits & _LOW)
