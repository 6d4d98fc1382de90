"""Conditions on rows as plain data: what `where` asks for, with numbers in place of the values compared with.

Equal shapes are equal and hash alike, so that a statement can be kept for all requests of one shape. `ConditionSql`
turns them into SQL, for both ways of answering.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, FromClause, and_, or_, select, true

from leora_gql.auth.principal import Rights
from leora_gql.graph.entity import Entity
from leora_gql.graph.fields import ToManySpec, ToOneSpec

Quantifier = Literal["is", "some", "none", "every"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared by an operator with the parameter of that number; some operators need none."""

    field: str
    operator: str
    parameter: int | None = None


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one holds; none given: true."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It is false or unknown."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Related:
    """The row that a relation leads to fits, or some, none or every one of them does.

    `rights` are those that the target's `visible` asks for; None where it has none.
    """

    relation: str
    quantifier: Quantifier
    condition: Condition
    rights: Rights | None


Condition = Comparison | AllOf | AnyOf | Not | Related

Compare = Callable[[Entity, Comparison, FromClause], ColumnElement[bool]]


def rights_for(entity: Entity, rights: Rights) -> Rights | None:
    """The rights, where the SQL of the entity's rows depends on them: statements are kept by it."""
    return rights if entity.visible else None


def visible_rows(entity: Entity, table: FromClause, rights: Rights | None) -> ColumnElement[bool] | None:
    """Which rows the caller sees beyond what row-level security decides; None for all.

    Raises `LookupError` where that depends on the caller's rights and they are not given.
    """
    if entity.visible is None:
        return None
    if rights is None:
        raise LookupError(f"Which rows of {entity.name} are visible depends on the caller's rights.")
    return entity.visible(table, rights)


class ConditionSql:
    """Turns conditions into SQL. `compare` says how a field is compared; aliases are numbered as they are made."""

    def __init__(self, compare: Compare) -> None:
        self._compare = compare
        self._made = 0

    def of(self, condition: Condition, entity: Entity, table: FromClause) -> ColumnElement[bool]:
        """The condition on (an alias of) the entity's table."""
        if isinstance(condition, Comparison):
            return self._compare(entity, condition, table)
        if isinstance(condition, Not):
            return self.of(condition.part, entity, table).is_not(True)
        if isinstance(condition, Related):
            return self._related(condition, entity, table)
        parts = [self.of(part, entity, table) for part in condition.parts]
        return or_(*parts) if isinstance(condition, AnyOf) else and_(true(), *parts)

    def _related(self, related: Related, entity: Entity, table: FromClause) -> ColumnElement[bool]:
        target, spec = entity.target(related.relation), entity.fields[related.relation]
        self._made += 1
        other = target.table.alias(f"w{self._made}")
        fits = self.of(related.condition, target, other)
        if related.quantifier == "every":
            fits = fits.is_not(True)
        rows = select(other.c.id).where(self._joined(spec, table, other), fits)
        visible = visible_rows(target, other, related.rights)
        exists = (rows if visible is None else rows.where(visible)).exists()
        return exists if related.quantifier in ("is", "some") else ~exists

    def _joined(self, spec: object, table: FromClause, other: FromClause) -> ColumnElement[bool]:
        same = other.c.tenant_id == table.c.tenant_id
        if isinstance(spec, ToOneSpec):
            return and_(same, other.c.id == table.c[spec.by])
        assert isinstance(spec, ToManySpec)
        if spec.through is None:
            assert spec.by is not None
            return and_(same, other.c[spec.by] == table.c.id)
        self._made += 1
        link = spec.through.model.__table__.alias(f"w{self._made}")
        return (
            select(link.c.tenant_id)
            .where(
                link.c.tenant_id == table.c.tenant_id,
                link.c[spec.through.ours] == table.c.id,
                link.c[spec.through.theirs] == other.c.id,
            )
            .exists()
        )
