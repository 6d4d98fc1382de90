"""The compiler without a database: operations, callers, and what is bound for them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from graphql import OperationDefinitionNode, parse, validate

from leora_gql.auth.permissions import KEYS, PORTAL_KEYS
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.compiler.compiler import Bound, Compiler
from leora_gql.compiler.lower import NotCompilable
from leora_gql.compiler.plans import Compilable
from leora_gql.graph.cursors import Cursors
from leora_gql.graph.entity import Registry
from leora_gql.graph.inputs import Given
from leora_gql.graph.ordering import ordering
from leora_gql.schema import product_schema

SCHEMA = product_schema()._schema
CURSOR_KEY = b"k" * 32
TENANT = UUID(int=0x7EAA)


def caller(
    *permissions: str, kind: ActorKind = ActorKind.USER, tenant: UUID = TENANT, key: int = 1
) -> Principal:
    """Somebody with these permissions, or with all that their kind can hold."""
    everything = PORTAL_KEYS if kind is ActorKind.PORTAL_USER else frozenset(KEYS)
    return Principal(
        kind=kind,
        id=UUID(int=key),
        tenant_id=tenant,
        tenant_slug="a-tenant",
        permissions=frozenset(permissions) or everything,
        customer_id=UUID(int=9) if kind is ActorKind.PORTAL_USER else None,
    )


def compilable(text: str) -> Compilable:
    """The one operation of a valid document."""
    document = parse(text)
    assert validate(SCHEMA, document) == []
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return Compilable(SCHEMA, operation, tree=lambda: (document, operation))


def compiler(**given: Any) -> Compiler:
    """A compiler that knows nothing yet."""
    return Compiler(SCHEMA, cursor_key=CURSOR_KEY, server_version=15, **given)


def why_not(
    made: Compiler, operation: Compilable, inputs: dict[str, Any], principal: Principal | None
) -> str:
    """The reason why there is no plan; empty where there is one."""
    try:
        made.bind(operation, inputs, principal)
    except NotCompilable as why:
        return why.reason.value
    return ""


def sql(bound: Bound) -> str:
    """The text of a bound plan's statement."""
    assert bound.plan.statement is not None
    return bound.plan.statement.expression.sql


def cursor(entity: str, *keys: tuple[str, str], values: list[Any], tenant: UUID = TENANT) -> str:
    """The cursor of a row with these sort values, in the order of fields and directions."""
    cursors, declared = Cursors(CURSOR_KEY, tenant), Registry.require(entity)
    asked = [{"field": field.lower(), "direction": direction} for field, direction in keys]
    order = ordering(declared, asked, inputs=Given(cursors), rights=caller().rights)
    return cursors.codec(declared, order).encode(values)
