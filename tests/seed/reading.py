"""Reads a seeded database behind the product's back: past row-level security."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, text

from leora_gql.db.addresses import connected
from leora_gql.domains.models import metadata

BY_REQUESTS_ONLY = frozenset({"idempotency_keys"})
"""Tables whose rows only requests make."""

VARYING = {
    "users": ("password_hash",),
    "portal_users": ("password_hash",),
    "tenant_heads": ("updated_at",),
}
"""Columns that two runs of one seed need not agree on: salted, or set by a trigger."""


def tenant_tables() -> list[str]:
    """The names of the tables that have a tenant's rows."""
    return [table.name for table in metadata.sorted_tables if "tenant_id" in table.columns]


async def read(url: URL, statement: str, **values: Any) -> list[dict[str, Any]]:
    """The rows of a statement, as the superuser sees them."""
    async with connected(url) as connection:
        result = await connection.execute(text(statement), values)
        return [dict(row) for row in result.mappings()]


async def digests(url: URL, slug: str | None = None) -> dict[str, str]:
    """A digest of the rows of each table, of one tenant or of all, but for what varies by nature."""
    answers: dict[str, str] = {}
    async with connected(url) as connection:
        for name in ("tenants", *tenant_tables()):
            varying = [f"'{column}'" for column in VARYING.get(name, ())]
            row = f"to_jsonb(t) - ARRAY[{', '.join(varying)}]::text[]"
            key = "id" if name == "tenants" else "tenant_id"
            rows = f"SELECT ({row})::text AS r FROM leora.{name} t JOIN leora.tenants o ON o.id = t.{key}"
            if slug:
                rows += f" WHERE o.slug = '{slug}'"
            query = text(f"SELECT md5(coalesce(string_agg(r, '' ORDER BY r), '')) FROM ({rows}) s")
            answers[name] = str(await connection.scalar(query))
    return answers
