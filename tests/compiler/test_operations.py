"""The generated operations themselves: valid, varied, and small when one fails."""

from __future__ import annotations

from collections import Counter

import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, Phase, given, settings

from leora_gql.schema import product_schema
from tests.api import ADMIN, BUYER
from tests.compiler.conftest import Seeded
from tests.compiler.operations import Operation, operations

SCHEMA = product_schema()._schema
EXAMPLES = settings(
    max_examples=1000,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

FEATURES = """
    __typename; alias; list; merged selections; one: by id; id: foreign or unknown; list: single value
    fragment: on a type; fragment: on an interface; fragment: shared; several operations
    inline fragment: no condition; inline fragment: the same type; inline fragment: narrower; inline fragment: wider
    @include: True; @include: False; @skip: True; @skip: False
    variable: given; variable: strict; variable: default; variable: strict default; variable: unused default
    variable: absent; variable: null; variable: used twice
    page: first; page: last; page: first after; page: last before; page: first offset; page: none; page: after
    orderBy: 1 keys; orderBy: 2 keys; orderBy: 3 keys; page: bad arguments
    where: and; where: or; where: not; where: to-one; where: some; where: none; where: every; where: nasty value
    where: eq; where: ne; where: in; where: notIn; where: lt; where: lte; where: gt; where: gte; where: isNull
    where: contains; where: startsWith; where: endsWith
    where: TextFilter; where: StringFilter; where: IDFilter; where: IntFilter; where: DecimalFilter
    where: DateTimeFilter; where: DateFilter; where: BooleanFilter
"""


def test_they_are_valid_and_use_everything(seeded: Seeded) -> None:
    met: Counter[str] = Counter()

    @EXAMPLES
    @given(operations(SCHEMA, seeded.values(ADMIN)))
    def check(operation: Operation) -> None:
        document = parse(operation.query)
        if not operation.mischief:
            assert validate(SCHEMA, document) == [], str(operation)
        met.update(operation.features)

    check()
    wanted = {part.strip() for line in FEATURES.split("\n") for part in line.split(";")} - {""}
    assert sorted(wanted - set(met)) == []


def test_one_that_fails_shrinks_to_a_few_words(seeded: Seeded) -> None:
    found: list[Operation] = []

    @EXAMPLES
    @given(operations(SCHEMA, seeded.values(BUYER)))
    def check(operation: Operation) -> None:
        if "totalCount" in operation.query:
            found.append(operation)
            raise AssertionError

    with pytest.raises(AssertionError):
        check()
    assert len(found[-1].query) < 300, found[-1]
