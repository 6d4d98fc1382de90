"""What the log says of an error in the database: enough to find it, and nothing that somebody sent or stored."""

from __future__ import annotations

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from leora_gql.db.addresses import connected
from leora_gql.server.failures import public_error

WORD = "correct-horse-battery"
FAILING = {
    "a whole row in the details": (
        "INSERT INTO leora.permissions (key, category, description) VALUES (:word, NULL, 'x')"
    ),
    "what the driver cannot send": "SELECT CAST(:word AS uuid)",
}


@pytest.mark.parametrize("statement", FAILING.values(), ids=FAILING.keys())
async def test_the_log_quotes_no_values(direct_url: URL, statement: str) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with connected(direct_url) as connection, connection.begin():
            await connection.execute(text(statement), {"word": WORD})
    assert WORD in str(caught.value)
    with capture_logs() as logged:
        shown = public_error(caught.value, request_id="r-1")

    assert shown.message == "Something went wrong on our side."
    assert WORD not in str(logged)
    (entry,) = logged
    assert entry["request_id"] == "r-1"
    assert entry["statement"]
    assert "test_database_errors" in entry["place"]
