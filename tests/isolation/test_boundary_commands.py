"""`leora rls`: what the person at the terminal is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import URL

from leora_gql.cli.main import main
from leora_gql.db.logins import Login
from leora_gql.db.verify import record


@pytest.fixture(autouse=True)
def at_the_database(direct_url: URL, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", direct_url.render_as_string(hide_password=False))


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as exit_:
        main(["rls", *words])
    assert not exit_.value.code
    return capsys.readouterr().out


def row(text: str, *cells: str) -> list[str]:
    """The cells of the first row that begins with those given."""
    rows = [[cell.strip() for cell in line.strip("│┃ ").split("│")] for line in text.splitlines()]
    return next(found for found in rows if found[: len(cells)] == list(cells))


def test_verify_lists_every_operation_of_every_table_for_every_login(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = shown(capsys, "verify")

    assert all(login.value in text for login in Login)
    assert row(text, "orders", "SELECT")[2:] == [
        "own tenant",
        "own customer",
        "own customer",
        "refused",
        "own tenant",
    ]
    assert row(text, "audit_log", "DELETE")[2:] == ["refused"] * 5
    assert row(text, "permissions", "SELECT")[2] == "everyone's"
    assert "The boundary holds" in text


def test_status_shows_security_and_rights(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "status", "--table", "audit")

    assert row(text, "audit_log", "forced")[3:] == ["s i", "–", "i(15)", "i", "i"]


def test_the_written_record_is_the_boundary_of_a_fresh_database(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    committed = record.path_of_record().read_text("utf-8")
    monkeypatch.setattr(record, "path_of_record", lambda: tmp_path / record.FILE)

    shown(capsys, "record")
    record.recorded.cache_clear()

    assert (tmp_path / record.FILE).read_text("utf-8") == committed
