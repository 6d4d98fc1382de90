"""The secrets of a development machine: made once, kept beside the data, readable by the owner only."""

from __future__ import annotations

import base64
import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import cast

from leora_gql.errors import OperatorError

SECRET_NAMES = ("jwt_signing_keys", "refresh_keys", "cursor_key", "audit_key", "encryption_key")
"""The settings that hold secrets, none of which has a default."""

_PREFIXES = {"jwt_signing_keys": "dev:HS256:", "refresh_keys": "dev:"}


def generated_secrets(data_dir: Path) -> dict[str, str]:
    """All secrets by name, from `secrets.json` in `data_dir`; those not there yet are made and kept.

    Raises `OperatorError` when the file cannot be read or written.
    """
    path = data_dir / "secrets.json"
    try:
        kept = _read(path)
        if all(kept.get(name) for name in SECRET_NAMES):
            return kept
        data_dir.mkdir(parents=True, exist_ok=True)
        return _keep(path, {name: kept.get(name) or _new(name) for name in SECRET_NAMES})
    except OSError as error:
        raise OperatorError(
            f"{path} cannot be kept: {error.strerror or error}. Give a folder that you may write to"
            " with DATA_DIR (or --data), e.g. DATA_DIR=/var/lib/leora"
        ) from error


def _new(name: str) -> str:
    return _PREFIXES.get(name, "") + base64.b64encode(secrets.token_bytes(32)).decode()


def _read(path: Path) -> dict[str, str]:
    try:
        kept: object = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise OperatorError(
            f"{path} is damaged. Delete it: new secrets are made, and everyone signs in again."
        )
    return {str(name): str(value) for name, value in cast("dict[object, object]", kept).items()}


def _keep(path: Path, values: dict[str, str]) -> dict[str, str]:
    """Write the file whole. When another process made it first, theirs is the one that counts."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(values, file, indent=2)
        if path.exists():
            Path(name).replace(path)
            return values
        try:
            os.link(name, path)
        except FileExistsError:
            return _read(path)
        return values
    finally:
        Path(name).unlink(missing_ok=True)
