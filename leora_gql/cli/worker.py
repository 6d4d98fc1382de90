"""One serving process of `leora serve`. It is spawned by this name: nothing of the command line is loaded for it."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from starlette.applications import Starlette

LARGE = 1024 * 1024
"""Bytes from which on a block is taken from the system for itself, and given back when it is free."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of glibc's `mallopt`."""


def application() -> Starlette:
    """The application of one worker."""
    give_large_blocks_back()
    with without("rich"):  # structlog would take it for the values of variables, which our log never has
        from leora_gql.app import create_app
        from leora_gql.cli.logs import configure_logging
        from leora_gql.settings import load_settings

    settings = load_settings()
    configure_logging(settings)
    made = create_app(settings)
    # What was built stays: no collection needs to look at it again, and the first ones come soon.
    gc.collect()
    gc.freeze()
    return made


@contextlib.contextmanager
def without(module: str) -> Generator[None]:
    """Hide a module from those that load it where it is there, and do without it where it is not."""
    modules = cast(dict[str, Any], sys.modules)
    if module in modules:
        yield
        return
    modules[module] = None
    try:
        yield
    finally:
        del modules[module]


def give_large_blocks_back() -> None:
    """Keep glibc from learning to hold on to large blocks.

    Left to itself it raises its threshold to the largest block that was ever freed, and keeps what is smaller:
    for good 19 MiB per thread that has hashed a password. Other C libraries have no such habit.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)
        mallopt(_M_TRIM_THRESHOLD, LARGE)
