"""Operations run for a principal of the test's own making: real schema, real database, real policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import URL, text

from leora_gql.auth.permissions import KEYS, PORTAL_KEYS
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.addresses import connected
from leora_gql.db.engine import Pools
from leora_gql.schema import product_schema
from leora_gql.server.answer import Answer
from leora_gql.server.caller import Caller
from leora_gql.server.operation import Operations
from leora_gql.server.request import OperationRequest
from leora_gql.settings import Settings

_PEOPLE = {
    ActorKind.USER: "SELECT id, NULL::uuid AS customer_id FROM leora.users WHERE email = :email",
    ActorKind.PORTAL_USER: "SELECT id, customer_id FROM leora.portal_users WHERE email = :email",
}


UNLIMITED = {
    "rate_limit_tenant": "off",
    "rate_limit_principal": "off",
    "rate_limit_address": "off",
    "rate_limit_anonymous": "off",
}
"""Tests ask for more than anybody may in a minute."""


@dataclass
class Runner:
    """Runs documents as any principal, and reads the database behind the product's back."""

    direct_url: URL
    pools: Pools
    settings: Settings
    _operations: dict[str, Operations] = field(default_factory=dict)

    async def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Rows as the superuser sees them: past row-level security."""
        async with connected(self.direct_url) as connection:
            result = await connection.execute(text(statement), values)
            return [dict(row) for row in result.mappings()]

    async def write(self, statement: str, **values: Any) -> None:
        """Change rows as the superuser does."""
        async with connected(self.direct_url, autocommit=True) as connection:
            await connection.execute(text(statement), values)

    async def tenant(self, slug: str = "well-crafted") -> UUID:
        """The tenant's id."""
        rows = await self.sql("SELECT id FROM leora.tenants WHERE slug = :slug", slug=slug)
        return rows[0]["id"]

    async def principal(
        self, email: str, permissions: frozenset[str] | None = None, *, tenant: str = "well-crafted"
    ) -> Principal:
        """A demo account with these permissions instead of its own; all that its kind can hold by default."""
        kind = ActorKind.PORTAL_USER if email.startswith("buyer@") else ActorKind.USER
        key = await self.tenant(tenant)
        rows = await self.sql(f"{_PEOPLE[kind]} AND tenant_id = :tenant", email=email, tenant=key)
        everything = PORTAL_KEYS if kind is ActorKind.PORTAL_USER else frozenset(KEYS)
        return Principal(
            kind=kind,
            id=rows[0]["id"],
            tenant_id=key,
            tenant_slug=tenant,
            permissions=everything if permissions is None else permissions,
            customer_id=rows[0]["customer_id"],
        )

    async def run(
        self,
        query: str,
        principal: Principal | None,
        variables: dict[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """The answer to a document, as its JSON says."""
        return orjson.loads(await self.answer(query, principal, variables, idempotency_key=idempotency_key))

    async def answer(
        self,
        query: str,
        principal: Principal | None,
        variables: dict[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        compiler: Literal["on", "off"] = "on",
        idempotency_key: str | None = None,
    ) -> bytes:
        """The answer to a document, as it goes to the wire; only by resolvers with the compiler off."""
        operations = self.operations(compiler)
        caller = Caller(
            principal=principal,
            tenant_slug="well-crafted",
            request_id="test",
            idempotency_key=idempotency_key,
        )
        request = OperationRequest(query=query, variables=variables or {}, operation_name=operation_name)
        prepared = operations.prepare(request, caller)
        answer = prepared if isinstance(prepared, Answer) else await operations.run(prepared, caller)
        return answer.body()

    def operations(self, compiler: Literal["on", "off"] = "on") -> Operations:
        """What runs the documents."""
        if compiler not in self._operations:
            self._operations[compiler] = Operations(
                product_schema()._schema,
                settings=self.settings.model_copy(update={"compiler": compiler, **UNLIMITED}),
                pools=self.pools,
                auth=None,  # type: ignore[arg-type]  reading needs none
            )
        return self._operations[compiler]

    async def data(self, query: str, principal: Principal, variables: dict[str, Any] | None = None) -> Any:
        """The data of an answer without errors."""
        answer = await self.run(query, principal, variables)
        assert "errors" not in answer, answer["errors"][:3]
        return answer["data"]
