"""`leora serve`: serves what is fit, and says what is not."""

from __future__ import annotations

import base64
import signal
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL

from leora_gql.db import migrate
from tests.cli.commands import SECRETS, Command, free_port

Serve = Callable[..., Command]


@pytest.fixture
def serve(tmp_path: Path) -> Generator[Serve]:
    started: list[Command] = []

    def begin(url: URL | None, *words: str, **environment: str) -> Command:
        given = {"LEORA_ENV": "production", **SECRETS, **environment}
        if url is not None:
            given["DATABASE_URL"] = url.render_as_string(hide_password=False)
        command = Command("serve", *words, port=free_port(), folder=tmp_path, **given)
        started.append(command)
        return command

    yield begin
    for command in started:
        command.end()


@pytest.mark.parametrize("words", [[], ["--workers", "2"]])
def test_it_serves_and_ends_in_order(serve: Serve, direct_url: URL, words: list[str]) -> None:
    running = serve(direct_url, *words)
    assert running.until_ready().json()["status"] == "ok"
    page = httpx.get(running.url("/graphql"), headers={"accept": "text/html"})
    assert "graphiql" not in page.text.lower()
    refused = httpx.post(running.url("/graphql"), json={"query": "{ customers { totalCount } }"})
    assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    running.process.send_signal(signal.SIGTERM)
    assert running.wait() in {0, 128 + signal.SIGTERM, -signal.SIGTERM}
    assert "Traceback" not in running.output


def test_it_starts_no_database_of_its_own(serve: Serve, tmp_path: Path) -> None:
    refused = serve(None)
    assert refused.wait() == 1
    assert "DATABASE_URL is not set, and `leora serve` starts no database of its own" in refused.output
    assert not (tmp_path / ".leora").exists()


def test_weak_and_missing_secrets_are_all_named(serve: Serve, direct_url: URL) -> None:
    weak = base64.b64encode(b"change-me-change-me-change-me-please").decode()
    refused = serve(direct_url, CURSOR_KEY=weak, AUDIT_KEY="", ENCRYPTION_KEY="c2hvcnQ=")
    assert refused.wait() == 1
    assert "CURSOR_KEY holds a demo value" in refused.output
    assert "AUDIT_KEY is not set" in refused.output
    assert "ENCRYPTION_KEY holds a key shorter than 32 bytes" in refused.output
    assert weak not in refused.output


def test_a_login_above_the_boundary_is_refused(serve: Serve, direct_url: URL) -> None:
    refused = serve(direct_url, STAFF_DATABASE_URL=direct_url.render_as_string(hide_password=False))
    assert refused.wait() == 1
    assert "is a superuser" in refused.output
    assert "Traceback" not in refused.output


def test_a_database_that_is_not_at_the_newest_migration_is_refused(serve: Serve, own_url: URL) -> None:
    migrate.stamp(own_url, migrate.before(migrate.head()))
    refused = serve(own_url)
    assert refused.wait() == 1
    assert f"this release needs {migrate.head()}: run `leora db upgrade`" in refused.output


def test_a_database_that_does_not_answer_is_named(serve: Serve) -> None:
    refused = serve(URL.create("postgresql", "ada", "hunter2", "127.0.0.1", 1, "leora"))
    assert refused.wait() == 1
    assert "cannot be used" in refused.output
    assert "hunter2" not in refused.output
