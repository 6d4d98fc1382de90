"""Stored operations: which text a request runs, and whether its audience may run it.

A document is named by the id of a trusted one (`trusted.py`) or by the SHA-256 of a text that was sent
before: automatic persisted queries, Apollo's protocol. Those are shared by all callers of the process; only
texts that fit the schema are remembered, and what was used longest ago is forgotten first.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from leora_gql.auth.permissions import Audience
from leora_gql.errors import BadUserInput, Forbidden, PersistedQueryNotFound
from leora_gql.server.request import OperationRequest
from leora_gql.server.trusted import TrustedDocuments
from leora_gql.settings import Settings
from leora_gql.settings_traffic import DocumentPolicy

MAX_BYTES = 8 * 1024 * 1024
"""Memory of all remembered texts."""
MAX_DOCUMENT = 64 * 1024
"""Memory of the longest text that is remembered; longer ones run, and are sent each time."""
NOT_FOUND = "PersistedQueryNotFound"
"""Apollo's clients look for exactly this message."""

_PREFIX = "sha256:"
_ENTRY = 200
"""Bytes that an entry takes besides its text."""
_STRICTNESS: tuple[DocumentPolicy, ...] = ("any", "apq", "trusted")


class Resolved(NamedTuple):
    """The text that a request runs; a tuple, since every request makes one.

    `stored` says that the request named it instead of sending it. `register_as` is the SHA-256 under
    which `StoredOperations.register` remembers it, once it is known to fit the schema.
    """

    query: str
    stored: bool = False
    register_as: str | None = None


class StoredOperations:
    """Finds the texts of requests, by the settings' policy for each audience."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        portal, staff = settings.portal_documents, settings.staff_documents
        both: list[DocumentPolicy] = sorted([portal, staff], key=_STRICTNESS.index)
        loose, strict = both
        self._policies: Mapping[Audience | None, DocumentPolicy] = {
            Audience.PORTAL: portal,
            Audience.STAFF: staff,
            # Nobody knows yet whose app signs in here. GraphiQL is nobody's app, and signs in with text.
            None: loose if settings.explorer_enabled else strict,
        }
        self._trusted = TrustedDocuments(settings.documents_folder, clock=clock)
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._size = 0

    def resolve(self, request: OperationRequest, audience: Audience | None) -> Resolved:
        """The text to run for a caller of the audience; None is nobody.

        A text counts before an id: the id of a text cannot be checked unless it is its SHA-256. Raises
        `PersistedQueryNotFound`, `BadUserInput` for a hash of another text, `Forbidden` for a text that
        this audience may not send.
        """
        policy = self._policies[audience]
        claimed = _claimed_hash(request)
        if request.query is None:
            return Resolved(self._find(claimed or request.document_id, policy), stored=True)
        if claimed is None and policy == "any":
            return Resolved(request.query)
        return self._judge(request.query, claimed, policy)

    def register(self, resolved: Resolved) -> None:
        """Remember a text that fits the schema, if it came with its hash."""
        key, text = resolved.register_as, resolved.query
        size = sys.getsizeof(text) + _ENTRY
        if key is None or key in self._texts or size > MAX_DOCUMENT:
            return
        self._texts[key] = text
        self._size += size
        while self._size > MAX_BYTES:
            _, forgotten = self._texts.popitem(last=False)
            self._size -= sys.getsizeof(forgotten) + _ENTRY

    def _find(self, key: str | None, policy: DocumentPolicy) -> str:
        if key is None:
            raise BadUserInput("The request has neither a query nor the id of one.")
        trusted = self._trusted.get(key)
        if trusted is not None:
            return trusted
        text = self._texts.get(key)
        if text is None or policy == "trusted":
            raise PersistedQueryNotFound(NOT_FOUND)
        self._texts.move_to_end(key)
        return text

    def _judge(self, text: str, claimed: str | None, policy: DocumentPolicy) -> Resolved:
        """What becomes of a text that came with its hash, or that may need one."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        if claimed is not None and claimed != digest and self._trusted.get(claimed) != text:
            raise BadUserInput("The hash is not the SHA-256 of the query, in hexadecimal digits.")
        if self._trusted.has_text(digest):
            return Resolved(text)
        if policy == "trusted":
            raise Forbidden("Only trusted documents run here: name one by its id.")
        if policy == "apq" and claimed is None:
            raise Forbidden("A query runs here only with its hash, in extensions.persistedQuery.")
        return Resolved(text, register_as=claimed)


def _claimed_hash(request: OperationRequest) -> str | None:
    """The hash that a request names its text by: Apollo's way, or as an id `sha256:…`."""
    if request.persisted_hash is not None:
        return request.persisted_hash
    named = request.document_id
    return named.removeprefix(_PREFIX) if named is not None and named.startswith(_PREFIX) else None
