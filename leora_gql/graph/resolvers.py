"""The resolvers that the kit makes: columns, relations, connections and root fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from graphql.pyutils import gather_with_cancel
from strawberry.utils.str_converters import to_snake_case

from leora_gql.auth.principal import Principal
from leora_gql.errors import BadUserInput
from leora_gql.graph.access import check_access, check_entity
from leora_gql.graph.connection import ConnectionPage, PageReader
from leora_gql.graph.entity import Entity, Registry
from leora_gql.graph.fields import Access, ToManySpec, ToOneSpec
from leora_gql.graph.inputs import Given
from leora_gql.graph.listing import read_listing
from leora_gql.graph.node import Record, decode_id, decode_id_of
from leora_gql.graph.reading import ListRequest, Projection, by_column, projection
from leora_gql.graph.selection import Info, Selection

MAX_NODES = 100


def column_resolver(entity: Entity, name: str, access: Access) -> Callable[[Record, Info], Any]:
    """The value of a guarded column. Raises `Forbidden` for those who may not read it."""

    def resolve(root: Record, info: Info) -> Any:
        check_access(access, info.context.require_principal())
        return root.values[name]

    return resolve


def to_one_resolver(entity: Entity, name: str, spec: ToOneSpec) -> Callable[[Record, Info], Any]:
    """The row that a column names, batched for all parents."""
    target = entity.target(name)

    async def resolve(root: Record, info: Info) -> Record | None:
        principal = info.context.require_principal()
        check_access(spec.access, principal)
        check_entity(target, principal)
        key = root.values[spec.by]
        return None if key is None else await load_by_id(target, key, info=info)

    return resolve


async def load_by_id(
    entity: Entity, key: UUID, *, info: Info, selected: Selection | None = None
) -> Record | None:
    """The row with that key if the caller may see it; batched with others of the same selection.

    `selected` is what is asked for of the row, where that is not the selection of the field itself.
    """
    return await load_by(entity, "id", key, info=info, selected=selected)


async def load_by(
    entity: Entity, source: str, value: Any, *, info: Info, selected: Selection | None = None
) -> Record | None:
    """The row whose (unique) column holds the value; the loader is `<entity>_by_<column>`."""
    context = info.context
    principal = context.require_principal()
    names = (selected or info.selection(entity.name)).names()
    shape = projection(entity, names, principal=principal)

    async def load(values: list[Any]) -> list[Record | None]:
        statement = by_column(entity, source, values, shape=shape, principal=principal)
        found = {row["key"]: shape.record(row) for row in await context.rows(statement)}
        return [found.get(value) for value in values]

    name = f"{entity.singular}_by_{source}"
    return await context.loader((name, shape.names), load).load(value)


def _list_shape(entity: Entity, selected: Selection, principal: Principal) -> Projection:
    nodes = selected.below("nodes", entity.name)
    edges = selected.below("edges", f"{entity.name}Edge").below("node", entity.name)
    return projection(entity, {*nodes.names(), *edges.names()}, principal=principal)


class _List:
    """One connection field of one operation: its arguments read, its statements ready."""

    def __init__(self, entity: Entity, info: Info, *, default: Sequence[str] = ()) -> None:
        context = info.context
        principal = context.require_principal()
        given = Given(context.cursors)
        listing = read_listing(
            entity, info.given_arguments(), inputs=given, rights=principal.rights, default_order=default
        )
        shape = _list_shape(entity, info.selection(f"{entity.name}Connection"), principal)
        self.context = context
        self.request = ListRequest(listing=listing, bind=given.bind, shape=shape, principal=principal)
        self.reader = PageReader(self.request, context.cursors.codec(entity, listing.ordering))

    async def root_page(self) -> ConnectionPage:
        """The page of a root list."""

        async def count() -> int:
            rows = await self.context.rows(self.request.count())
            return int(rows[0]["total"])

        return self.reader.read(await self.context.rows(self.request.statement()), count)

    async def pages_below(self, parents: list[UUID], relation: ToManySpec, name: str) -> list[ConnectionPage]:
        """The pages below all parents, from one statement."""
        found: dict[UUID, list[Any]] = {parent: [] for parent in parents}
        for row in await self.context.rows(self.request.statement_below(parents, relation)):
            found[row["parent_key"]].append(row)
        return [self.reader.read(found[parent], self._counter(parent, relation, name)) for parent in parents]

    def _counter(self, parent: UUID, relation: ToManySpec, name: str) -> Callable[[], Awaitable[int]]:
        async def load(parents: list[UUID]) -> list[int]:
            rows = await self.context.rows(self.request.count_below(parents, relation))
            totals = {row["parent_key"]: int(row["total"]) for row in rows}
            return [totals[key] for key in parents]

        return lambda: self.context.loader((name, "count"), load).load(parent)


def connection_resolver(entity: Entity) -> Callable[..., Awaitable[ConnectionPage]]:
    """A root list of the entity."""

    async def resolve(info: Info, **_: Any) -> ConnectionPage:
        check_entity(entity, info.context.require_principal())
        return await _List(entity, info).root_page()

    return resolve


def to_many_resolver(entity: Entity, name: str, spec: ToManySpec) -> Callable[..., Awaitable[ConnectionPage]]:
    """A list below each row, batched: the statement of a field serves all of its parents."""
    target = entity.target(name)

    async def resolve(root: Record, info: Info, **_: Any) -> ConnectionPage:
        context = info.context
        principal = context.require_principal()
        check_access(spec.access, principal)
        check_entity(target, principal)
        label = f"{target.plural}_by_{entity.singular}:{info.node_key}"
        listed = context.lists.get(label)
        if listed is None:
            listed = context.lists[label] = _List(target, info, default=spec.order_by)

        async def load(parents: list[UUID]) -> list[ConnectionPage]:
            return await listed.pages_below(parents, spec, label)

        return await context.loader(label, load).load(root.key)

    return resolve


def singular_resolver(entity: Entity) -> Callable[..., Awaitable[Record | None]]:
    """One row by its id or by one of the entity's other unique fields: exactly one must be given."""

    async def resolve(info: Info, **_: Any) -> Record | None:
        check_entity(entity, info.context.require_principal())
        name, value = only_lookup(entity, info.given_arguments())
        if name == "id":
            return await load_by_id(entity, decode_id_of(entity.name, value), info=info)
        return await load_by(entity, entity.source(name), value, info=info)

    return resolve


def only_lookup(entity: Entity, arguments: Mapping[str, Any]) -> tuple[str, Any]:
    """By which field a singular root field looks its row up, and the value. Raises `BadUserInput`."""
    given = {to_snake_case(name): value for name, value in arguments.items() if value is not None}
    if len(given) != 1:
        names = " or ".join(("id", *entity.lookups))
        raise BadUserInput(f"Give exactly one of {names}." if entity.lookups else "Give an id.")
    return next(iter(given.items()))


async def resolve_nodes(info: Info, global_ids: Sequence[str]) -> list[Record | None]:
    """The rows that global ids name; null for each that the caller may not see, whatever the reason."""
    principal = info.context.require_principal()
    # All are read before anything is loaded: an error may leave no load behind that outlives the operation.
    wanted = [_entity_and_key(one) for one in global_ids]

    async def load(entity: Entity, key: UUID) -> Record | None:
        return await load_by_id(entity, key, info=info) if entity.open_to(principal) else None

    return await gather_with_cancel(*(load(entity, key) for entity, key in wanted))


def _entity_and_key(global_id: str) -> tuple[Entity, UUID]:
    type_name, key = decode_id(global_id)
    entity = Registry.get(type_name)
    if entity is None:
        raise BadUserInput("That is not an id of this API.")
    return entity, key
