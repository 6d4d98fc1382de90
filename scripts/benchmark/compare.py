"""Whether the stacks give the same answers, before anybody asks how fast they are."""

from __future__ import annotations

import base64
import binascii
import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast
from uuid import uuid4

import orjson

from benchmark.database import Database
from benchmark.load import UNIQUE
from benchmark.operations import Operation
from benchmark.stacks import Running


def compare(stacks: Sequence[Running], operation: Operation, database: Database) -> int:
    """The number of leaves of an operation's answer, the first of its answers compared on all stacks.

    Ours must agree in every value and the order of keys; the peer in shape and values, where it writes ids as UUIDs,
    amounts in minor units and moments with another precision. What mutations make differs in id and name, so of them
    only the shape counts. Raises `SystemExit` naming the first difference.
    """
    datas = {running.stack.title: _data(running, operation, database) for running in stacks}
    first, *others = datas
    for running, other in zip(stacks[1:], others, strict=True):
        left, right = datas[first], datas[other]
        if running.stack.is_peer or operation.name == "supplier":
            found = differences(left, right, shape_only=operation.name == "supplier")
        else:
            found = _byte_differences(left, right)
        for difference in found:
            raise SystemExit(f"{operation.title}: {first} and {other} differ {difference}")
    return sum(1 for _ in _leaves(datas[first]))


def _data(running: Running, operation: Operation, database: Database) -> Any:
    return running.answer(running.stack.bodies(operation, database)[0].replace(UNIQUE, uuid4().hex))


def _byte_differences(left: Any, right: Any) -> Iterator[str]:
    one, two = orjson.dumps(left), orjson.dumps(right)
    if one != two:
        at = next(
            (n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
        )
        yield f"at byte {at}: …{one[at - 60 : at + 60]!r} and …{two[at - 60 : at + 60]!r}"


def differences(ours: Any, peers: Any, *, path: str = "data", shape_only: bool = False) -> Iterator[str]:
    """Where the answers differ. The peer may leave out `userErrors`, which it has no equal of."""
    if isinstance(ours, dict) and isinstance(peers, dict):
        mine, theirs = cast("dict[str, Any]", ours), cast("dict[str, Any]", peers)
        if [key for key in mine if key != "userErrors"] != [key for key in theirs if key != "userErrors"]:
            yield f"at {path}: {list(mine)} and {list(theirs)}"
            return
        for key in theirs:
            yield from differences(mine[key], theirs[key], path=f"{path}.{key}", shape_only=shape_only)
    elif isinstance(ours, list) and isinstance(peers, list):
        left, right = cast("list[Any]", ours), cast("list[Any]", peers)
        if len(left) != len(right):
            yield f"at {path}: {len(left)} and {len(right)} rows"
            return
        for index, (mine, theirs) in enumerate(zip(left, right, strict=True)):
            yield from differences(mine, theirs, path=f"{path}.{index}", shape_only=shape_only)
    elif not (shape_only or same(ours, peers)):
        yield f"at {path}: {ours!r} and {peers!r}"


def same(ours: Any, peers: Any) -> bool:
    """Whether two leaves say the same, each in its own notation."""
    if ours == peers:
        return True
    if not (isinstance(ours, str) and isinstance(peers, str)):
        return False
    with contextlib.suppress(ValueError, binascii.Error):
        if base64.b64decode(ours, validate=True).decode().endswith(f":{peers}"):
            return True
    with contextlib.suppress(InvalidOperation):
        return Decimal(ours) in {Decimal(peers), Decimal(peers) / 100}
    with contextlib.suppress(ValueError):
        return dt.datetime.fromisoformat(ours) == dt.datetime.fromisoformat(peers)
    return False


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(cast("dict[str, Any]", value).values())
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _leaves(item)
    else:
        yield value
