"""Whatever is asked and whoever asks: the compiled way answers what the resolved way answers, byte for byte."""

from __future__ import annotations

import os

import orjson
import pytest
from hypothesis import HealthCheck, Phase, event, given, note, settings

from leora_gql.schema import product_schema
from tests.compiler.conftest import PEOPLE, Seeded
from tests.compiler.operations import Operation, operations

EXAMPLES = int(os.environ.get("LEORA_EXAMPLES", "600"))
"""Operations per person; tens of thousands take an hour."""

SCHEMA = product_schema()._schema
OURS = {"INTERNAL", "TIMEOUT", "UNAVAILABLE", "GRAPHQL_PARSE_FAILED"}
"""Codes that no operation here gives cause for."""


@pytest.mark.parametrize("who", PEOPLE)
def test_both_ways_give_the_same_answer(seeded: Seeded, who: str) -> None:
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
        _count(operation, resolved, compiled)
        assert not _codes(resolved) & OURS, resolved.decode()
        if compiled is not None:
            assert compiled.decode() == resolved.decode()

    check()


def _codes(answer: bytes) -> set[str]:
    return {error["extensions"]["code"] for error in orjson.loads(answer).get("errors", ())}


def _count(operation: Operation, resolved: bytes, compiled: bytes | None) -> None:
    """What `--hypothesis-show-statistics` shows."""
    event("way", "resolved only" if compiled is None else "both")
    for code in _codes(resolved):
        event("error", code)
    for feature in operation.features:
        event(feature)
