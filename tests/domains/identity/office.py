"""A tenant of the test's own with people in it, who ask through the front door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from leora_gql.graph.node import decode_id, encode_id
from tests.accounts import PASSWORD, Company
from tests.api import Answer, Api

_SIGN_IN = """
mutation ($input: SignInInput!) { %s(input: $input) { accessToken userErrors { code } } }
"""
_VIEWER = "{ viewer { __typename permissions } }"


def key_of(global_id: str) -> UUID:
    """The key in a global id."""
    return decode_id(global_id)[1]


def codes(payload: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    """The codes and paths of a payload's problems."""
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


@dataclass
class Office:
    """Who asks is named by e-mail; buyers' begin with `buyer`."""

    api: Api
    company: Company
    people: dict[str, UUID] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    async def hire(self, email: str, role: str = "sales_rep", **given: Any) -> str:
        """A member of staff's global id."""
        self.people[email] = await self.company.add_user(email, role=role, **given)
        return encode_id("User", self.people[email])

    async def serve(self, email: str, role: str = "portal_user", **given: Any) -> str:
        """A buyer's global id."""
        self.people[email], _ = await self.company.add_buyer(email, role=role, **given)
        return encode_id("PortalUser", self.people[email])

    def role(self, name: str) -> str:
        """A role's global id."""
        return encode_id("Role", self.company.roles[name])

    async def add_role(self, name: str, *keys: str, kind: str = "STAFF") -> str:
        """A role that was made, and what it holds; its global id."""
        rows = await self.company.sql(
            "INSERT INTO leora.roles (tenant_id, id, name, kind) VALUES (:tenant, gen_random_uuid(), :name, :kind)"
            " RETURNING id",
            name=name,
            kind=kind,
        )
        self.company.roles[name] = rows[0]["id"]
        for key in keys:
            await self.company.sql(
                "INSERT INTO leora.role_permissions (tenant_id, role_id, permission_key) VALUES (:tenant, :role, :key)",
                role=rows[0]["id"],
                key=key,
            )
        return encode_id("Role", rows[0]["id"])

    async def try_to_sign_in(self, email: str, password: str = PASSWORD) -> str | None:
        """The access token, if the password is right and the account is open."""
        name = "portalSignIn" if email.startswith("buyer") else "signIn"
        given = {"input": {"email": email, "password": password}}
        answer = await self.api(_SIGN_IN % name, given, x_tenant_slug=self.company.slug)
        assert not answer.errors, answer.errors
        return answer.data[name]["accessToken"]

    async def ask(self, query: str, given: dict[str, Any] | None, *, as_: str) -> Answer:
        """The answer to a document whose only variable is `input`."""
        if as_ not in self.tokens:
            token = await self.try_to_sign_in(as_)
            assert token is not None
            self.tokens[as_] = token
        variables = None if given is None else {"input": given}
        return await self.api(query, variables, authorization=f"Bearer {self.tokens[as_]}")

    async def ask_nobody(self, query: str, given: dict[str, Any], **headers: str) -> dict[str, Any]:
        """The payload of a mutation that nobody has signed in for."""
        answer = await self.api(query, {"input": given}, **headers)
        assert not answer.errors, answer.errors
        return next(iter(answer.data.values()))

    async def do(self, query: str, given: dict[str, Any], *, as_: str) -> dict[str, Any]:
        """The payload of a mutation, which has no errors."""
        answer = await self.ask(query, given, as_=as_)
        assert not answer.errors, answer.errors
        return next(iter(answer.data.values()))

    async def permissions(self, email: str) -> set[str]:
        """What somebody may do, as the next request says."""
        answer = await self.ask(_VIEWER, None, as_=email)
        assert not answer.errors, answer.errors
        return set(answer.data["viewer"]["permissions"])

    async def row(self, email: str) -> dict[str, Any]:
        """Somebody's row as it is stored."""
        table = "portal_users" if email.startswith("buyer") else "users"
        rows = await self.company.sql(f"SELECT * FROM leora.{table} WHERE id = :id", id=self.people[email])
        return rows[0]

    async def version(self, email: str) -> int:
        """The version of somebody's row."""
        return (await self.row(email))["version"]

    async def events(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Every event: its type, its entity, and what it tells."""
        rows = await self.company.sql(
            "SELECT type, entity_type, payload FROM leora.webhook_events ORDER BY sequence"
        )
        return [(row["type"], row["entity_type"], row["payload"]) for row in rows]

    async def entries(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        """What the audit log has besides signing in: mutation, action, entity and changes."""
        return [
            (row["operation"], row["action"], row["entity_type"], row["changes"])
            for row in await self.company.audit()
            if row["action"] not in {"SIGN_IN", "SIGN_IN_FAILED"}
        ]

    async def state(self) -> object:
        """All that a refused mutation leaves as it is."""
        tables = ("users", "portal_users", "roles", "role_permissions", "user_roles", "portal_user_roles")
        columns = {
            "users": "id, version, status, first_name",
            "portal_users": "id, version, status, first_name",
        }
        rows = [
            await self.company.sql(f"SELECT {columns.get(table, '*')} FROM leora.{table} ORDER BY 1, 2, 3")
            for table in tables
        ]
        tokens = await self.company.sql("SELECT * FROM leora.one_time_tokens ORDER BY id")
        return rows, tokens, await self.events(), await self.entries()
