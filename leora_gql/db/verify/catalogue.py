"""What PostgreSQL's catalogue says about the boundary, read once into plain values.

Any login can read it. Expressions and signatures come fully qualified, so they compare by text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leora_gql.db.policies import Driver
from leora_gql.db.verify import oddities as odd
from leora_gql.db.verify import queries

PUBLIC = "PUBLIC"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, view or sequence; `kind` is PostgreSQL's letter (r, p, v, m, f, S)."""

    schema: str
    name: str
    kind: str
    owner: str
    rls: bool
    forced: bool
    options: tuple[str, ...]
    columns: tuple[str, ...]
    has_rules: bool

    @property
    def is_table(self) -> bool:
        """Whether rows are stored in it."""
        return self.kind in {"r", "p"}


@dataclass(frozen=True, slots=True)
class Policy:
    """A row-level security policy; `command` is ALL, SELECT, INSERT, UPDATE or DELETE."""

    table: str
    name: str
    permissive: bool
    command: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A right of a role on a relation; no `columns` means on all of it."""

    relation: str
    grantee: str
    privilege: str
    columns: tuple[str, ...]
    grantable: bool


@dataclass(frozen=True, slots=True)
class Routine:
    """A function of the schema; `executors` are who may run it besides its owner."""

    schema: str
    signature: str
    owner: str
    definer: bool
    leakproof: bool
    volatility: str
    result: str
    settings: tuple[str, ...]
    executors: tuple[str, ...]
    body: str
    for_triggers: bool


@dataclass(frozen=True, slots=True)
class Role:
    """One of our roles and its attributes; `settings` include those for this database."""

    name: str
    login: bool
    inherit: bool
    powers: tuple[str, ...]
    member_of: tuple[str, ...]
    members: tuple[str, ...]
    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A unique key (`kind` u), exclusion (x) or foreign key (f). `target` columns pair with `columns`."""

    table: str
    name: str
    kind: str
    columns: tuple[str, ...]
    target_table: str | None
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something that should not be there at all: what, whose (if anybody's), and what is wrong."""

    subject: str
    role: str | None
    what: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The boundary as it is in one database."""

    relations: tuple[Relation, ...]
    policies: tuple[Policy, ...]
    grants: tuple[Grant, ...]
    routines: tuple[Routine, ...]
    roles: tuple[Role, ...]
    keys: tuple[Key, ...]
    schema_owner: str
    schema_rights: tuple[tuple[str, str], ...]
    default_rights: tuple[str, ...]
    oddities: tuple[Oddity, ...]

    def tables(self) -> Iterator[Relation]:
        """The tables of the schema by name."""
        return (relation for relation in self.relations if relation.is_table)

    def policies_of(self, table: str) -> Sequence[Policy]:
        """The policies of a table by name."""
        return [policy for policy in self.policies if policy.table == table]

    def grants_of(self, relation: str, grantee: str) -> Sequence[Grant]:
        """What a role holds on a relation."""
        return [grant for grant in self.grants if (grant.relation, grant.grantee) == (relation, grantee)]


async def read_catalogue(connection: Driver) -> Catalogue:
    """Read it on an open connection; inside a transaction, what that transaction sees."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SET LOCAL search_path TO ''")
        return await _read(connection)
    finally:
        await transaction.rollback()


async def _read(connection: Driver) -> Catalogue:
    async def rows(sql: str) -> Sequence[Row]:
        return [dict(row) for row in await connection.fetch(sql)]

    schema = await rows(queries.SCHEMA_RIGHTS)
    rights: Sequence[tuple[str, str]] = schema[0]["rights"] if schema else ()
    return Catalogue(
        relations=tuple(_relation(row) for row in await rows(queries.RELATIONS)),
        policies=tuple(_policy(row) for row in await rows(queries.POLICIES)),
        grants=tuple(_grant(row) for row in await rows(queries.GRANTS)),
        routines=tuple(_routine(row) for row in await rows(queries.ROUTINES)),
        roles=tuple(_role(row) for row in await rows(queries.ROLES)),
        keys=tuple(_key(row) for row in await rows(queries.KEYS)),
        schema_owner=str(schema[0]["owner"]) if schema else "",
        schema_rights=tuple((role, right) for role, right in rights),
        default_rights=tuple(str(row["line"]) for row in await rows(queries.DEFAULT_RIGHTS)),
        oddities=tuple(
            Oddity(str(row["subject"]), row["role"], str(row["what"]))
            for found in [await rows(sql) for sql in odd.ALL]
            for row in found
        ),
    )


def _relation(row: Row) -> Relation:
    return Relation(
        schema=row["schema"],
        name=row["name"],
        kind=row["kind"],
        owner=row["owner"],
        rls=row["rls"],
        forced=row["forced"],
        options=tuple(row["options"]),
        columns=tuple(row["columns"]),
        has_rules=row["has_rules"],
    )


def _policy(row: Row) -> Policy:
    return Policy(
        table=row["table"],
        name=row["name"],
        permissive=row["permissive"],
        command=row["command"],
        roles=tuple(row["roles"]),
        using=row["using"],
        check=row["check"],
    )


def _grant(row: Row) -> Grant:
    return Grant(
        relation=row["relation"],
        grantee=row["grantee"],
        privilege=row["privilege"],
        columns=tuple(row["columns"]),
        grantable=row["grantable"],
    )


def _routine(row: Row) -> Routine:
    return Routine(
        schema=row["schema"],
        signature=row["signature"],
        owner=row["owner"],
        definer=row["definer"],
        leakproof=row["leakproof"],
        volatility=row["volatility"],
        result=row["result"],
        settings=tuple(row["settings"]),
        executors=tuple(row["executors"]),
        body=row["body"],
        for_triggers=row["for_triggers"],
    )


def _role(row: Row) -> Role:
    return Role(
        name=row["name"],
        login=row["login"],
        inherit=row["inherit"],
        powers=tuple(row["powers"]),
        member_of=tuple(row["member_of"]),
        members=tuple(row["members"]),
        settings=tuple(row["settings"]),
    )


def _key(row: Row) -> Key:
    return Key(
        table=row["table"],
        name=row["name"],
        kind=row["kind"],
        columns=tuple(row["columns"]),
        target_table=row["target_table"],
        target_columns=tuple(row["target_columns"]),
    )
