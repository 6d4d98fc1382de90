"""A serving process holds what serving needs, and gives back what it needed for a moment."""

from __future__ import annotations

import base64
import os
import subprocess
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.cli.commands import ROOT, SECRETS

SIGNED = """
import jwt
from leora_gql.auth.keys import SigningKeys
from leora_gql.settings import load_settings
key = SigningKeys.parse(load_settings().jwt_signing_keys).get("k2")
token = jwt.encode({"sub": "ada"}, key.signing, algorithm=key.algorithm)
print(jwt.decode(token, key.verifying, algorithms=[key.algorithm])["sub"])
"""
UNUSED = (
    "typer",
    "rich",
    "pygments",
    "alembic",
    "httpx",
    "limits",
    "redis",
    "cryptography",
    "leora_gql.seed",
)
BUILT = f"""
import sys
from leora_gql.cli.alone import main
from leora_gql.cli.serving import server_config
from leora_gql.cli.worker import application
application()
print(sorted({set(UNUSED)} & set(sys.modules)))
"""
"""What the process of `leora serve` loads, by either way to it, and what of it no worker needs."""


def run(program: str, **environment: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip()


def built(keys: str, *, then: str = "") -> str:
    """Which of the unused packages a worker with those signing keys has loaded; and what else it then prints."""
    given = {**SECRETS, "LEORA_ENV": "production", "DATABASE_URL": "postgresql://ada@127.0.0.1:1/leora"}
    return run(BUILT + then, **{**given, "JWT_SIGNING_KEYS": keys})


def test_a_worker_loads_neither_the_command_line_nor_libraries_for_what_it_does_not_do() -> None:
    assert built(SECRETS["JWT_SIGNING_KEYS"]) == "[]"


def test_a_worker_with_a_key_pair_has_what_signs_with_it() -> None:
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pair = f"k2:EdDSA:{base64.b64encode(pem).decode()}"
    assert built(f"{SECRETS['JWT_SIGNING_KEYS']},{pair}", then=SIGNED) == "['cryptography']\nada"


def test_a_hidden_package_is_there_again_afterwards() -> None:
    program = """
import sys
from leora_gql.cli.worker import without
with without("rich", "json"):
    import json
    try:
        import rich
    except ImportError:
        print("hidden")
import rich
print("found")
"""
    assert run(program).split() == ["hidden", "found"]


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
