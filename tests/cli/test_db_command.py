"""`leora db …` as a person types it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import URL, text

from leora_gql.cli.main import main
from leora_gql.db import migrate
from leora_gql.db.addresses import connected

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def leora(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path) -> Run:
    """Runs a command on a database; gives its exit code and what it printed on both streams."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("signal.signal", lambda number, handler: None)

    def run(url: URL, *words: str, **environment: str) -> tuple[int, str, str]:
        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main(["db", *words])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def orders_in(url: URL) -> int:
    async def count() -> int:
        async with connected(url) as connection:
            return int(await connection.scalar(text("SELECT count(*) FROM leora.orders")))

    return asyncio.run(count())


def test_a_database_is_built_looked_at_and_taken_down(leora: Run, empty_url: URL) -> None:
    newest = migrate.head()
    code, out, _ = leora(empty_url, "status")
    assert (code, f"Missing   {newest}" in out, "At        nothing" in out) == (1, True, True)
    code, out, _ = leora(empty_url, "upgrade")
    assert (code, f"{newest}\n" in out) == (0, True)
    code, out, _ = leora(empty_url, "upgrade")
    assert (code, out) == (0, "Nothing to do: the database is there already.\n")
    code, out, _ = leora(empty_url, "status")
    assert (code, f"At        {newest}" in out, "Missing" in out) == (0, True, False)
    code, out, _ = leora(empty_url, "downgrade", "base")
    assert (code, out.startswith(f"Undone: {newest}, ")) == (0, True)


def test_check_agrees_and_asks_for_an_upgrade_where_one_is_due(leora: Run, own_url: URL) -> None:
    code, out, _ = leora(own_url, "check")
    assert (code, out) == (0, "Models and migrations agree.\nThe database is at head.\n")
    migrate.stamp(own_url, migrate.before(migrate.head()))
    code, _, err = leora(own_url, "check")
    assert (code, f"lacks {migrate.head()}: run `leora db upgrade`" in err) == (1, True)


def test_resolve_moves_what_the_database_believes(leora: Run, own_url: URL) -> None:
    newest = migrate.head()
    assert leora(own_url, "resolve", "--rolled-back", newest)[0] == 0
    assert migrate.current(own_url) == migrate.before(newest)
    assert leora(own_url, "resolve", "--applied", newest)[0] == 0
    assert migrate.current(own_url) == newest
    assert leora(own_url, "resolve", "--rolled-back", "0001")[0] == 0
    assert migrate.current(own_url) is None


@pytest.mark.parametrize("words", [[], ["--applied", "0001", "--rolled-back", "0001"]])
def test_resolve_wants_one_of_its_two(leora: Run, own_url: URL, words: list[str]) -> None:
    code, _, err = leora(own_url, "resolve", *words)
    assert (code, "Give one of --applied REVISION and --rolled-back REVISION" in err) == (1, True)


def test_an_unknown_revision_changes_nothing(leora: Run, own_url: URL) -> None:
    code, _, err = leora(own_url, "resolve", "--applied", "0999")
    assert (code, "There is no migration 0999" in err) == (1, True)
    assert migrate.current(own_url) == migrate.head()


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        ([], {"LEORA_ENV": "production"}),
        ([], {"LEORA_ENV": "test"}),
        (["--yes-destroy", "another"], {}),
        (["--yes-destroy", "another"], {"LEORA_ENV": "production"}),
    ],
)
def test_reset_refuses_outside_development_without_the_right_name(
    leora: Run, own_url: URL, words: list[str], environment: dict[str, str]
) -> None:
    code, _, err = leora(own_url, "reset", *words, **environment)
    assert code == 1
    assert "--yes-destroy" in err
    assert orders_in(own_url) > 0


def test_reset_refuses_the_database_of_another_machine_in_development_too(leora: Run) -> None:
    code, _, err = leora(URL.create("postgresql", "ada", "hunter2", "db.invalid", 5432, "leora"), "reset")
    assert (code, "leora db reset --yes-destroy leora" in err, "hunter2" in err) == (1, True, False)


@pytest.mark.parametrize("environment", [{"LEORA_ENV": "development"}, {"LEORA_ENV": "production"}])
def test_reset_empties_the_database_that_was_named(
    leora: Run, own_url: URL, environment: dict[str, str]
) -> None:
    code, out, _ = leora(own_url, "reset", "--yes-destroy", str(own_url.database), **environment)
    assert (code, f"is empty and at {migrate.head()}" in out) == (0, True)
    assert orders_in(own_url) == 0


def test_ping_answers_for_every_login(leora: Run, own_url: URL) -> None:
    code, out, _ = leora(own_url, "ping")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [
        "direct",
        "leora_staff",
        "leora_portal",
        "leora_portal_write",
        "leora_auth",
        "leora_worker",
    ]


def test_history_lists_every_migration(leora: Run, own_url: URL) -> None:
    code, out, _ = leora(own_url, "history")
    assert code == 0
    assert all(revision.name in out for revision in migrate.history())


def test_create_roles_again_changes_nothing_that_matters(leora: Run, own_url: URL) -> None:
    assert leora(own_url, "create-roles")[0] == 0
    assert leora(own_url, "ping")[0] == 0


def test_a_server_that_does_not_answer_is_a_sentence(leora: Run) -> None:
    code, out, err = leora(URL.create("postgresql", "ada", "hunter2", "127.0.0.1", 1, "leora"), "status")
    assert (code, out) == (1, "")
    assert err.startswith("Error: postgresql://ada:***@127.0.0.1:1/leora cannot be used: ")
    assert "hunter2" not in err
