"""How the connections of one process are shared out."""

from __future__ import annotations

import pytest

from leora_gql.db.connect import pool_sizes
from leora_gql.db.logins import Login
from leora_gql.settings import Settings


@pytest.mark.parametrize("budget", [5, 8, 20, 200])
def test_every_login_has_a_connection_and_sign_in_two(settings: Settings, budget: int) -> None:
    sizes = pool_sizes(settings.model_copy(update={"database_pool_size": budget}))
    assert set(sizes) == set(Login)
    assert min(sizes.values()) >= 1
    assert sizes[Login.AUTH] >= 2
    assert sizes[Login.STAFF] == max(sizes.values())
