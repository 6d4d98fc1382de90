"""Mutations: declared once, planned, done in one transaction, told.

    create_supplier = mutation(
        CreateSupplierInput,
        service.create_supplier,
        creates=Supplier,
        requires="catalog.manage",
        description="Add a supplier.",
    )

From it follow the field with its `input`, the permission and the payload type. An operation goes over its
mutations twice. First they are *planned* (`plan.py`): permission and input of each, without the database.
Then they are *done*, one after the other in one transaction (`server/changes.py`), and last *told*: what was
created is read as the payload selects it, or `userErrors` say why nothing happened.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any, TypeVar, cast

import strawberry
from strawberry.utils.str_converters import to_camel_case

from leora_gql.graph.access import access_directives, access_sentence
from leora_gql.graph.entity import Registry
from leora_gql.graph.fields import Access
from leora_gql.graph.mutation_inputs import MutationInput
from leora_gql.graph.payloads import batch_payload, changed_payload, created_payload, removed_payload
from leora_gql.graph.plan import Mutation, Payload, Service
from leora_gql.graph.selection import Info

N = TypeVar("N")

DECLARED: dict[str, Mutation] = {}
"""Every declared mutation by its name in the schema. The session mutations are none of them."""


def mutation(
    given: type[MutationInput[N]],
    service: Service[Any],
    *,
    requires: str,
    description: str,
    creates: type[Any] | None = None,
    changes: type[Any] | None = None,
    removes: type[Any] | None = None,
    each: type[Any] | None = None,
    locks: Callable[[N], Any] | None = None,
) -> Any:
    """Declare a mutation that `creates`, `changes` or `removes` a row of an entity: the field for a class of mutations.

    The attribute is called as the input without `Input`: `create_supplier` takes a
    `CreateSupplierInput` and gives a `CreateSupplierPayload`. A bulk mutation says by `each` what its items' input
    type is. `locks` says what is locked for what the input's `checked` gives (`domains.locks.Locks`), before any
    service of the operation runs.
    """
    base = given.__name__.removesuffix("Input")
    target = creates or changes or removes
    assert target is not None
    entity = Registry.require(target.__name__)
    declared = Mutation(
        name=base[0].lower() + base[1:],
        entity=entity,
        access=Access(requires),
        service=service,
        inputs=frozenset(to_camel_case(one.name) for one in fields(cast(Any, each or given))),
        given=given,
        locks=locks,
        plain=removes is None and each is None,
    )
    DECLARED[declared.name] = declared
    if each is not None:
        payload = batch_payload(base, entity, removes=removes is not None)
    elif removes is not None:
        payload = removed_payload(base, entity)
    else:
        payload = created_payload(base, entity) if creates else changed_payload(base, entity)
    return strawberry.mutation(
        resolver=_resolver(declared, given, payload),
        description=description + access_sentence(declared.access),
        directives=access_directives(declared.access),
    )


def _resolver(declared: Mutation, given: type[Any], payload: type[Any]) -> Callable[..., Any]:
    """Plans the call the first time; tells what became of it the second."""

    def resolve(info: Info, given: MutationInput[object]) -> Payload:
        plan, key = info.context.plan, str(info.path.key)
        told = plan.told(key)
        return told or plan.add(key, declared, given, actor=info.context.require_principal())

    argument = strawberry.argument(name="input", description="What it is to be.")
    returns: Any = payload | None
    annotations: dict[str, Any] = {"info": Info, "given": Annotated[given, argument]}
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, positional, annotation=kind) for name, kind in annotations.items()]
    function: Any = resolve
    function.__signature__ = inspect.Signature(parameters, return_annotation=returns)
    function.__annotations__ = {**annotations, "return": returns}
    return function
