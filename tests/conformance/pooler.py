"""The product behind Debian's PgBouncer in transaction mode, which carries no prepared statements.

Not collected by itself: `scripts/test --all` names this file.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL

from leora_gql.db.connect import open_pools
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login, for_login
from tests import postgres
from tests.isolation.interleaving import all_are_right, distributors
from tests.isolation.test_cut_off import LEFT, OPERATIONS, cut_off, settled

SERVER_CONNECTIONS = 3
CONFIGURATION = """\
[databases]
{database} = host={server} port=5432

[pgbouncer]
listen_addr =
listen_port = 6543
unix_socket_dir = {folder}
unix_socket_mode = 0700
auth_type = trust
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 100
server_round_robin = 1
"""


@pytest.fixture(scope="session")
def pgbouncer() -> str:
    """Gives the pooler's program, installing Debian's where there is none and that can be done."""
    if not shutil.which("pgbouncer") and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "--yes", "--no-install-recommends", "pgbouncer"]):
            subprocess.run(["apt-get", "-qq", *step], env=quiet, check=True, stdout=subprocess.DEVNULL)
    program = shutil.which("pgbouncer")
    assert program, "The checks behind a pooler need PgBouncer: install Debian's package."
    return program


@pytest.fixture
def pooled_url(own_url: URL, pgbouncer: str) -> Generator[URL]:
    """The address of a seeded database of one's own, through the pooler."""
    server = Path(str(own_url.query["host"]))
    folder = postgres.own_folder()
    with running(pgbouncer, folder, server=server, database=str(own_url.database)):
        yield own_url.set(query={"host": str(folder), "port": "6543"})


@contextmanager
def running(program: str, folder: Path, *, server: Path, database: str) -> Iterator[None]:
    """A pooler in front of the server, as the server's own account: nobody else reaches its socket."""
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        CONFIGURATION.format(database=database, server=server, folder=folder, connections=SERVER_CONNECTIONS)
    )
    (folder / "users.txt").write_text("".join(f'"{login.value}" ""\n' for login in Login))
    owner = server.stat()
    for path in (folder, settings, folder / "users.txt"):
        os.chown(path, owner.st_uid, owner.st_gid)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program, settings],
            user=owner.st_uid,
            group=owner.st_gid,
            extra_groups=(),
            stdout=log,
            stderr=log,
        )
    try:
        until = time.monotonic() + 20
        while not (folder / ".s.PGSQL.6543").exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
async def pools(pooled_url: URL, own_url: URL, tmp_path: Path) -> AsyncIterator[Pools]:
    """The pools as the settings make them for this address: the port says that it is a pooler's."""
    settings = postgres.settings_for(own_url, data_dir=tmp_path)
    address = pooled_url.render_as_string(hide_password=False)
    made = open_pools(settings.model_copy(update={"database_url": type(settings.database_url)(address)}))
    yield made
    await made.close()


async def left_on_the_server(pooled_url: URL) -> set[object]:
    """What the settings say on each of the server's connections, asked of all of them at the same time."""
    url = for_login(pooled_url, Login.STAFF)
    asking = [
        await asyncpg.connect(
            host=str(url.query["host"]),
            port=6543,
            user=url.username,
            database=url.database,
            statement_cache_size=0,
        )
        for _ in range(SERVER_CONNECTIONS)
    ]
    found: set[object] = set()
    for connection in asking:
        await connection.execute("BEGIN")
    for connection in asking:
        found.add(await connection.fetchval(f"SELECT {LEFT} || (SELECT count(*) FROM leora.suppliers)::text"))
    for connection in asking:
        await connection.execute("ROLLBACK")
        await connection.close()
    return found


async def test_reads_of_several_tenants_do_not_mix(own_url: URL, pooled_url: URL, pools: Pools) -> None:
    await all_are_right(pools, await distributors(own_url), reads=3000)
    assert await left_on_the_server(pooled_url) == {"0"}


async def test_what_is_cut_off_leaves_nothing_behind(own_url: URL, pooled_url: URL, pools: Pools) -> None:
    tenants = await distributors(own_url)
    outcomes = await cut_off(pools, tenants, random.Random(11))
    await settled(pools.pool(Login.STAFF))

    assert set(outcomes) == {"str", "CancelledError"}
    assert min(outcomes.values()) > OPERATIONS / 10, outcomes
    await asyncio.wait_for(all_are_right(pools, tenants, reads=300), 60)
    assert await left_on_the_server(pooled_url) == {"0"}
