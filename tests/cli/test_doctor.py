"""`leora doctor`: what adds up, and what does not, as the person at the terminal is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import URL, text
from typer.testing import CliRunner, Result

from leora_gql.cli.main import build_app
from leora_gql.db.addresses import connected
from tests.seed.reading import read

ITEMS = """
SELECT i.id, i.on_hand, i.reserved, i.warehouse, s.code FROM leora.inventory i
JOIN leora.skus s ON s.tenant_id = i.tenant_id AND s.id = i.sku_id JOIN leora.tenants t ON t.id = i.tenant_id
JOIN leora.order_allocations a ON a.tenant_id = i.tenant_id AND a.inventory_id = i.id AND a.reserved > 0
WHERE t.slug = :slug ORDER BY i.id LIMIT 1
"""


def doctor(url: URL, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setenv("LEORA_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    words = ["doctor", "stock"]
    return CliRunner().invoke(build_app(words), words)


async def item(url: URL, slug: str) -> dict[str, Any]:
    """An item of the tenant that an order has reserved bottles of."""
    return (await read(url, ITEMS, slug=slug))[0]


async def sabotage(url: URL, statement: str, **values: Any) -> None:
    async with connected(url, autocommit=True) as connection:
        await connection.execute(text(statement), values)


def rows(shown: str) -> list[list[str]]:
    """The cells of the table's rows."""
    return [
        [cell.strip() for cell in line.strip("│┃ ").split("│")]
        for line in shown.splitlines()
        if line.startswith("│")
    ]


def test_the_demo_tenants_add_up(direct_url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = doctor(direct_url, monkeypatch)
    assert shown.exit_code == 0
    assert "The stock adds up:" in shown.stdout


MORE_ON_HAND = "UPDATE leora.inventory SET on_hand = on_hand + 1 WHERE id = :key"
FEWER_RESERVED = "UPDATE leora.inventory SET reserved = reserved - 1 WHERE id = :key"
MORE_ALLOCATED = """
UPDATE leora.order_allocations SET reserved = reserved + 1 WHERE id = (
    SELECT id FROM leora.order_allocations WHERE inventory_id = :key AND reserved > 0 ORDER BY id LIMIT 1
)
"""


@pytest.mark.parametrize(
    ("slug", "statement", "expected"),
    [
        ("well-crafted", MORE_ON_HAND, "{1} {0} {2} ✓ ✓"),
        ("cellar-door", FEWER_RESERVED, "{0} ✓ {3} {2} {2}"),
        ("well-crafted", MORE_ALLOCATED, "{0} ✓ {2} ✓ {4}"),
    ],
)
def test_a_row_that_was_tampered_with_is_found(
    own_url: URL, monkeypatch: pytest.MonkeyPatch, slug: str, statement: str, expected: str
) -> None:
    found = asyncio.run(item(own_url, slug))
    asyncio.run(sabotage(own_url, statement, key=found["id"]))
    shown = doctor(own_url, monkeypatch)
    on_hand, reserved = found["on_hand"], found["reserved"]
    figures = expected.format(on_hand, on_hand + 1, reserved, reserved - 1, reserved + 1).split()
    assert rows(shown.stdout) == [[slug, found["code"], found["warehouse"], *figures]]
    assert "1 inventory item does not add up." in shown.stdout
    assert shown.exit_code == 1
