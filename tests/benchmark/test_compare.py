"""The peer's answer is ours in another notation, or the stacks do not do the same work."""

from __future__ import annotations

import base64

import pytest
from benchmark.compare import differences, same

KEY = "0196a70e-fee0-78a0-881f-5212469fd7ad"


@pytest.mark.parametrize(
    ("ours", "peers"),
    [
        (base64.b64encode(f"Order:{KEY}".encode()).decode(), KEY),
        ("12.50", "1250"),
        ("12.500", "12.500"),
        ("2026-01-31T09:30:00.000000Z", "2026-01-31T09:30:00+00:00"),
        (None, None),
        (3, 3),
    ],
)
def test_a_value_is_the_same_in_either_notation(ours: object, peers: object) -> None:
    assert same(ours, peers)


@pytest.mark.parametrize(
    ("ours", "peers"),
    [
        ("12.50", "1251"),
        ("a", "b"),
        (None, ""),
        (True, "true"),
        ("2026-01-31T09:30:00.000000Z", "2026-01-31T09:31:00Z"),
    ],
)
def test_another_value_is_not(ours: object, peers: object) -> None:
    assert not same(ours, peers)


def test_a_difference_is_named_by_its_path() -> None:
    ours = {"orders": {"nodes": [{"total": "1.00"}, {"total": "2.00"}]}}
    peers = {"orders": {"nodes": [{"total": "100"}, {"total": "300"}]}}
    assert list(differences(ours, peers)) == ["at data.orders.nodes.1.total: '2.00' and '300'"]


@pytest.mark.parametrize("peers", [{"a": [1]}, {"a": [1, 2], "b": 1}, {"b": [1, 2]}, {"a": {}}])
def test_another_shape_is_a_difference(peers: object) -> None:
    assert list(differences({"a": [1, 2]}, peers))
