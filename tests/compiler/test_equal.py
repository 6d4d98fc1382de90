"""Whatever is asked and whoever asks: the compiled way answers what the resolved way answers, byte for byte."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings

from leora_gql.schema import product_schema
from tests.compiler.conftest import PEOPLE, Seeded
from tests.compiler.operations import Operation, operations

EXAMPLES = int(os.environ.get("LEORA_EXAMPLES", "600"))
"""Operations per person: some 25 ms each. `pytest -rP` shows what they made use of."""

SCHEMA = product_schema()._schema
OURS = {"INTERNAL", "TIMEOUT", "UNAVAILABLE", "GRAPHQL_PARSE_FAILED"}
"""Codes that no operation here gives cause for."""


@pytest.mark.parametrize("who", PEOPLE)
def test_both_ways_give_the_same_answer(seeded: Seeded, who: str) -> None:
    met: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=False,
        print_blob=True,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(operations(SCHEMA, seeded.values(who)))
    def check(operation: Operation) -> None:
        note(str(operation))
        resolved = seeded.resolved(operation, who)
        compiled = seeded.compiled(operation, who)
        met.update(_features(operation, resolved, compiled=compiled is not None))
        assert not _codes(resolved) & OURS, resolved.decode()
        if compiled is not None:
            assert compiled.decode() == resolved.decode()

    check()
    sys.stdout.write("".join(f"{met[one] / met['all']:7.1%} {one}\n" for one in sorted(met)))


def _codes(answer: bytes) -> set[str]:
    return {error["extensions"]["code"] for error in orjson.loads(answer).get("errors", ())}


def _features(operation: Operation, resolved: bytes, *, compiled: bool) -> set[str]:
    """What an operation made use of, and what came of it."""
    answer = orjson.loads(resolved)
    met = {"all", *operation.features, *(f"error: {code}" for code in _codes(resolved))}
    if compiled:
        met.add("answer: compiled")
    if answer.get("data") is not None:
        met.add("answer: data")
    if _found(answer.get("data")):
        met.add("answer: values of rows")
    return met


def _found(data: Any) -> bool:
    """Whether anything in the answer came from a row."""
    if isinstance(data, dict):
        return any(_found(value) for value in data.values())
    if isinstance(data, list):
        return any(_found(value) for value in data)
    return data not in (None, True, False, 0) and data not in SCHEMA.type_map
