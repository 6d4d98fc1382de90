"""Fixtures of the orders tests."""

from __future__ import annotations

import pytest

from tests.domains.orders.shop import Shop
from tests.graph.principals import Runner


@pytest.fixture
def shop(runner: Runner) -> Shop:
    return Shop(runner)
