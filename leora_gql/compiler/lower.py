"""From an operation to the intermediate form, for what a caller may do; or why it cannot be.

Only what is declared with the kit is understood: eligibility is by construction. All is decided here, before any
SQL. Fields are collected and arguments coerced by graphql-core itself, so that both ways of answering agree.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_argument_values,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues
from strawberry.utils.str_converters import to_camel_case, to_snake_case

from leora_gql.auth.principal import Rights
from leora_gql.compiler import ir
from leora_gql.compiler.tracing import Slot, Tracing
from leora_gql.errors import BadUserInput, Forbidden, LeoraError
from leora_gql.graph.access import check_access, check_entity
from leora_gql.graph.conditions import rights_for
from leora_gql.graph.cursors import Cursors
from leora_gql.graph.entity import Entity, Registry
from leora_gql.graph.fields import ColumnSpec, ToOneSpec
from leora_gql.graph.inputs import Reader, itself
from leora_gql.graph.listing import Listing, read_listing
from leora_gql.graph.mutation import DECLARED
from leora_gql.graph.node import decode_id, decode_id_of
from leora_gql.graph.ordering import Ordering
from leora_gql.graph.plan import Mutation
from leora_gql.graph.resolvers import MAX_NODES, only_lookup

RootReader = Callable[[str, Mapping[str, Any], FieldDetailsList], ir.RootField]


class Reason(StrEnum):
    """Why an operation takes the resolved way: a closed list, counted as it is."""

    HAND_WRITTEN = "hand_written"
    INTROSPECTION = "introspection"
    DENIED = "denied"
    BAD_INPUT = "bad_input"
    NOBODY = "nobody"
    MUTATION = "mutation"
    SWITCHED_OFF = "switched_off"


class NotCompilable(Exception):
    """The operation takes the resolved way. `what` names the field or says what is wrong."""

    def __init__(self, reason: Reason, what: str) -> None:
        super().__init__(what)
        self.reason = reason
        self.what = what


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A part of a valid document, ready to be lowered.

    `plain` are the variables' values, by which directives are judged; `traced` are the same in slots.
    """

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    plain: VariableValues
    traced: VariableValues


class Lowering:
    """One walk over an operation. Its methods raise `NotCompilable`."""

    def __init__(self, source: Source, *, rights: Rights | None, inputs: Tracing) -> None:
        self._source = source
        self._given_rights = rights
        self._inputs = inputs

    @property
    def _rights(self) -> Rights:
        if self._given_rights is None:
            raise NotCompilable(Reason.NOBODY, "Nobody is signed in.")
        return self._given_rights

    def query(self) -> ir.Root:
        """A whole query."""
        source = self._source
        query = cast(GraphQLObjectType, source.schema.query_type)
        with _explained():
            collected = collect_fields(source.schema, source.fragments, source.plain, query, source.operation)
            found = collected.grouped_field_set.items()
            return ir.Root(tuple(self._root_field(query, key, selected) for key, selected in found))

    def payloads(self, created: Mapping[str, Slot]) -> ir.Root:
        """The answer to a mutation's operation that has been done: what it made, by its response keys."""
        source = self._source
        mutation = cast(GraphQLObjectType, source.schema.mutation_type)
        with _explained():
            collected = collect_fields(
                source.schema, source.fragments, source.plain, mutation, source.operation
            )
            fields = tuple(
                ir.Typename(key, mutation.name)
                if found[0].node.name.value == "__typename"
                else self._payload(key, found, created)
                for key, found in collected.grouped_field_set.items()
            )
            return ir.Root(fields)

    def _payload(self, key: str, selected: FieldDetailsList, created: Mapping[str, Slot]) -> ir.Payload:
        declared = DECLARED.get(selected[0].node.name.value)
        if declared is None or not declared.plain or key not in created:
            raise NotCompilable(Reason.MUTATION, f"{key} made no row that its payload holds.")
        parameter = self._inputs.parameter(created[key], itself)
        return ir.Payload(key, parameter, tuple(self._payload_fields(declared, selected)))

    def _payload_fields(
        self, declared: Mutation, selected: FieldDetailsList
    ) -> Iterator[ir.CreatedRow | ir.CreatedEdge | ir.NoErrors | ir.Typename]:
        entity, payload = declared.entity, declared.payload
        for key, name, found in self._below(payload, selected):
            if name == "__typename":
                yield ir.Typename(key, payload)
            elif name == "userErrors":
                yield ir.NoErrors(key)
            else:
                check_entity(entity, self._rights)
                is_row = name == to_camel_case(entity.singular)
                yield (
                    ir.CreatedRow(key, self._row(entity, found))
                    if is_row
                    else ir.CreatedEdge(key, self._edge_alone(entity, found))
                )

    def _edge_alone(self, entity: Entity, selected: FieldDetailsList) -> ir.Connection:
        listing = read_listing(entity, {}, inputs=self._inputs, rights=self._rights)
        return self._paged(entity, listing, (self._edges("edge", entity, selected),))

    def _root_field(self, query: GraphQLObjectType, key: str, selected: FieldDetailsList) -> ir.RootField:
        name = selected[0].node.name.value
        if name == "__typename":
            return ir.Typename(key, query.name)
        if name.startswith("__"):
            raise NotCompilable(Reason.INTROSPECTION, f"{name} is introspection.")
        read = self._root_reader(name)
        return read(key, self._arguments(query.fields[name], selected), selected)

    def _root_reader(self, name: str) -> RootReader:
        if name in ("node", "nodes"):
            return self._node if name == "node" else self._nodes
        found = _roots().get(name)
        if found is None:
            raise NotCompilable(Reason.HAND_WRITTEN, f"{name} has a resolver written by hand.")
        entity, is_list = found
        check_entity(entity, self._rights)
        read = self._listed if is_list else self._lookup
        return lambda key, arguments, selected: read(entity, key, arguments=arguments, selected=selected)

    def _listed(
        self, entity: Entity, key: str, *, arguments: Mapping[str, Any], selected: FieldDetailsList
    ) -> ir.RootField:
        return ir.Listed(key, self._connection(entity, arguments, selected))

    def _lookup(
        self, entity: Entity, key: str, *, arguments: Mapping[str, Any], selected: FieldDetailsList
    ) -> ir.RootField:
        name, value = only_lookup(entity, arguments)
        column = "id" if name == "id" else entity.source(name)
        read = _key_of(entity) if name == "id" else itself
        return ir.Lookup(key, self._row(entity, selected), column, self._inputs.parameter(value, read))

    def _node(self, key: str, arguments: Mapping[str, Any], selected: FieldDetailsList) -> ir.RootField:
        rights, entity = self._rights, self._entity(self._inputs.observe(arguments["id"], _type_of))
        if not entity.open_to(rights):
            return ir.Nothing(key)
        parameter = self._inputs.parameter(arguments["id"], _key_of(entity))
        return ir.Lookup(key, self._row(entity, selected), "id", parameter)

    def _nodes(self, key: str, arguments: Mapping[str, Any], selected: FieldDetailsList) -> ir.RootField:
        rights = self._rights
        names, count = self._inputs.observe(arguments["ids"], _types_of)
        if count > MAX_NODES:
            raise BadUserInput(f"ids holds at most {MAX_NODES}.")
        entities = [self._entity(name) for name in names]
        return ir.RowsByIds(
            key,
            tuple(self._row(entity, selected) for entity in entities if entity.open_to(rights)),
            types=self._inputs.parameter(arguments["ids"], _each_type),
            ids=self._inputs.parameter(arguments["ids"], _each_key),
        )

    def _entity(self, name: str) -> Entity:
        found = Registry.get(name)
        if found is None:
            raise BadUserInput("That is not an id of this API.")
        return found

    def _arguments(self, field: GraphQLField, selected: FieldDetailsList) -> dict[str, Any]:
        return get_argument_values(field, selected[0].node, self._source.traced)

    def _below(
        self, type_name: str, selected: FieldDetailsList
    ) -> Iterator[tuple[str, str, FieldDetailsList]]:
        """The fields selected below some, on the given type: response key, name, nodes."""
        source = self._source
        kind = cast(GraphQLObjectType, source.schema.type_map[type_name])
        collected = collect_subfields(
            source.schema, source.fragments, source.plain, source.operation, kind, selected
        )
        for key, found in collected.grouped_field_set.items():
            yield key, found[0].node.name.value, found

    def _row(self, entity: Entity, selected: FieldDetailsList) -> ir.Row:
        fields = tuple(
            self._field(entity, name, key=key, selected=found)
            for key, name, found in self._below(entity.name, selected)
        )
        return ir.Row(entity, rights_for(entity, self._rights), fields)

    def _field(self, entity: Entity, name: str, *, key: str, selected: FieldDetailsList) -> ir.RowField:
        if name == "__typename":
            return ir.Typename(key, entity.name)
        if name == "id":
            return ir.GlobalId(key)
        python_name = to_snake_case(name)
        spec = entity.fields.get(python_name)
        if spec is None:
            raise NotCompilable(Reason.HAND_WRITTEN, f"{entity.name}.{name} has a resolver written by hand.")
        check_access(spec.access, self._rights)
        if isinstance(spec, ColumnSpec):
            return self._column(spec, python_name, key=key, selected=selected)
        target = entity.target(python_name)
        check_entity(target, self._rights)
        if isinstance(spec, ToOneSpec):
            return ir.ToOne(key, python_name, self._row(target, selected))
        kind = cast(GraphQLObjectType, self._source.schema.type_map[entity.name])
        arguments = self._arguments(kind.fields[name], selected)
        connection = self._connection(target, arguments, selected, default_order=spec.order_by)
        return ir.ToMany(key, python_name, connection)

    def _column(self, spec: ColumnSpec, name: str, *, key: str, selected: FieldDetailsList) -> ir.RowField:
        if spec.shape is None:
            return ir.Column(key, name)
        shape = spec.shape.__name__
        return ir.Embedded(
            key,
            name,
            tuple(
                ir.Typename(inner, shape) if field == "__typename" else ir.Stored(inner, to_snake_case(field))
                for inner, field, _ in self._below(shape, selected)
            ),
        )

    def _connection(
        self,
        entity: Entity,
        arguments: Mapping[str, Any],
        selected: FieldDetailsList,
        *,
        default_order: Sequence[str] = (),
    ) -> ir.Connection:
        listing = read_listing(
            entity, arguments, inputs=self._inputs, rights=self._rights, default_order=default_order
        )
        fields = tuple(
            self._connection_field(entity, name, key=key, selected=found)
            for key, name, found in self._below(f"{entity.name}Connection", selected)
        )
        return self._paged(entity, listing, fields)

    def _paged(
        self, entity: Entity, listing: Listing, fields: tuple[ir.ConnectionField, ...]
    ) -> ir.Connection:
        pads = None
        if any(_shows_cursors(field) for field in fields):
            inner, outer = (_pad(entity, listing.ordering, part) for part in (0, 1))
            pads = (self._inputs.parameter(None, inner), self._inputs.parameter(None, outer))
        return ir.Connection(listing, rights_for(entity, self._rights), fields, pads)

    def _connection_field(
        self, entity: Entity, name: str, *, key: str, selected: FieldDetailsList
    ) -> ir.ConnectionField:
        if name == "nodes":
            return ir.Nodes(key, self._row(entity, selected))
        if name == "edges":
            return self._edges(key, entity, selected)
        if name == "pageInfo":
            return ir.PageInfo(
                key,
                tuple(
                    ir.Typename(inner, "PageInfo")
                    if fact == "__typename"
                    else ir.PageInfoField(inner, cast(ir.PageFact, fact))
                    for inner, fact, _ in self._below("PageInfo", selected)
                ),
            )
        return ir.TotalCount(key) if name == "totalCount" else ir.Typename(key, f"{entity.name}Connection")

    def _edges(self, key: str, entity: Entity, selected: FieldDetailsList) -> ir.Edges:
        fields: list[ir.Cursor | ir.EdgeNode | ir.Typename] = []
        for inner, name, found in self._below(f"{entity.name}Edge", selected):
            if name == "node":
                fields.append(ir.EdgeNode(inner, self._row(entity, found)))
            else:
                is_cursor = name == "cursor"
                fields.append(ir.Cursor(inner) if is_cursor else ir.Typename(inner, f"{entity.name}Edge"))
        return ir.Edges(key, tuple(fields))


@contextmanager
def _explained() -> Generator[None]:
    """What would be an error in the answer is the resolved way's to tell: it knows the path."""
    try:
        yield
    except Forbidden as error:
        raise NotCompilable(Reason.DENIED, error.message) from error
    except (LeoraError, GraphQLError) as error:
        raise NotCompilable(Reason.BAD_INPUT, error.message) from error


@functools.cache
def _roots() -> Mapping[str, tuple[Entity, bool]]:
    """The kit's root fields by name: the entity, and whether it is the list of it."""
    found: dict[str, tuple[Entity, bool]] = {}
    for entity in Registry.entities.values():
        if entity.root:
            found[to_camel_case(entity.singular)] = (entity, False)
            found[to_camel_case(entity.plural)] = (entity, True)
    return found


def _shows_cursors(field: ir.ConnectionField) -> bool:
    if isinstance(field, ir.Edges):
        return any(isinstance(inner, ir.Cursor) for inner in field.fields)
    return isinstance(field, ir.PageInfo) and any(
        isinstance(inner, ir.PageInfoField) and inner.fact.endswith("Cursor") for inner in field.fields
    )


def _pad(entity: Entity, ordering: Ordering, part: int) -> Reader:
    return lambda _, cursors: cursors.codec(entity, ordering).pads[part]


@functools.cache
def _key_of(entity: Entity) -> Reader:
    return lambda value, _: decode_id_of(entity.name, value)


def _type_of(value: str, _: Cursors) -> str:
    return decode_id(value)[0]


def _types_of(values: Sequence[str], _: Cursors) -> tuple[Sequence[str], int]:
    """The types that a list of ids names, and how many ids there are: what they cost depends on it."""
    return tuple(sorted({decode_id(value)[0] for value in values})), len(values)


def _each_type(values: Sequence[str], _: Cursors) -> list[str]:
    return [decode_id(value)[0] for value in values]


def _each_key(values: Sequence[str], _: Cursors) -> list[UUID]:
    return [decode_id(value)[1] for value in values]
