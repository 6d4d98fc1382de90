"""From settings to addresses: one `DATABASE_URL` is enough, whoever wrote it and whatever stands before it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from sqlalchemy import URL, make_url, text

from leora_gql.db import fitness
from leora_gql.db.addresses import connected, described, for_asyncpg, statements, unreachable
from leora_gql.db.connect import (
    at,
    direct_url,
    login_urls,
    open_pools,
    pool_sizes,
    reachable,
    statement_cache,
)
from leora_gql.db.logins import Login, for_login
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings, load_settings

DIRECT = "postgresql://postgres:pw@db.example:5432/leora"


def given(tmp_path: Path, **values: object) -> Settings:
    return load_settings(_env_file=None, data_dir=tmp_path, **values)


def test_one_address_is_enough(tmp_path: Path) -> None:
    settings = given(tmp_path, database_url=DIRECT)
    assert {login: url.username for login, url in login_urls(settings).items()} == {
        login: login.value for login in Login
    }
    assert {url.password for url in login_urls(settings).values()} == {"pw"}
    assert direct_url(settings).username == "postgres"


def test_a_login_with_an_address_of_its_own_keeps_it(tmp_path: Path) -> None:
    own = "postgresql://leora_auth:other@elsewhere:6000/leora"
    urls = login_urls(given(tmp_path, database_url=DIRECT, auth_database_url=own))
    assert urls[Login.AUTH].host == "elsewhere"
    assert urls[Login.STAFF].host == "db.example"


def test_the_project_in_a_poolers_user_is_kept(tmp_path: Path) -> None:
    pooled = "postgres://postgres.abcdef:pw@aws-0.pooler.supabase.com:6543/postgres?pgbouncer=true"
    settings = given(tmp_path, database_url=pooled, direct_url=DIRECT)
    assert login_urls(settings)[Login.PORTAL_WRITE].username == "leora_portal_write.abcdef"
    assert direct_url(settings).host == "db.example"


def test_without_any_address_it_says_which_to_set(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"Set DATABASE_URL, e\.g\. DATABASE_URL=postgresql://"):
        direct_url(given(tmp_path))


@pytest.mark.parametrize(
    ("address", "cached"),
    [
        ("postgresql://a:b@db.example:5432/leora", 100),
        ("postgresql://a:b@db.example:6543/leora", 0),
        ("postgresql://a@/leora?host=/run/pgbouncer&port=6543", 0),
        ("postgresql://a:b@aws.pooler.supabase.com:5432/leora", 0),
        ("postgresql://a:b@db.example/leora?pgbouncer=true", 0),
    ],
)
def test_statements_are_not_cached_behind_what_looks_like_a_pooler(
    tmp_path: Path, address: str, cached: int
) -> None:
    assert statement_cache(given(tmp_path, database_url=address)) == cached
    assert statement_cache(given(tmp_path, database_url=address, db_statement_cache=7)) == 7


def test_without_a_cache_no_name_of_a_statement_is_used_twice() -> None:
    name = statements(0)["prepared_statement_name_func"]
    assert name() != name()
    assert "prepared_statement_name_func" not in statements(100)


@pytest.mark.parametrize("budget", [7, 8, 20, 200])
def test_the_budget_is_shared_out_to_the_last_connection(tmp_path: Path, budget: int) -> None:
    sizes = pool_sizes(given(tmp_path, database_url=DIRECT, database_pool_size=budget))
    assert set(sizes) == set(Login)
    assert sum(sizes.values()) == budget


def test_options_of_other_clients_are_left_out() -> None:
    url, arguments = for_asyncpg(
        make_url(f"{DIRECT}?pgbouncer=true&connection_limit=5&schema=public&application_name=x&host=/tmp")
    )
    assert url.drivername == "postgresql+asyncpg"
    assert dict(url.query) == {"host": "/tmp"}
    assert arguments == {}


def test_sslmode_becomes_the_drivers_own() -> None:
    assert for_asyncpg(make_url(f"{DIRECT}?sslmode=require"))[1] == {"ssl": "require"}
    context = for_asyncpg(make_url(f"{DIRECT}?sslmode=verify-full&sslrootcert=system"))[1]["ssl"]
    assert context.check_hostname is True
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_a_root_certificate_that_is_not_there_is_named() -> None:
    with pytest.raises(OperatorError, match=r"/nowhere/ca\.pem"):
        for_asyncpg(make_url(f"{DIRECT}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem"))


def test_an_address_is_shown_without_its_password() -> None:
    assert "hunter2" not in described(make_url("postgresql://ada:hunter2@db.example/leora"))


def test_a_database_that_is_given_is_used_as_it_is(tmp_path: Path) -> None:
    settings = given(tmp_path, database_url=DIRECT)
    with reachable(settings) as ready:
        assert ready is settings
    assert not (tmp_path / "pg").exists()


def test_settings_can_be_moved_to_another_address(tmp_path: Path) -> None:
    assert direct_url(at(given(tmp_path), make_url(DIRECT))).password == "pw"


async def test_each_login_is_itself_also_without_cached_statements(settings: Settings) -> None:
    pools = open_pools(settings.model_copy(update={"db_statement_cache": 0}))
    for login in Login:
        for _ in range(2):
            async with pools.connect(login, read_only=True) as connection:
                assert await connection.scalar(text("SELECT current_user")) == login.value
    await pools.close()


def test_logins_that_are_not_held_to_the_boundary_are_refused(direct_url: URL, settings: Settings) -> None:
    urls = login_urls(settings)
    fitness.check(urls)
    with pytest.raises(OperatorError) as caught:
        fitness.check({**urls, Login.STAFF: direct_url, Login.PORTAL: for_login(direct_url, Login.STAFF)})
    told = str(caught.value)
    assert "is a superuser" in told
    assert "bypasses row-level security" in told
    assert "logs in as leora_staff" in told


def test_a_database_without_the_boundary_is_refused(empty_url: URL) -> None:
    with pytest.raises(OperatorError, match="is not migrated, or its boundary not applied"):
        fitness.check({login: for_login(empty_url, login) for login in Login})


async def test_nobody_there_is_an_operators_error() -> None:
    with pytest.raises(OperatorError, match="cannot be used"):
        async with connected(make_url("postgresql://a@127.0.0.1:1/x")):
            pass


def test_a_login_that_is_not_made_yet_is_told_how() -> None:
    url = make_url("postgresql://leora_staff@db.example.com/leora")
    told = str(unreachable(url, OSError('role "leora_staff" does not exist')))
    assert told.endswith("`leora db upgrade` makes the logins.")
