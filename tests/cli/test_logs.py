"""What the log shows of an error: where it was, and nothing of what callers sent."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from leora_gql.cli.logs import configure_logging
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.settings import Settings

SECRET = "hunter2-hunter2-hunter2"


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Put the log back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["json", "console"])
async def test_a_logged_error_shows_no_value(
    settings: Settings, pools: Pools, capfd: pytest.CaptureFixture[str], form: str
) -> None:
    configure_logging(settings.model_copy(update={"log_format": form}))
    password = SECRET
    try:
        async with pools.connect(Login.STAFF, read_only=True) as connection:
            await connection.execute(text("SELECT length(:given) / 0"), {"given": password})
    except DBAPIError as error:
        structlog.get_logger("leora.test").error("failed", exc_info=error)
    logged = capfd.readouterr().err
    assert "failed" in logged
    assert "test_logs.py" in logged
    assert SECRET not in logged
