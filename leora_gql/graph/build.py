"""Builds the Strawberry types of all registered entities, once every domain is loaded."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import strawberry
from strawberry import UNSET
from strawberry.types.field import StrawberryField

from leora_gql.db.model import DescribedEnum
from leora_gql.graph.access import access_directives, access_sentence, relation_access
from leora_gql.graph.connection import Connection
from leora_gql.graph.entity import (
    Entity,
    Registry,
    is_optional,
    optional,
    plain,
    resolve_annotations,
    words,
)
from leora_gql.graph.fields import Access, ColumnSpec, ToManySpec, ToOneSpec
from leora_gql.graph.listing import DEFAULT_PAGE, MAX_OFFSET, MAX_PAGE
from leora_gql.graph.node import Record
from leora_gql.graph.ordering import SortDirection, build_order_by, default_ordering
from leora_gql.graph.resolvers import (
    column_resolver,
    connection_resolver,
    singular_resolver,
    to_many_resolver,
    to_one_resolver,
)
from leora_gql.graph.selection import Info
from leora_gql.graph.where import complete_where, declare_where

_PAGE_ARGUMENTS: tuple[tuple[str, Any, str], ...] = (
    (
        "first",
        int,
        f"How many rows from the start (1 to {MAX_PAGE}; {DEFAULT_PAGE} when neither first nor last is given).",
    ),
    ("after", str, "Start after the row with this cursor; goes with first."),
    ("last", int, f"How many rows from the end (1 to {MAX_PAGE})."),
    ("before", str, "End before the row with this cursor; goes with last."),
    (
        "offset",
        int,
        f"Skip this many rows (0 to {MAX_OFFSET:,}), for screens with page numbers; not with a cursor.",
    ),
)


def build_entities() -> None:
    """Turn every registered declaration into Strawberry types. Raises `TypeError` for contradictions."""
    describe_enum(SortDirection)
    entities = list(Registry.entities.values())
    names = {entity.name: entity.cls for entity in entities} | {"Connection": Connection}
    for entity in entities:
        resolve_annotations(entity, names)
        entity.where = declare_where(entity)
    for entity in entities:
        for annotation in entity.annotations.values():
            describe_enum(annotation)
        entity.order_by = build_order_by(entity)
    for entity in entities:
        assert entity.where is not None
        complete_where(entity.where)
    for entity in entities:
        _build_type(entity)


def describe_enum(annotation: Any) -> None:
    """Make a `DescribedEnum` (or an optional one, or a list of one) a GraphQL enum, descriptions included."""
    enum = plain(annotation)
    if typing.get_origin(enum) is list:
        (enum,) = typing.get_args(enum)
    if not (
        isinstance(enum, type) and issubclass(enum, DescribedEnum)
    ) or "__strawberry_definition__" in vars(enum):
        return
    strawberry.enum(enum, description=inspect.cleandoc(enum.__doc__ or ""))
    definition = typing.cast(Any, enum).__strawberry_definition__
    for value, member in zip(definition.values, enum, strict=True):
        value.description = member.description


def _build_type(entity: Entity) -> None:
    cls = entity.cls
    for name, spec in entity.fields.items():
        if isinstance(spec, ColumnSpec):
            annotation, made = _column_field(entity, name, spec)
        elif isinstance(spec, ToOneSpec):
            annotation, made = _to_one_field(entity, name, spec)
        else:
            annotation, made = _to_many_field(entity, name, spec)
        cls.__annotations__[name] = annotation
        setattr(cls, name, made)
    cls.is_type_of = classmethod(_type_test(entity))
    strawberry.type(cls, description=inspect.cleandoc(cls.__doc__ or ""))


def _type_test(entity: Entity) -> Callable[..., bool]:
    def is_type_of(_: type[Any], value: object, *__: object) -> bool:
        return isinstance(value, Record) and value.entity is entity

    return is_type_of


def _column_field(entity: Entity, name: str, spec: ColumnSpec) -> tuple[Any, StrawberryField]:
    annotation = entity.annotations[name]
    description = spec.description + access_sentence(spec.access)
    if spec.access == Access():
        return annotation, strawberry.field(description=description)
    _must_be_optional(entity, name, annotation)
    resolver = _with_signature(
        column_resolver(entity, name, spec.access), [], optional(annotation), root=True
    )
    directives = access_directives(spec.access)
    return annotation, strawberry.field(resolver=resolver, description=description, directives=directives)


def _to_one_field(entity: Entity, name: str, spec: ToOneSpec) -> tuple[Any, StrawberryField]:
    target = entity.target(name)
    access = relation_access(entity, target, spec.access)
    resolver = _with_signature(to_one_resolver(entity, name, spec), [], target.cls | None, root=True)
    description = spec.description + access_sentence(access)
    made = strawberry.field(resolver=resolver, description=description, directives=access_directives(access))
    return target.cls | None, made


def _to_many_field(entity: Entity, name: str, spec: ToManySpec) -> tuple[Any, StrawberryField]:
    target = entity.target(name)
    access = relation_access(entity, target, spec.access)
    default_ordering(target, spec.order_by)
    kind: Any = Connection[target.cls]
    annotation = kind | None if access != Access() else kind
    resolver = to_many_resolver(entity, name, spec)
    resolver = _with_signature(resolver, list(_list_parameters(target)), annotation, root=True)
    description = spec.description + access_sentence(access)
    made = strawberry.field(resolver=resolver, description=description, directives=access_directives(access))
    return annotation, made


def root_fields(entity: Entity) -> dict[str, tuple[Any, StrawberryField]]:
    """The singular and the connection field of an entity on Query: name → (annotation, field)."""
    directives, sentence = access_directives(entity.access), access_sentence(entity.access)
    listed: Any = Connection[entity.cls] | None
    many = _with_signature(connection_resolver(entity), list(_list_parameters(entity)), listed)
    single = _with_signature(singular_resolver(entity), list(_lookup_parameters(entity)), entity.cls | None)
    by = words(" or ".join(("id", *entity.lookups)))
    return {
        entity.singular: (
            entity.cls | None,
            strawberry.field(
                resolver=single,
                description=f"The {words(entity.singular)} with that {by}; null when there is none to see.{sentence}",
                directives=directives,
            ),
        ),
        entity.plural: (
            listed,
            strawberry.field(
                resolver=many,
                description=f"The {words(entity.plural)} that the caller may see.{sentence}",
                directives=directives,
            ),
        ),
    }


def _must_be_optional(entity: Entity, name: str, annotation: Any) -> None:
    if not is_optional(annotation):
        raise TypeError(f"{entity.name}.{name} can be denied, so its annotation must allow None.")


def _parameter(name: str, kind: Any, description: str) -> inspect.Parameter:
    annotation = Annotated[kind | None, strawberry.argument(description=description)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=UNSET, annotation=annotation)


def _list_parameters(entity: Entity) -> Iterator[inspect.Parameter]:
    for name, kind, description in _PAGE_ARGUMENTS:
        yield _parameter(name, kind, description)
    assert entity.where is not None
    yield _parameter("where", entity.where.input_type, "Only rows that fit.")
    if entity.order_by is not None:
        yield _parameter(
            "order_by", list[entity.order_by], "The order: at most three keys; by id when it is not given."
        )


def _lookup_parameters(entity: Entity) -> Iterator[inspect.Parameter]:
    if not entity.lookups:
        needed = Annotated[strawberry.ID, strawberry.argument(description="The global id.")]
        yield inspect.Parameter("id", inspect.Parameter.KEYWORD_ONLY, annotation=needed)
        return
    yield _parameter("id", strawberry.ID, "The global id; give exactly one argument.")
    for name in entity.lookups:
        yield _parameter(name, str, f"The {words(name)}; case counts.")


def _with_signature(
    function: Callable[..., Any], parameters: list[inspect.Parameter], returns: Any, *, root: bool = False
) -> Callable[..., Any]:
    """Give a resolver the signature from which Strawberry reads its arguments."""
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    leading = [inspect.Parameter("root", positional, annotation=Record)] if root else []
    leading.append(inspect.Parameter("info", positional, annotation=Info))
    signature = inspect.Signature([*leading, *parameters], return_annotation=returns)
    typing.cast(Any, function).__signature__ = signature
    function.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()} | {
        "return": returns
    }
    return function
