"""`leora dev`: starts, answers, ends and starts again, whatever was done to it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest

from leora_gql.cli import reloading
from leora_gql.cli.listening import listen
from leora_gql.cli.reloading import Watch
from leora_gql.db.embedded import EmbeddedServer
from leora_gql.db.embedded_process import is_running
from leora_gql.errors import OperatorError
from tests import postgres
from tests.cli.commands import Command, free_port

Start = Callable[..., Command]


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    """A folder for the data of every start in this file; the first fills it."""
    made = postgres.own_folder()
    yield made
    postgres.remove(made / ".leora")


@pytest.fixture
def start(folder: Path) -> Generator[Start]:
    started: list[Command] = []

    def begin(port: int, **environment: str) -> Command:
        command = Command("dev", port=port, folder=folder, **environment)
        started.append(command)
        return command

    yield begin
    for command in started:
        command.end()


def database_of(folder: Path) -> EmbeddedServer:
    return EmbeddedServer(folder / ".leora")


def test_it_serves_the_demo_tenants_and_ctrl_c_ends_all_of_it(start: Start, folder: Path) -> None:
    dev = start(free_port())
    assert dev.until_ready().json()["status"] == "ok"
    answer = httpx.post(
        dev.url("/graphql"),
        json={
            "query": 'mutation { signIn(input: {email: "admin@wellcrafted.test", password: "cork-and-cask"})'
            " { accessToken userErrors { message } } }"
        },
    )
    token = answer.json()["data"]["signIn"]["accessToken"]
    counted = httpx.post(
        dev.url("/graphql"),
        json={"query": "{ customers { totalCount } }"},
        headers={"authorization": f"Bearer {token}"},
    )
    assert counted.json()["data"] == {"customers": {"totalCount": 40}}
    assert is_running(database_of(folder).cluster)
    assert dev.ctrl_c() == 0
    assert "Traceback" not in dev.output
    assert dev.output.endswith("Stopped.\n")
    assert not is_running(database_of(folder).cluster)
    for told in (f"http://localhost:{dev.port}/graphql", "cork-and-cask", "buyer@oldmill.test", "curl"):
        assert told in dev.output


def test_a_second_one_on_the_same_data_is_told_of_the_first(start: Start) -> None:
    first = start(free_port())
    first.until_ready()
    second = start(free_port())
    assert second.wait() == 1
    assert f"Another `leora dev` (process {first.process.pid}) works on" in second.output
    assert "Traceback" not in second.output
    assert first.until_ready().status_code == 200
    first.process.send_signal(signal.SIGTERM)
    assert first.wait() == 0


def test_a_taken_port_is_named(start: Start, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        dev = start(taken.getsockname()[1])
        assert dev.wait() == 1
    assert dev.output.startswith(f"Error: Port {dev.port} on 127.0.0.1 is taken.")
    assert not is_running(database_of(folder).cluster)


def test_after_a_kill_the_port_is_free_and_the_next_start_recovers(start: Start, folder: Path) -> None:
    port = free_port()
    killed = start(port)
    killed.until_ready()
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.wait()
    while listening(port):
        pass
    again = start(port)
    assert again.until_ready().json()["status"] == "ok"
    assert again.ctrl_c() == 0
    assert not is_running(database_of(folder).cluster)


def listening(port: int) -> bool:
    try:
        listen("127.0.0.1", port).close()
    except OperatorError:
        return True
    return False


def test_production_is_not_its_place(start: Start) -> None:
    dev = start(free_port(), LEORA_ENV="production")
    assert dev.wait() == 1
    assert "`leora dev` is not for LEORA_ENV=production: use `leora serve`." in dev.output


def test_bad_settings_are_sentences(start: Start) -> None:
    dev = start(free_port(), DATABASE_URL="mysql://ada:hunter2@host/leora", LOG_LEVEL="loud")
    assert dev.wait() == 1
    assert "DATABASE_URL is the address of a mysql database" in dev.output
    assert "LOG_LEVEL should be" in dev.output
    assert "hunter2" not in dev.output
    assert "Traceback" not in dev.output


def test_a_change_of_code_migrations_or_policies_is_noticed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("package", "migrations", "policies"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(reloading, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(reloading, "folder", lambda name: tmp_path / name)
    watch = Watch()
    assert watch.changed() is None
    for path in ("package/new.py", "migrations/0099_new.py", "policies/99_new.sql"):
        (tmp_path / path).write_text("")
        assert watch.changed() == Path(path).name
        assert watch.changed() is None
    os.utime(tmp_path / "package/new.py", (1, 1))
    assert watch.changed() == "new.py"
    (tmp_path / "package/new.py").unlink()
    assert watch.changed() == "new.py"
    (tmp_path / "package/notes.txt").write_text("")
    assert watch.changed() is None


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(OperatorError, match=r"192\.0\.2\.1:4000 cannot be listened on"):
        listen("192.0.2.1", 4000)
