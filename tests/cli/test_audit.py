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
