"""Manifests of trusted documents: the files that clients' build tools write, as ids with their texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import orjson

APOLLO = "apollo-persisted-query-manifest"
MAX_ID = 256


class ManifestError(Exception):
    """A file that is no manifest; says why."""


def read_manifest(content: bytes) -> dict[str, str]:
    """The texts of a manifest by their ids, which are opaque: any hash, or none.

    Reads what graphql-codegen's client preset (`persistedDocuments`) and Relay's compiler (`persistConfig`)
    write, `{id: text}`, and Apollo's operation manifest. Raises `ManifestError`.
    """
    try:
        value: object = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise ManifestError("is not JSON") from None
    if not isinstance(value, dict):
        raise ManifestError("is no manifest: neither {id: text} nor Apollo's {format, version, operations}")
    given = cast("dict[str, object]", value)
    documents = _apollo(given) if "operations" in given else given
    for key, text in documents.items():
        if not 0 < len(key) <= MAX_ID:
            raise ManifestError(f"holds an id that has not 1 to {MAX_ID} characters")
        if not isinstance(text, str):
            raise ManifestError(f"has no text for the id {key}")
    return cast("dict[str, str]", documents)


def _apollo(manifest: Mapping[str, object]) -> dict[str, object]:
    operations = manifest["operations"]
    if manifest.get("format") != APOLLO or manifest.get("version") != 1 or not isinstance(operations, list):
        raise ManifestError(f"is not of the format {APOLLO}, version 1")
    documents: dict[str, object] = {}
    for operation in cast("list[object]", operations):
        fields = cast("dict[str, object]", operation) if isinstance(operation, dict) else {}
        key, text = fields.get("id"), fields.get("body")
        if not isinstance(key, str):
            raise ManifestError("has an operation without an id")
        if documents.setdefault(key, text) != text:
            raise ManifestError(f"has two texts for the id {key}")
    return documents
