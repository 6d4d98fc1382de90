"""Fixtures of the billing tests."""

from __future__ import annotations

import pytest

from tests.api import Api
from tests.domains.billing.books import Books
from tests.domains.orders.shop import Shop
from tests.graph.principals import Runner


@pytest.fixture
def books(api: Api, runner: Runner) -> Books:
    return Books(api, Shop(runner))
