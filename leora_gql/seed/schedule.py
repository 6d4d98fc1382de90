"""When who orders what kind of order: the whole history as one sorted list of numbers.

A number holds the minute, the account's index and the kind, so that a million orders need little
memory and come out in the order of time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from leora_gql.seed.accounts import Account
from leora_gql.seed.dice import Dice
from leora_gql.seed.plan import World

_KIND_BITS: Final = 3
_ACCOUNT_BITS: Final = 24


class Kind(IntEnum):
    """What an entry of the schedule is: an order that takes its course, or one that stops short of it."""

    ORDER = 0
    SAMPLE = 1
    DRAFT = 2
    WAITING = 3
    UNAPPROVED = 4
    CONFIRMED = 5
    HALF = 6


UNFINISHED: Final = {
    0: ((1, Kind.WAITING),),
    1: ((2, Kind.CONFIRMED),),
    2: ((9, Kind.HALF),),
    3: ((1, Kind.UNAPPROVED),),
    4: ((2, Kind.DRAFT),),
}
"""Orders that are under way today, of some accounts in twenty: days ago and how far they have come."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One order to be written: its day, its moment, whose it is."""

    day: dt.date
    at: dt.datetime
    account: Account
    kind: Kind


def schedule(accounts: list[Account], world: World) -> list[int]:
    """Every order of the accounts up to yesterday, packed and in the order of time."""
    dice = world.dice("schedule")
    entries: list[int] = []
    for index, account in enumerate(accounts):
        entries.extend(
            _pack(dice, (day - world.calendar.first).days, index, kind)
            for day, kind in _days(dice, index, account, world)
        )
    entries.sort()
    return entries


def unpack(entries: list[int], accounts: list[Account], world: World) -> Iterator[Entry]:
    """The entries as they are meant."""
    for entry in entries:
        minutes, rest = divmod(entry, 1 << _ACCOUNT_BITS + _KIND_BITS)
        index, kind = divmod(rest, 1 << _KIND_BITS)
        days, minute = divmod(minutes, 1440)
        day = world.calendar.first + dt.timedelta(days=days)
        yield Entry(day, world.calendar.at(day, minute), accounts[index], Kind(kind))


def _pack(dice: Dice, days: int, index: int, kind: Kind) -> int:
    minutes = days * 1440 + dice.randint(510, 1080)
    return (minutes << _ACCOUNT_BITS | index) << _KIND_BITS | kind


def _days(dice: Dice, index: int, account: Account, world: World) -> Iterator[tuple[dt.date, Kind]]:
    day = world.calendar.ago(account.quiet)
    if account.since > day:
        day = world.calendar.ago(dice.randint(1, 7))
    if dice.happens(15):
        yield world.calendar.ago(dice.randint(1, 5)), Kind.DRAFT
    for ago, kind in UNFINISHED.get(index % 20, ()):
        yield world.calendar.ago(ago), kind
    while day >= account.since:
        yield day, Kind.ORDER
        if dice.happens(2):
            yield day, Kind.ORDER
        if dice.happens(3):
            yield day, Kind.SAMPLE
        day -= dt.timedelta(days=max(1, round(dice.gauss(account.pace, account.pace / 5))))
