"""Trusted documents: what operators have loaded, in a folder of manifests that every process reads.

The folder holds one JSON file per manifest, such as a release of an app. It is looked at once a second at
most; a file that was added, replaced or removed counts from then on. A file that is damaged, or an id with
two texts, is told in the log; what it was about does not run.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from leora_gql.server.manifests import ManifestError, read_manifest

log = structlog.get_logger("leora.documents")

LOOK_EVERY = 1.0
"""Seconds."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_Fingerprint = tuple[tuple[str, int, int, int], ...]


def is_manifest_name(name: str) -> bool:
    """Whether a manifest can have that name: up to 100 letters, digits, dots, dashes and underscores."""
    return _NAME.fullmatch(name) is not None


class Manifests:
    """The folder's files, by the names of their manifests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """The manifests there are, in order. Raises OSError."""
        return [name.removesuffix(".json") for name, *_ in self.fingerprint()]

    def read(self, name: str) -> dict[str, str]:
        """The texts of one by their ids. Raises `ManifestError`, OSError."""
        return read_manifest(self._path(name).read_bytes())

    def write(self, name: str, content: bytes) -> None:
        """Put a manifest in place, whole or not at all. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                os.fchmod(handle, 0o644)
            Path(made).replace(self._path(name))
        finally:
            Path(made).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Forget a manifest. Raises OSError."""
        self._path(name).unlink()

    def fingerprint(self) -> _Fingerprint:
        """What changes when a file does; empty where there is no folder. Raises OSError."""
        try:
            entries = [entry for entry in os.scandir(self.folder) if self._is_manifest(entry.name)]
        except FileNotFoundError:
            return ()
        stats = [(entry.name, entry.stat()) for entry in entries]
        return tuple(sorted((name, at.st_mtime_ns, at.st_size, at.st_ino) for name, at in stats))

    def _is_manifest(self, file: str) -> bool:
        return file.endswith(".json") and is_manifest_name(file.removesuffix(".json"))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"


class TrustedDocuments:
    """The texts of all manifests by their ids and by their SHA-256, as the folder has them now."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._manifests = Manifests(folder)
        self._clock = clock
        self._by_id: Mapping[str, str] = {}
        self._hashes: frozenset[str] = frozenset()
        self._seen: _Fingerprint | None = None
        self._next_look = -math.inf

    def get(self, document_id: str) -> str | None:
        """The text of an id (or SHA-256, in hexadecimal digits) that an operator has loaded."""
        self._look()
        return self._by_id.get(document_id)

    def has_text(self, sha256: str) -> bool:
        """Whether a text of that SHA-256 is among them, whatever its id."""
        self._look()
        return sha256 in self._hashes

    def _look(self) -> None:
        now = self._clock()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_EVERY
        try:
            seen = self._manifests.fingerprint()
            if seen != self._seen:
                self._read()
                self._seen = seen
        except OSError as error:
            log.warning("documents cannot be read", folder=str(self._manifests.folder), error=str(error))

    def _read(self) -> None:
        documents: dict[str, str] = {}
        conflicting: set[str] = set()
        for name in self._manifests.names():
            try:
                found = self._manifests.read(name)
            except ManifestError as error:
                log.warning("manifest is damaged", manifest=name, error=str(error))
                continue
            conflicting |= {key for key, text in found.items() if documents.setdefault(key, text) != text}
        for key in conflicting:
            del documents[key]
            log.warning("document has two texts", document=key)
        by_hash = {_sha256(text): text for text in documents.values()}
        self._by_id, self._hashes = {**by_hash, **documents}, frozenset(by_hash)
        log.info("documents read", documents=len(documents))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
