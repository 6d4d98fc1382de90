"""Rows to be probed: one of every table for a tenant that does not exist outside this transaction.

They are made up from the catalogue (types, foreign keys, CHECKs that list values), so a new table has
one without anybody writing it; what the catalogue cannot tell stands in `_VALUES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from leora_gql.db.policies import Driver
from leora_gql.db.verify import expected
from leora_gql.db.verify.catalogue import Catalogue, Key

PORTAL_ROLE = "roles of the portal"

COLUMNS = """
SELECT r.relname::text AS table_name, c.attname::text AS column_name,
    format_type(c.atttypid, c.atttypmod) AS kind,
    c.attnotnull AND NOT c.atthasdef AND c.attidentity = '' AS required,
    c.attgenerated <> '' OR c.attidentity = 'a' AS generated,
    (
        SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
        WHERE k.conrelid = r.oid AND k.contype = 'c' AND k.conkey = ARRAY[c.attnum]
            AND pg_get_constraintdef(k.oid) LIKE '%= ANY (ARRAY[%'
        LIMIT 1
    ) AS listed
FROM pg_class r JOIN pg_attribute c ON c.attrelid = r.oid
WHERE r.relnamespace = 'leora'::regnamespace AND r.relkind IN ('r', 'p')
    AND c.attnum > 0 AND NOT c.attisdropped
ORDER BY 1, c.attnum
"""

_BY_TYPE: Mapping[str, str] = {
    "boolean": "true",
    "bytea": r"'\x" + "00" * 32 + "'",
    "date": "current_date",
    "jsonb": "'{}'",
    "text": "'probe'",
    "text[]": "'{probe}'",
    "timestamp with time zone": "now()",
    "uuid": "gen_random_uuid()",
}
_VALUES: Mapping[tuple[str, str], str] = {
    ("idempotency_keys", "actor_kind"): "'PORTAL_USER'",
    ("integration_tokens", "token_hash"): _BY_TYPE["bytea"],
    ("integration_tokens", "token_prefix"): "'lgi_probe'",
    ("inventory_movements", "on_hand_delta"): "1",
    ("invoices", "number"): "'probe'",
    ("invoices", "status"): "'VOID'",
    ("one_time_tokens", "subject_kind"): "'PORTAL_USER'",
    ("products", "status"): "'ACTIVE'",
    ("webhook_events", "type"): "'probe.made'",
}
"""Columns that a CHECK ties to others, or to a form, in one table; and what buyers see a row by."""

_BY_NAME: Mapping[str, str] = {
    "currency": "'USD'",
    "email": "'probe@example.test'",
    "url": "'https://example.test'",
}
_BUYER = "portal_users"
_PARENTS: Mapping[tuple[str, str], str] = {
    ("idempotency_keys", "actor_id"): _BUYER,
    ("one_time_tokens", "subject_id"): _BUYER,
    ("portal_user_roles", "role_id"): PORTAL_ROLE,
    ("role_permissions", "role_id"): PORTAL_ROLE,
}
"""What columns refer to where no foreign key says it, or where it must be a certain row."""

_FOLLOWED = frozenset({("customers", "sales_rep_id"), ("sessions", "portal_user_id")})
"""Foreign keys that may be null and are filled all the same: a CHECK or a policy wants them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, and the values that a CHECK lists for it."""

    name: str
    kind: str
    required: bool
    generated: bool
    listed: str | None


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """A row that can be made in a table: column names with SQL for their values."""

    table: str
    values: Mapping[str, str]

    def insert(self, columns: Sequence[str] | None = None) -> str:
        """The INSERT, of all its columns or of those given."""
        names = [name for name in self.values if columns is None or name in columns]
        values = ", ".join(self.values[name] for name in names)
        return f"INSERT INTO leora.{self.table} ({', '.join(names)}) VALUES ({values})"


@dataclass(frozen=True, slots=True)
class ProbeTenant:
    """A made-up tenant, the rows it has in every table, and who acts in it."""

    id: UUID
    rows: Sequence[ProbeRow]
    columns: Mapping[str, Sequence[Column]]

    def id_in(self, table: str) -> UUID:
        """The id of its row in a table."""
        return uuid5(self.id, table)

    def row(self, table: str) -> ProbeRow | None:
        """Its row in a table."""
        return next((row for row in self.rows if row.table == table), None)


async def make_up(connection: Driver, catalogue: Catalogue) -> ProbeTenant:
    """A tenant with rows of every table, parents first; nothing is written yet."""
    columns: dict[str, list[Column]] = {}
    for row in await connection.fetch(COLUMNS):
        columns.setdefault(row["table_name"], []).append(
            Column(row["column_name"], row["kind"], row["required"], row["generated"], row["listed"])
        )
    tenant = ProbeTenant(id=uuid4(), rows=[], columns=columns)
    foreign = {
        table: [key for key in catalogue.keys if key.kind == "f" and key.table == table] for table in columns
    }
    rows: list[ProbeRow] = []
    for table in _parents_first(columns, foreign):
        if table in expected.GLOBAL | expected.UNGUARDED:
            continue
        rows.append(ProbeRow(table, dict(_values(tenant, table, foreign[table]))))
        if table == "roles":
            rows.append(_portal_role(tenant, rows[-1]))
    return ProbeTenant(id=tenant.id, rows=rows, columns=columns)


def _portal_role(tenant: ProbeTenant, role: ProbeRow) -> ProbeRow:
    """A second role: staff and portal users hold roles of different kinds."""
    own = {"id": f"'{tenant.id_in(PORTAL_ROLE)}'", "name": "'probe of the portal'", "kind": "'PORTAL'"}
    return ProbeRow(role.table, {**role.values, **own})


async def write_rows(connection: Driver, tenant: ProbeTenant) -> Mapping[str, str]:
    """Write them; gives the tables that would not take one, with the reason."""
    failed: dict[str, str] = {}
    for row in tenant.rows:
        try:
            async with connection.transaction():
                await connection.execute(row.insert())
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is told
            failed[row.table] = str(error)
    return failed


def _parents_first(columns: Mapping[str, object], foreign: Mapping[str, Sequence[Key]]) -> Iterator[str]:
    waiting = {
        table: {key.target_table for key in keys if key.target_table in columns} - {table}
        for table, keys in foreign.items()
    }
    while waiting:
        ready = sorted(table for table, parents in waiting.items() if not parents & waiting.keys())
        for table in ready or sorted(waiting)[:1]:
            del waiting[table]
            yield table


def _values(tenant: ProbeTenant, table: str, keys: Sequence[Key]) -> Iterator[tuple[str, str]]:
    parents = {key.columns[-1]: key.target_table for key in keys if key.columns[-1] != "tenant_id"}
    parents |= {column: parent for (name, column), parent in _PARENTS.items() if name == table}
    for column in tenant.columns[table]:
        place = (table, column.name)
        wanted = column.required or place in _VALUES or place in _FOLLOWED
        if wanted and not column.generated:
            yield column.name, _value(tenant, table, column, parents.get(column.name))


def _value(tenant: ProbeTenant, table: str, column: Column, parent: str | None) -> str:
    if column.name == "tenant_id" or (table == expected.ROOT and column.name == "id"):
        return f"'{tenant.id}'"
    if column.name == "slug":
        return f"'probe-{tenant.id}'"
    if column.name == "id":
        return f"'{tenant.id_in(table)}'"
    if parent in expected.GLOBAL:
        return "(SELECT p.key FROM leora.permissions p WHERE p.portal_allowed ORDER BY 1 LIMIT 1)"
    if parent is not None:
        return f"'{tenant.id_in(parent)}'"
    given = _VALUES.get((table, column.name)) or _BY_NAME.get(column.name)
    if given is not None:
        return given
    if column.listed is not None:
        return _first_listed(column.listed)
    return _BY_TYPE.get(column.kind, "1")


def _first_listed(check: str) -> str:
    found = re.search(r"ARRAY\[('(?:[^']|'')*')", check)
    return found[1] if found else "'probe'"
