"""Entries of the price lists: set, changed and deleted, never two of one scope at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)

from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.domains.catalog.models import PriceListEntry
from leora_gql.domains.change import Change
from leora_gql.domains.editing import Edit, read_for_edit, write_edit
from leora_gql.domains.events import EventType
from leora_gql.domains.facts import money, plain
from leora_gql.domains.tenancy.models import TenantSettings
from leora_gql.graph.problems import Problem, UserErrorCode

Values = Mapping[str, Any]
"""What an entry says, by column."""

_PRICES = cast(Table, PriceListEntry.__table__)
_SCOPE = ("sku_id", "price_list", "customer_id", "customer_tier", "currency", "min_quantity")
_PLACED = (*_SCOPE, "valid_from", "valid_until")
_COLUMNS = (*_PLACED, "max_quantity", "unit_price_cents")
_MOST_NAMED = 5
_OVERLAP = "Another price of the same scope is valid in that time"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceToSet:
    """An entry to add, or with an `id` what to change of one: `values` by column."""

    id: UUID | None
    version: int | None
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceToDelete:
    """An entry to delete; with a `version` only if it is still that one."""

    id: UUID
    version: int | None


async def upsert_price(change: Change, new: PriceToSet) -> UUID | Problem:
    """Add an entry or change one; gives its key.

    A new one holds from this transaction on, from one bottle, in the tenant's currency, unless it says otherwise. Its
    SKU is locked by the operation: of two entries of one SKU that are written at once one waits for the other.
    OVERLAPPING_PRICE names the entries that are in the way.
    """
    return await _add(change, new.values) if new.id is None else await _alter(change, new.id, new)


async def delete_price(change: Change, new: PriceToDelete) -> UUID | Problem:
    """Delete an entry; gives the key that it had. Orders keep the prices that they were given."""
    row = await _read(change, new.id, new.version)
    if isinstance(row, Problem):
        return row
    await _DELETE.run(change.connection, key=new.id)
    change.removed(EventType.PRICE_DELETED, "PriceListEntry", new.id, {name: row[name] for name in _COLUMNS})
    return new.id


def price_problem(values: Values) -> Problem | None:
    """What of an entry contradicts itself."""
    if values["customer_id"] is not None and values["customer_tier"] is not None:
        message = "A price is for a customer or for a tier, not for both."
        return Problem(UserErrorCode.INVALID, message, ("customerTier",))
    if values["max_quantity"] is not None and values["max_quantity"] < values["min_quantity"]:
        message = f"No fewer than the {values['min_quantity']:,} bottles from which the price holds."
        return Problem(UserErrorCode.OUT_OF_RANGE, message, ("maxQuantity",))
    if values["valid_until"] is not None and values["valid_until"] <= values["valid_from"]:
        message = f"Later than {plain(values['valid_from'])}, from when the price holds."
        return Problem(UserErrorCode.OUT_OF_RANGE, message, ("validUntil",))
    return None


def overlap_problem(entries: Sequence[Values]) -> Problem:
    """The refusal of an entry that overlaps with these; they are named, the first of them if there are many."""
    named = [_named(entry) for entry in entries[:_MOST_NAMED]]
    if len(entries) > _MOST_NAMED:
        named.append(f"and {len(entries) - _MOST_NAMED:,} more")
    message = f"{_OVERLAP}: {'; '.join(named)}." if named else f"{_OVERLAP}."
    return Problem(UserErrorCode.OVERLAPPING_PRICE, message, ("validFrom",))


def _named(entry: Values) -> str:
    until = "" if entry["valid_until"] is None else f" until {plain(entry['valid_until'])}"
    price = f"{money(entry['unit_price_cents'])} {entry['currency']}"
    return f"{entry['price_list']}, {price} from {plain(entry['valid_from'])}{until}"


async def _add(change: Change, given: Values) -> UUID | Problem:
    values: dict[str, Any] = {**dict.fromkeys(_COLUMNS), "min_quantity": 1, **given}
    if values["valid_from"] is None and values["valid_until"] is not None:
        values["valid_from"] = await _NOW.value(change.connection)
    problem = price_problem(values)
    if problem is not None:
        return problem
    key = new_id()
    made = await _INSERT.row(change.connection, tenant=change.tenant_id, key=key, **_asked(values))
    if made is None:
        return await _overlap(change, values, beside=key) or overlap_problem(())
    change.made(EventType.PRICE_UPSERTED, "PriceListEntry", key, {**values, **made})
    return key


async def _alter(change: Change, key: UUID, new: PriceToSet) -> UUID | Problem:
    row = await _read(change, key, new.version)
    if isinstance(row, Problem):
        return row
    values = {**row, **new.values}
    if values["sku_id"] != row["sku_id"]:
        return Problem(UserErrorCode.NOT_ALLOWED, "A price stays with its SKU: add another one.", ("skuId",))
    problem = price_problem(values)
    if problem is None and any(values[name] != row[name] for name in _PLACED):
        problem = await _overlap(change, values, beside=key)
    if problem is not None:
        return problem
    altered = Edit(id=key, version=new.version, values=new.values)
    return await write_edit(
        change, PriceListEntry, altered, row, entity="PriceListEntry", event=EventType.PRICE_UPSERTED
    )


async def _read(change: Change, key: UUID, version: int | None) -> dict[str, Any] | Problem:
    """All of an entry, locked."""
    whole = Edit(id=key, version=version, values=dict.fromkeys(_COLUMNS))
    return await read_for_edit(change, PriceListEntry, whole, entity="PriceListEntry")


async def _overlap(change: Change, values: Values, *, beside: UUID) -> Problem | None:
    """The refusal of an entry that others are in the way of, which are named to who may see them; or None."""
    asked = {name: values[name] for name in _PLACED}
    entries = await _OVERLAPPING.rows(change.connection, beside=beside, **_asked(asked))
    if not entries:
        return None
    return overlap_problem(entries if change.actor.can("pricing.view") else ())


def _asked(values: Values) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}


def _new(name: str) -> ColumnElement[Any]:
    """What a new entry says, in SQL: one without a currency is in the tenant's own, and holds from the transaction on.

    That is the moment at which the other mutations of the operation ask for prices.
    """
    bind = bindparam(f"new_{name}", type_=_PRICES.c[name].type)
    default = {
        "currency": select(TenantSettings.default_currency).scalar_subquery(),
        "valid_from": func.now(),
    }.get(name)
    return bind if default is None else func.coalesce(bind, default)


def _in_the_way(entry: FromClause) -> ColumnElement[bool]:
    """The entry is of the scope of the new one, and valid at some moment with it."""
    new = {name: _new(name) for name in _PLACED}
    return and_(
        entry.c.sku_id == new["sku_id"],
        *(entry.c[name].is_not_distinct_from(new[name]) for name in _SCOPE if name != "sku_id"),
        or_(new["valid_until"].is_(None), entry.c.valid_from < new["valid_until"]),
        or_(entry.c.valid_until.is_(None), entry.c.valid_until > new["valid_from"]),
    )


def _insert() -> Any:
    """Adds an entry that none is in the way of. Its SKU is locked: nobody adds another one meanwhile."""
    other = _PRICES.alias("other")
    keys = [bindparam("tenant", type_=_PRICES.c.tenant_id.type), bindparam("key", type_=_PRICES.c.id.type)]
    row = select(*keys, *(_new(name) for name in _COLUMNS)).where(~exists().where(_in_the_way(other)))
    return (
        insert(_PRICES)
        .from_select(("tenant_id", "id", *_COLUMNS), row)
        .returning(_PRICES.c.currency, _PRICES.c.valid_from)
    )


def _overlapping() -> Any:
    c = _PRICES.c
    return (
        select(c.price_list, c.unit_price_cents, c.currency, c.valid_from, c.valid_until)
        .where(_in_the_way(_PRICES), c.id != bindparam("beside", type_=c.id.type))
        .order_by(c.valid_from, c.id)
    )


_OVERLAPPING = Kept(_overlapping())
_NOW = Kept(select(func.now()))
_INSERT = Kept(_insert())
_DELETE = Kept(delete(_PRICES).where(_PRICES.c.id == bindparam("key")))
