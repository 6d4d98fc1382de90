"""A serving process holds what serving needs, and gives back what it needed for a moment."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.commands import ROOT


def run(program: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def test_a_spawned_worker_loads_neither_the_command_line_nor_migrations_nor_an_http_client() -> None:
    program = (
        "import sys; from leora_gql.cli.main import main; from leora_gql.cli.worker import application;"
        " print(sorted({'typer', 'alembic', 'httpx', 'leora_gql.seed'} & set(sys.modules)))"
    )
    assert run(program) == "[]"


HASHING = """
from concurrent.futures import ThreadPoolExecutor
from psutil import Process
from leora_gql.auth.passwords import default_hasher
from leora_gql.cli.worker import give_large_blocks_back

give_large_blocks_back()
hash_ = default_hasher().hash
hash_("warm")
before = Process().memory_info().rss
with ThreadPoolExecutor(4) as threads:
    list(threads.map(hash_, ["cork-and-cask"] * 12))
    print(Process().memory_info().rss - before)
"""


def test_the_memory_of_hashed_passwords_is_given_back() -> None:
    """Each takes 19 MiB, in as many threads as there are."""
    assert int(run(HASHING)) < 8 * 1024 * 1024
