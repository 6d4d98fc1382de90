"""What our server does for the application besides what ASGI has: the extensions of a scope."""

from __future__ import annotations

from collections.abc import Sequence

Lines = Sequence[tuple[bytes, bytes]]
"""Headers, their names in lower case."""

CUT = "leora.cut"
"""The extension by which a server lets us drop a connection without writing what waits."""

WHOLE = "leora.whole"
"""The extension by which a server takes a response of status 200 at once: `(send, headers, body)`.

It tells whether it did. Names of headers are in lower case, and no value holds a character that would end it.
"""
