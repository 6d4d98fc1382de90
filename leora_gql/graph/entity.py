"""Entities: the declarations collected, before and after their types are built."""

from __future__ import annotations

import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Table, Uuid, func, select

from leora_gql.auth.principal import Principal, Rights
from leora_gql.db.model import Base, snake_case
from leora_gql.graph.fields import Access, ColumnSpec, FieldSpec, ToManySpec, ToOneSpec
from leora_gql.graph.node import Node

if TYPE_CHECKING:
    from leora_gql.graph.where import WhereTypes

T = TypeVar("T")

Visibility = Callable[[FromClause, Rights], ColumnElement[bool] | None]
"""Which rows of an entity a caller sees beyond what row-level security decides; None for all.

It knows what the caller may do and not who it is, since statements are kept for all who may do the same: the
database says who that is, by `actor_id`.
"""


@dataclass(slots=True, kw_only=True, repr=False, eq=False)
class Entity:
    """One type of the graph that stands for a table.

    `view` is the permission that reading it needs (None: every signed-in caller may, within
    `visible`); `staff_only` closes it to the portal whatever its roles say; `lookups` are the
    unique fields that the singular root field takes besides the id. `needs` names, by field, the
    columns that resolvers written by hand read from the record.
    """

    cls: type[Any]
    model: type[Base]
    view: str | None
    plural: str
    staff_only: bool
    root: bool
    lookups: tuple[str, ...]
    visible: Visibility | None
    needs: Mapping[str, tuple[str, ...]]
    fields: dict[str, FieldSpec]
    where: WhereTypes | None = field(default=None, init=False)
    order_by: type[Any] | None = field(default=None, init=False)
    annotations: dict[str, Any] = field(default_factory=dict[str, Any], init=False)

    def __repr__(self) -> str:
        """Only the name: the declarations of all entities lead to each other."""
        return f"Entity({self.name})"

    @property
    def name(self) -> str:
        """The GraphQL type's name."""
        return self.cls.__name__

    @property
    def singular(self) -> str:
        """The Python name of the singular root field."""
        return snake_case(self.name)

    @property
    def access(self) -> Access:
        """What a caller needs to read rows of it at all."""
        return Access(self.view, self.staff_only)

    @property
    def table(self) -> Table:
        """The table behind the type."""
        return typing.cast(Table, self.model.__table__)

    def columns(self) -> Mapping[str, ColumnSpec]:
        """The scalar fields."""
        return {name: spec for name, spec in self.fields.items() if isinstance(spec, ColumnSpec)}

    def relations(self) -> Mapping[str, ToOneSpec | ToManySpec]:
        """The fields that lead to other entities."""
        return {name: spec for name, spec in self.fields.items() if not isinstance(spec, ColumnSpec)}

    def source(self, name: str) -> str:
        """The column behind a scalar field: `total` of money is `total_cents`."""
        spec = self.columns()[name]
        return spec.source or (f"{name}_cents" if spec.money else name)

    def expression(self, name: str, table: FromClause) -> ColumnElement[Any]:
        """The SQL of a scalar field on (an alias of) the entity's table."""
        spec = self.columns()[name]
        return spec.expression(table) if spec.expression else table.c[self.source(name)]

    def read_by(self, name: str) -> tuple[str, ...]:
        """The columns that the SQL of a scalar field reads."""
        spec = self.columns()[name]
        return spec.needs if spec.expression else (self.source(name),)

    def sort_source(self, name: str) -> str:
        """The column that ordering by a field reads: the lower-case one where there is one."""
        spec = self.columns()[name]
        return f"{self.source(name)}_lower" if spec.search else self.source(name)

    def target(self, name: str) -> Entity:
        """The entity that a relation leads to."""
        return self.annotations[name]

    def open_to(self, caller: Principal | Rights) -> bool:
        """Whether the caller may read this type at all."""
        return self.access.refusal(caller) is None


class Registry:
    """All entities by name; filled while the domains are imported, in that order."""

    entities: ClassVar[dict[str, Entity]] = {}

    @classmethod
    def add(cls, entity: Entity) -> None:
        """Register one; names are unique."""
        if entity.name in cls.entities:
            raise TypeError(f"There are two entities called {entity.name}.")
        cls.entities[entity.name] = entity

    @classmethod
    def get(cls, name: str) -> Entity | None:
        """The entity of that name; None where there is none."""
        return cls.entities.get(name)

    @classmethod
    def require(cls, name: str) -> Entity:
        """The entity of that name. Raises `LookupError` when its domain was not imported."""
        found = cls.get(name)
        if found is None:
            raise LookupError(f"There is no entity called {name}.")
        return found


def actor_id() -> ColumnElement[UUID]:
    """The SQL of who acts in this transaction; for `visible`."""
    return select(func.leora.actor_id(type_=Uuid())).scalar_subquery()


def entity(
    model: type[Base],
    *,
    view: str | None,
    plural: str,
    staff_only: bool = False,
    root: bool = True,
    lookups: tuple[str, ...] = (),
    visible: Visibility | None = None,
    needs: Mapping[str, tuple[str, ...]] | None = None,
) -> Callable[[type[T]], type[T]]:
    """Declare the class as the GraphQL type of a table. `plural` is the connection's Python name.

    ```python
    @entity(models.Order, view="orders.view", plural="orders", lookups=("number",))
    class Order(Node):
        '''A customer's order, from draft to delivery.'''

        number: str = column("The order's number.", search=True, sort=True)
    ```
    """

    def register(cls: type[T]) -> type[T]:
        if not cls.__doc__:
            raise TypeError(f"{cls.__name__} needs a docstring: it is the type's description.")
        specs = {
            name: value
            for name, value in vars(cls).items()
            if isinstance(value, (ColumnSpec, ToOneSpec, ToManySpec))
        }
        Registry.add(
            Entity(
                cls=cls,
                model=model,
                view=view,
                plural=plural,
                staff_only=staff_only,
                root=root,
                lookups=lookups,
                visible=visible,
                needs=needs or {},
                fields=specs,
            )
        )
        return cls

    return register


def resolve_annotations(declared: Entity, names: Mapping[str, Any]) -> None:
    """Evaluate the class's annotations, in which the types of other domains are only names."""
    namespace = {**vars(sys.modules[declared.cls.__module__]), **names}
    for name, spec in declared.fields.items():
        annotation = declared.cls.__annotations__[name]
        value = eval(annotation, namespace) if isinstance(annotation, str) else annotation  # noqa: S307  our own source text
        if isinstance(spec, ColumnSpec):
            declared.annotations[name] = value
        else:
            declared.annotations[name] = _target(value, f"{declared.name}.{name}")


def _target(annotation: Any, where: str) -> Entity:
    for part in (annotation, *typing.get_args(annotation)):
        for candidate in (part, *typing.get_args(part)):
            if isinstance(candidate, type) and issubclass(candidate, Node) and candidate is not Node:
                found = Registry.get(candidate.__name__)
                if found is not None:
                    return found
    raise TypeError(f"{where} leads to nothing that is an entity.")


def words(name: str) -> str:
    """A Python name as it stands in a sentence: `order_lines` → `order lines`."""
    return name.replace("_", " ")


def plain(annotation: Any) -> Any:
    """The annotation without null: `str | None` → `str`."""
    parts = [part for part in typing.get_args(annotation) if part is not type(None)]
    return parts[0] if len(parts) == 1 and is_optional(annotation) else annotation


def optional(annotation: Any) -> Any:
    """The annotation with null allowed."""
    return annotation if is_optional(annotation) else annotation | None


def is_optional(annotation: Any) -> bool:
    """Whether the annotation allows null."""
    return type(None) in typing.get_args(annotation)
