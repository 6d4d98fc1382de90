"""The writing transaction of an operation: all of its declared mutations, or nothing.

1. *Plan*: the operation is executed without the selections of its mutations' payloads. That checks permission and
   input of each, and no transaction is opened when one of them fails.
2. *Do*: the services run in order, in one READ COMMITTED transaction on the login that writes for the
   audience; the first that refuses undoes all.
3. *Tell*: the operation is answered. What it created is read on the login that *reads* for the audience, which
   alone decides what the caller may see. Staff reads and writes on the same login: there the payload is read in
   the same transaction, before its commit, and a database error in it undoes the change. For the portal it
   is read after the commit, in a read-only transaction; an error then stands at its field, and the change stays.

No answer leaves before the commit. When that fails, the answer says so and nothing happened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import Principal
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.tenant import with_tenant
from leora_gql.graph.mutation import DECLARED
from leora_gql.graph.plan import Plan
from leora_gql.server.context import OperationSession, login_of, scope_of

T = TypeVar("T")

_TYPENAME = SelectionSetNode(selections=(FieldNode(name=NameNode(value="__typename")),))


def writing_login_of(principal: Principal) -> Login:
    """The login that writes for the principal's audience."""
    return Login.PORTAL_WRITE if principal.audience is Audience.PORTAL else Login.STAFF


def told_before_commit(principal: Principal) -> bool:
    """Whether what the principal changes is told in the writing transaction, so that failing to tell undoes it."""
    return writing_login_of(principal) is login_of(principal)


def planning_document(document: DocumentNode, operation: OperationDefinitionNode) -> DocumentNode | None:
    """The operation without what its payloads select; None when it has no declared mutation to plan."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    names = set(_root_fields(operation.selection_set, fragments, seen=set()))
    if names.isdisjoint(DECLARED):
        return None
    planned = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=_without_payloads(operation.selection_set),
        loc=operation.loc,
    )
    bare = [
        FragmentDefinitionNode(
            name=node.name,
            type_condition=node.type_condition,
            directives=node.directives,
            selection_set=_without_payloads(node.selection_set),
            loc=node.loc,
        )
        for node in fragments.values()
    ]
    return DocumentNode(definitions=(planned, *bare))


def _root_fields(
    selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], *, seen: set[str]
) -> Iterator[str]:
    for node in selected.selections:
        if isinstance(node, FieldNode):
            yield node.name.value
        elif isinstance(node, InlineFragmentNode):
            yield from _root_fields(node.selection_set, fragments, seen=seen)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
            seen.add(node.name.value)
            yield from _root_fields(fragments[node.name.value].selection_set, fragments, seen=seen)


def _without_payloads(selected: SelectionSetNode) -> SelectionSetNode:
    return SelectionSetNode(selections=tuple(_bare(node) for node in selected.selections))


def _bare(node: SelectionNode) -> SelectionNode:
    if isinstance(node, FieldNode) and node.name.value in DECLARED:
        return FieldNode(
            alias=node.alias,
            name=node.name,
            arguments=node.arguments,
            directives=node.directives,
            selection_set=_TYPENAME,
            loc=node.loc,
        )
    if isinstance(node, InlineFragmentNode):
        return InlineFragmentNode(
            type_condition=node.type_condition,
            directives=node.directives,
            selection_set=_without_payloads(node.selection_set),
            loc=node.loc,
        )
    return node


class _Undone(Exception):
    """Leaves the transaction so that nothing of it stays; never seen outside."""


async def perform(
    plan: Plan,
    *,
    pools: Pools,
    principal: Principal,
    reader: OperationSession,
    tell: Callable[[], Awaitable[T]],
) -> T:
    """Do what is planned, all of it or nothing, and give the answer that `tell` makes of the plan.

    `tell` reads through `reader`; it is called again when the commit fails after it.
    """
    plan.closed = True
    if plan.failed or not plan.calls:
        return await tell()
    try:
        told = await _in_one_transaction(plan, pools=pools, principal=principal, reader=reader, tell=tell)
    except _Undone:
        told = None
    except Exception as error:  # noqa: BLE001  whatever it is, the answer tells it at its field
        plan.fail(error)
        told = None
    return told[0] if told is not None else await tell()


async def _in_one_transaction(
    plan: Plan,
    *,
    pools: Pools,
    principal: Principal,
    reader: OperationSession,
    tell: Callable[[], Awaitable[T]],
) -> tuple[T] | None:
    """The answer, where it is told before the commit. Raises what undoes the transaction.

    What belongs to the operation as a whole and not to one service has its place here: locks before the
    services, records of what they did after them, while all of it can still be undone.
    """
    async with with_tenant(pools, scope_of(principal), login=writing_login_of(principal)) as connection:
        await plan.run(connection)
        if plan.failed:
            raise _Undone
        if not told_before_commit(principal):
            return None
        async with reader.within(connection, principal):
            told = await tell()
        if reader.failure is not None:
            raise reader.failure
        return (told,)
