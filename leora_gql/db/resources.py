"""Where the migrations and policies are: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

PACKAGE = Path(__file__).resolve().parent.parent


def folder(name: Literal["migrations", "policies"]) -> Path:
    """Gives the folder of that name: the checkout's own, else the copy that the wheel carries."""
    checkout = PACKAGE.parent / name
    is_checkout = (PACKAGE.parent / "pyproject.toml").is_file()
    return checkout if is_checkout else PACKAGE / name
