"""Migrations: to the newest and back, all or nothing, two at once, interrupted, resolved."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from leora_gql.db import fitness, migrate, policies, resources, revisions, shadow
from leora_gql.db.addresses import connected
from leora_gql.db.logins import Login, for_login
from leora_gql.domains.models import metadata
from leora_gql.errors import OperatorError

AddMigration = Callable[[str], str]


@pytest.fixture
def add_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AddMigration:
    """Adds a migration that runs the given statements, after all the others; gives its revision."""
    copy = tmp_path / "migrations"
    shutil.copytree(resources.folder("migrations"), copy)
    monkeypatch.setattr(migrate, "folder", lambda name: copy)

    def add(statements: str) -> str:
        newest = migrate.head()
        revision = f"{int(newest) + 1:04}"
        body = "".join(f'    op.execute("""{statement}""")\n' for statement in statements.split(";"))
        (copy / "versions" / f"{revision}_test.py").write_text(
            f'"""A migration of a test."""\n\nfrom alembic import op\n\nrevision = "{revision}"\n'
            f'down_revision = "{newest}"\n\n\ndef upgrade():\n{body}\n\ndef downgrade():\n    pass\n'
        )
        return revision

    return add


def ask(url: URL, statement: str) -> object:
    async def answer() -> object:
        async with connected(url) as connection:
            return await connection.scalar(text(statement))

    return asyncio.run(answer())


def contents(url: URL) -> dict[tuple[str, str], str]:
    """Everything the schema holds: tables, columns, keys, indexes, policies and functions."""

    async def read() -> dict[tuple[str, str], str]:
        async with connected(url) as connection:
            found = dict(await shadow.catalogue(connection))
            others = await connection.execute(
                text(
                    "SELECT 'policy', tablename || '.' || policyname, concat_ws(' ', roles, cmd, qual, with_check)"
                    " FROM pg_policies WHERE schemaname = 'leora'"
                    " UNION ALL SELECT 'function', oid::regprocedure::text, coalesce(proacl::text, '')"
                    " FROM pg_proc WHERE pronamespace = to_regnamespace('leora')"
                )
            )
            return found | {(kind, name): definition for kind, name, definition in others.all()}

    return asyncio.run(read())


def test_the_history_is_one_line_of_numbered_revisions() -> None:
    names = [revision.name for revision in migrate.history()]
    assert names == [f"{number:04}" for number in range(1, len(names) + 1)]
    assert names[-1] == migrate.head() == revisions.newest()
    assert all(revision.summary.endswith(".") for revision in migrate.history())


def test_an_empty_database_goes_to_the_newest_revision_down_to_nothing_and_up_again(empty_url: URL) -> None:
    every = [revision.name for revision in migrate.history()]
    assert migrate.current(empty_url) is None
    assert migrate.prepare(empty_url) == every
    built = contents(empty_url)
    assert migrate.prepare(empty_url) == []
    assert contents(empty_url) == built
    assert migrate.downgrade(empty_url, "base") == every[::-1]
    assert [key for key in contents(empty_url) if key[0] == "table"] == []
    assert migrate.upgrade(empty_url) == every
    assert contents(empty_url) == built


def test_models_and_migrations_agree(empty_url: URL) -> None:
    assert shadow.drift(empty_url, metadata) == []
    assert (
        ask(empty_url, "SELECT count(*) FROM pg_database WHERE starts_with(datname, current_database())") == 1
    )


def test_every_kind_of_drift_is_named(empty_url: URL, add_migration: AddMigration) -> None:
    add_migration(
        "ALTER TABLE leora.suppliers DROP COLUMN slug, ADD surplus integer;"
        "ALTER TABLE leora.customers ALTER tier TYPE varchar(9), ALTER tax_exempt SET DEFAULT false;"
        "ALTER TABLE leora.orders DROP CONSTRAINT ck_orders_status;"
        "DROP INDEX leora.ix_invoices_due_on;"
        "CREATE TABLE leora.surplus (id int)"
    )
    differences = shadow.drift(empty_url, metadata)
    for expected in (
        "column suppliers.slug: the models have it",
        "column suppliers.surplus: the migrations make it",
        "column customers.tier: the migrations say character varying(9)",
        "column customers.tax_exempt: the migrations say boolean NOT NULL DEFAULT false",
        "constraint orders.ck_orders_status: the models have it",
        "index invoices.ix_invoices_due_on: the models have it",
        "table surplus: the migrations make it",
    ):
        assert [line for line in differences if line.startswith(expected)], (expected, differences)
    assert not [line for line in differences if line.startswith("column surplus")]


def test_a_given_shadow_is_left_as_it_was(empty_url: URL, own_url: URL) -> None:
    before = contents(own_url)
    assert shadow.drift(empty_url, metadata, shadow_url=own_url) == []
    assert contents(own_url) == before
    assert ask(own_url, "SELECT count(*) FROM leora.orders") != 0


def test_the_database_itself_is_no_shadow(empty_url: URL) -> None:
    with pytest.raises(OperatorError, match="SHADOW_DATABASE_URL is the database itself"):
        shadow.drift(empty_url, metadata, shadow_url=empty_url)


def test_a_new_migration_is_written_from_what_the_models_have_more(
    empty_url: URL, add_migration: AddMigration
) -> None:
    added = add_migration("ALTER TABLE leora.suppliers DROP COLUMN slug")
    path = shadow.write_revision(empty_url, "bring back slugs", metadata=metadata)
    assert path.name == f"{int(added) + 1:04}_bring_back_slugs.py"
    assert "op.add_column('suppliers', sa.Column('slug', sa.Text()" in path.read_text()


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    own_url: URL, add_migration: AddMigration
) -> None:
    before, at = contents(own_url), migrate.current(own_url)
    add_migration("CREATE TABLE leora.half (id int); SELECT 1 / 0")
    with pytest.raises(OperatorError, match=r"nothing was changed: .*division by zero"):
        migrate.prepare(own_url)
    assert contents(own_url) == before
    assert migrate.current(own_url) == at


def test_a_migration_whose_connection_breaks_leaves_the_database_as_it_was(
    own_url: URL, add_migration: AddMigration
) -> None:
    before, at = contents(own_url), migrate.current(own_url)
    add_migration("CREATE TABLE leora.half (id int); SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(OperatorError, match="nothing was changed"):
        migrate.prepare(own_url)
    assert contents(own_url) == before
    assert migrate.current(own_url) == at


def test_policies_that_do_not_fit_undo_the_migration_too(
    own_url: URL, add_migration: AddMigration, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(own_url)
    add_migration("CREATE TABLE leora.half (id int)")
    files = [*policies.statements(), ("99_wrong.sql", "CREATE POLICY wrong ON leora.nothing USING (true)")]
    monkeypatch.setattr(policies, "statements", lambda: files)
    with pytest.raises(OperatorError, match=r"policies/99_wrong\.sql"):
        migrate.prepare(own_url)
    assert contents(own_url) == before


def test_of_two_upgrades_at_once_one_does_the_work(empty_url: URL) -> None:
    policies.create_roles(empty_url)
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(migrate.upgrade, [empty_url, empty_url]))
    assert sorted(map(len, done)) == [0, len(migrate.history())]


def test_a_database_newer_than_the_release_is_left_alone(own_url: URL, add_migration: AddMigration) -> None:
    newer = add_migration("SELECT 1")
    migrate.stamp(own_url, newer)
    (migrate.folder("migrations") / "versions" / f"{newer}_test.py").unlink()
    with pytest.raises(OperatorError, match=f"at revision {newer}, which this release does not know"):
        migrate.upgrade(own_url)
    logins = {login: for_login(own_url, login) for login in Login}
    with pytest.raises(OperatorError, match=f"is at revision {newer}, and this release needs"):
        fitness.check(logins)


def test_a_stamp_changes_what_the_database_believes_and_nothing_else(own_url: URL) -> None:
    before = contents(own_url)
    migrate.stamp(own_url, migrate.before(migrate.head()))
    assert [revision.name for revision in migrate.pending(own_url)] == [migrate.head()]
    assert contents(own_url) == before
    migrate.stamp(own_url, migrate.head())
    assert migrate.pending(own_url) == []


def test_unknown_revisions_are_named(own_url: URL) -> None:
    with pytest.raises(OperatorError, match="There is no migration 0999"):
        migrate.named("0999")
    with pytest.raises(OperatorError, match="0999"):
        migrate.upgrade(own_url, "0999")


def test_a_database_that_cannot_lower_letters_beyond_ascii_is_refused(server, databases) -> None:
    databases.administer("CREATE DATABASE plain TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'")
    url = server.url(database="plain")
    with pytest.raises(OperatorError, match="cannot lower-case letters beyond ASCII"):
        migrate.prepare(url)
    databases.drop(url)


def test_a_login_that_is_not_the_owner_is_told_what_to_run(own_url: URL) -> None:
    with pytest.raises(OperatorError, match=r"cannot act as leora_owner: run `leora db create-roles`"):
        migrate.upgrade(for_login(own_url, Login.STAFF))


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(OperatorError, match=r"127\.0\.0\.1:1/leora cannot be used") as caught:
        migrate.current(URL.create("postgresql", "ada", "hunter2", "127.0.0.1", 1, "leora"))
    assert "hunter2" not in str(caught.value)


def test_compare_leaves_out_the_parts_of_a_table_that_is_missing_as_a_whole() -> None:
    assert shadow.compare({("table", "a"): "TABLE", ("column", "a.b"): "int"}, {}) == [
        "table a: the migrations make it, the models do not have it (TABLE)"
    ]
