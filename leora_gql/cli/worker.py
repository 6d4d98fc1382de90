"""One serving process of `leora serve`. It is spawned by this name: nothing of the command line is loaded for it."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

from leora_gql.auth.keys import has_secrets_only
from leora_gql.settings import Settings, load_settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

LARGE = 1024 * 1024
"""Bytes from which on a block is taken from the system for itself, and given back when it is free."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of glibc's `mallopt`."""


def application() -> Starlette:
    """The application of one worker."""
    give_large_blocks_back()
    settings = load_settings()
    with without(*unused(settings)):
        from leora_gql.app import create_app
        from leora_gql.cli.logs import configure_logging

    configure_logging(settings)
    made = create_app(settings)
    # What was built stays: no collection needs to look at it again, and the first ones come soon.
    gc.collect()
    gc.freeze()
    return made


def unused(settings: Settings) -> list[str]:
    """Packages that others load because they are there, and that a worker with these settings never uses.

    `rich` is of structlog, for the values of variables, which our log never has. `cryptography` is of PyJWT, for
    key pairs: 8 MB. Without it PyJWT knows no algorithm but those of secrets.
    """
    if has_secrets_only(settings.jwt_signing_keys) and not settings.jwks_url:
        return ["rich", "cryptography"]
    return ["rich"]


@contextlib.contextmanager
def without(*packages: str) -> Generator[None]:
    """Hide packages from those that do without them where they are not there; what is loaded stays."""
    modules = cast(dict[str, Any], sys.modules)
    hidden = [package for package in packages if package not in modules]
    modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for package in hidden:
            del modules[package]


def give_large_blocks_back() -> None:
    """Keep glibc from learning to hold on to large blocks.

    Left to itself it raises its threshold to the largest block that was ever freed, and keeps what is smaller:
    for good 19 MiB per thread that has hashed a password. Other C libraries have no such habit.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)
        mallopt(_M_TRIM_THRESHOLD, LARGE)
