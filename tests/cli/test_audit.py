"""`leora audit verify`: what the person at the terminal is shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from leora_gql.cli.main import main
from leora_gql.db.addresses import connected
from leora_gql.settings import Settings


@pytest.fixture(autouse=True)
def at_the_database(
    own_url: URL, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", own_url.render_as_string(hide_password=False))
    monkeypatch.setenv("AUDIT_KEY", settings.audit_key.get_secret_value())


def test_a_whole_log_is_said_to_be_whole(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["audit", "verify"])
    shown = capsys.readouterr()
    assert not end.value.code
    assert "well-crafted" in shown.out
    assert "cellar-door" in shown.out
    assert shown.err == ""


async def _remove_the_last(url: URL) -> None:
    async with connected(url, autocommit=True) as connection:
        await connection.execute(text("ALTER TABLE leora.audit_log DISABLE TRIGGER USER"))
        await connection.execute(
            text(
                "DELETE FROM leora.audit_log USING leora.tenants t WHERE t.id = tenant_id AND t.slug = 'cellar-door'"
                " AND sequence = (SELECT max(sequence) FROM leora.audit_log l WHERE l.tenant_id = t.id)"
            )
        )


def test_a_finding_is_named_and_ends_with_1(own_url: URL, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(_remove_the_last(own_url))
    with pytest.raises(SystemExit) as end:
        main(["audit", "verify"])
    shown = capsys.readouterr()
    assert end.value.code == 1
    assert shown.err.startswith("cellar-door: The log ends at entry")
    assert "well-crafted:" not in shown.err


async def _cut_off_the_end(url: URL) -> None:
    """Whoever may write past the rules makes the log a shorter one that is whole in itself."""
    last = (
        "SELECT l.sequence, l.hash FROM leora.audit_log l JOIN leora.tenants t ON t.id = l.tenant_id"
        " WHERE t.slug = 'cellar-door' ORDER BY l.sequence DESC LIMIT 1"
    )
    async with connected(url, autocommit=True) as connection:
        await connection.execute(
            text(
                f"UPDATE leora.tenant_heads h SET audit_sequence = last.sequence, audit_hash = last.hash"
                f" FROM ({last}) AS last, leora.tenants t WHERE t.id = h.tenant_id AND t.slug = 'cellar-door'"
            )
        )


def _verify_against(path: Path) -> object:
    with pytest.raises(SystemExit) as end:
        main(["audit", "verify", "--ends", str(path)])
    return end.value.code


def test_an_end_that_was_cut_off_is_found_by_who_kept_it(
    own_url: URL, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = tmp_path / "ends.json"
    assert not _verify_against(ends)
    assert not _verify_against(ends)
    kept = ends.read_text()
    asyncio.run(_remove_the_last(own_url))
    asyncio.run(_cut_off_the_end(own_url))
    capsys.readouterr()
    assert _verify_against(ends) == 1
    shown = capsys.readouterr()
    assert "when verified before" in shown.err
    assert shown.err.startswith("cellar-door: The log ends at entry")
    assert ends.read_text() == kept


@pytest.mark.parametrize("content", ["", "[]", '{"x": {}}'])
def test_another_file_is_not_taken_for_one_of_ends(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ends = tmp_path / "notes.txt"
    ends.write_text(content)
    assert _verify_against(ends) != 0
    assert "is not a file that" in capsys.readouterr().err
    assert ends.read_text() == content
