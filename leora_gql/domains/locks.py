"""What the services of an operation lock: all of it before the first of them runs, in one order for everybody.

Who may do what, suppliers, products, SKUs, customers, orders, invoices, payments and inventory, each in the order of
their ids. A service that finds out only then that it counts samples locks the tenant's settings besides; the tenant's
head row comes last of all, when the operation is written down (`outbox`). Who locks in one order never waits in a
circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, Column, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id

Keys = frozenset[UUID]
_NONE: Keys = frozenset()

Places = frozenset[tuple[UUID, str]]
"""SKUs in warehouses, which need not have any of them yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """Rows to lock, by their keys: themselves, or those that belong to others.

    A buyer locks only what it may change: who needs a row looks at it again once it is locked. With `administration`
    nobody else changes at once who may do what in the tenant; it is for staff alone. Of `new_stock` the items
    that are missing are made, empty; lock them with `stock_of_skus`.
    """

    administration: bool = False
    suppliers: Keys = _NONE
    products: Keys = _NONE
    skus: Keys = _NONE
    skus_of_prices: Keys = _NONE
    customers: Keys = _NONE
    customers_of_orders: Keys = _NONE
    orders: Keys = _NONE
    orders_of_invoices: Keys = _NONE
    invoices: Keys = _NONE
    invoices_of_orders: Keys = _NONE
    invoices_of_payments: Keys = _NONE
    payments: Keys = _NONE
    inventory: Keys = _NONE
    stock_of_orders: Keys = _NONE
    stock_of_skus: Keys = _NONE
    new_stock: Places = frozenset()


async def take(connection: AsyncConnection, each: Sequence[Locks]) -> None:
    """Lock the rows of all, until the transaction ends."""
    if not each:
        return
    if any(one.administration for one in each):
        await _ADMINISTRATION.rows(connection)
    for statement, names in _ORDER:
        if statement is _INVENTORY[0]:
            await _make_stock(
                connection, frozenset[tuple[UUID, str]]().union(*(one.new_stock for one in each))
            )
        wanted = {
            name: sorted(frozenset[UUID]().union(*(getattr(one, name) for one in each))) for name in names
        }
        if any(wanted.values()):
            await statement.rows(connection, **wanted)


async def _make_stock(connection: AsyncConnection, places: Places) -> None:
    """Make the items that are missing, in one order for everybody, and before any item is locked.

    Who makes one waits for whoever is making the same one, and never for those who hold an item.
    """
    ordered = sorted(places)
    if ordered:
        await _MAKE_STOCK.run(
            connection,
            ids=[new_id() for _ in ordered],
            skus=[sku for sku, _ in ordered],
            warehouses=[warehouse for _, warehouse in ordered],
        )


_Rows = tuple[Kept, tuple[str, ...]]
"""A statement that locks, and the names of what it is given."""


def _lock(table: str, own: str, **others: str) -> _Rows:
    """Locks the rows of a table by their `own` keys, and those whose keys are found by `others`.

    They are one list of keys: with an OR between the reasons, every row of the tenant would be looked at.
    """
    keys = " || ".join((f":{own}", *(f"ARRAY({found})" for found in others.values())))
    statement = text(f"SELECT id FROM leora.{table} WHERE id = ANY ({keys}) ORDER BY id FOR NO KEY UPDATE")
    names = (own, *others)
    binds = [bindparam(name, type_=ARRAY(Uuid())) for name in names]
    return Kept(statement.bindparams(*binds).columns(Column("id", Uuid()))), names


_MAKE_STOCK = Kept(
    text(
        "INSERT INTO leora.inventory (tenant_id, id, sku_id, warehouse)"
        " SELECT s.tenant_id, place.id, s.id, place.warehouse"
        " FROM unnest(:ids, :skus, :warehouses) AS place (id, sku_id, warehouse)"
        " JOIN leora.skus s ON s.id = place.sku_id ORDER BY s.id, place.warehouse ON CONFLICT DO NOTHING"
    ).bindparams(
        bindparam("ids", type_=ARRAY(Uuid())),
        bindparam("skus", type_=ARRAY(Uuid())),
        bindparam("warehouses", type_=ARRAY(Text())),
    )
)
"""Makes nothing for a SKU that does not exist or is another tenant's."""

_INVENTORY = _lock(
    "inventory",
    "inventory",
    stock_of_skus="SELECT id FROM leora.inventory WHERE sku_id = ANY (:stock_of_skus)",
    stock_of_orders="SELECT id FROM leora.inventory WHERE sku_id = ANY (ARRAY("
    "SELECT sku_id FROM leora.order_lines WHERE order_id = ANY (:stock_of_orders)))",
)
_ADMINISTRATION = Kept(
    text(
        "SELECT id FROM leora.roles WHERE is_system AND kind = 'STAFF' ORDER BY id FOR NO KEY UPDATE"
    ).columns(Column("id", Uuid()))
)
"""The rows of the tenant's own staff roles stand for all that is decided of its staff: nobody can change them."""

_ORDER = (
    _lock("suppliers", "suppliers"),
    _lock("products", "products"),
    _lock(
        "skus",
        "skus",
        skus_of_prices="SELECT sku_id FROM leora.price_list_entries WHERE id = ANY (:skus_of_prices)",
    ),
    _lock(
        "customers",
        "customers",
        customers_of_orders="SELECT customer_id FROM leora.orders WHERE id = ANY (:customers_of_orders)",
    ),
    _lock(
        "orders",
        "orders",
        orders_of_invoices="SELECT order_id FROM leora.invoices WHERE id = ANY (:orders_of_invoices)",
    ),
    _lock(
        "invoices",
        "invoices",
        invoices_of_orders="SELECT id FROM leora.invoices WHERE order_id = ANY (:invoices_of_orders)",
        invoices_of_payments="SELECT invoice_id FROM leora.payment_allocations"
        " WHERE payment_id = ANY (:invoices_of_payments)",
    ),
    _lock("payments", "payments"),
    _INVENTORY,
)
"""Each table's statement, in the order in which they lock."""
