"""Who asks with ids that are not for it: which rows are its own, and which it must not know, for every type of id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from leora_gql.auth.permissions import PORTAL_KEYS
from leora_gql.auth.principal import Principal
from leora_gql.db.model import new_id
from leora_gql.db.pool import PooledConnection
from leora_gql.graph.entity import Registry
from leora_gql.graph.mutation import DECLARED
from leora_gql.graph.node import encode_id
from tests.api import ADMIN, BUYER, OTHER_BUYER
from tests.domains.orders.desk import key_of, mutation, shopper, stocked
from tests.graph.principals import Runner
from tests.graph.samples import MUTATIONS

NO_TYPE = encode_id("Nothing", UUID(int=1))
_STATUS = {"fulfillOrder": "CONFIRMED", "createInvoice": "FULFILLED"}
"""The status of an order of which a mutation can be asked; of the others DRAFT."""
_RANK = (
    "(SELECT (o.status <> :status, o.is_sample, EXISTS (SELECT FROM leora.invoices i WHERE i.order_id = o.id))"
    " FROM leora.orders o WHERE o.id = {})"
)
_BEST = {
    "Customer": (  # whose invoice is the first one
        "id IS DISTINCT FROM (SELECT i.customer_id FROM leora.invoices i WHERE i.tenant_id = :tenant"
        " ORDER BY i.status <> 'DRAFT', i.id LIMIT 1)"
    ),
    "Order": _RANK.format("orders.id"),
    "OrderLine": f"{_RANK.format('order_id')}, order_id",
    "Role": "is_system",
    "Invoice": "status <> 'DRAFT'",
}
"""Rows of which most can be asked: the order that puts them first."""
_ORDERS = "order_id IN (SELECT o.id FROM leora.orders o WHERE o.customer_id {} :customer{})"
_BUYERS_OWN = {
    "Customer": "id = :customer",
    "Order": "customer_id = :customer",
    "OrderLine": _ORDERS.format("=", ""),
    "PortalUser": "customer_id = :customer",
    "Role": "kind = 'PORTAL'",
    "Sku": "status = 'ACTIVE' AND product_id IN (SELECT p.id FROM leora.products p WHERE p.status = 'ACTIVE')",
    "User": "true",
}
_BUYERS_UNSEEN = {
    "Customer": ["id <> :customer"],
    "Order": [
        "customer_id <> :customer AND status = 'DRAFT'",
        "customer_id <> :customer AND status = 'PENDING'",
    ],
    "OrderLine": [_ORDERS.format("<>", " AND o.status = 'DRAFT'")],
    "PortalUser": ["customer_id <> :customer"],
    "Role": ["kind = 'STAFF'"],
    "Sku": [
        "status <> 'ACTIVE' AND product_id IN (SELECT p.id FROM leora.products p WHERE p.status = 'ACTIVE')",
        "status = 'ACTIVE' AND product_id IN (SELECT p.id FROM leora.products p WHERE p.status = 'ARCHIVED')",
    ],
    "User": ["true"],
}
_ALL: Sequence[str] = ("true",)


@dataclass(frozen=True)
class Stranger:
    """Somebody, the tenant of the rows that it must not know, and what they are; by default all of that tenant."""

    email: str
    tenant: str
    own: Mapping[str, str] = field(default_factory=dict)
    unseen: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def may(self, mutation: str) -> bool:
        """Whether it can be allowed to call it at all."""
        access = DECLARED[mutation].access
        return self.email == ADMIN or (not access.staff_only and access.requires in PORTAL_KEYS)

    async def own_row(self, runner: Runner, who: Principal, kind: str, mutation: str) -> str:
        """The id of a row that it knows."""
        where = self.own[kind] if self.own else "true"
        return await _row(runner, who, kind, mutation, where, tenant="well-crafted") or NO_TYPE

    async def unseen_rows(self, runner: Runner, who: Principal, kind: str, mutation: str) -> list[str]:
        """Ids of rows that it must not know, one of each sort."""
        sorts = self.unseen[kind] if self.unseen else _ALL
        found = [await _row(runner, who, kind, mutation, one, tenant=self.tenant) for one in sorts]
        assert None not in found, f"There is no {kind} for {sorts}."
        return [one for one in found if one is not None]


STRANGERS = {
    "staff of another tenant": Stranger(ADMIN, "cellar-door"),
    "a buyer of another tenant": Stranger(BUYER, "cellar-door", _BUYERS_OWN),
    "a buyer of another customer": Stranger(BUYER, "well-crafted", _BUYERS_OWN, _BUYERS_UNSEEN),
}
"""Whose ids they are not: by what they would be if they were."""
CASES = [(name, mutation) for name, one in STRANGERS.items() for mutation in MUTATIONS if one.may(mutation)]


def of_no_row(kind: str) -> str:
    """An id of the type that nothing has."""
    return encode_id(kind, uuid4())


async def _row(
    runner: Runner, who: Principal, kind: str, mutation: str, where: str, *, tenant: str
) -> str | None:
    entity = Registry.get(kind)
    assert entity is not None, kind
    known = {"customer": who.customer_id, "status": _STATUS.get(mutation, "DRAFT")}
    statement = (
        f"SELECT id FROM leora.{entity.table.name} WHERE tenant_id = :tenant AND ({where})"
        f" ORDER BY {_BEST.get(kind, 'id')}, id LIMIT 1"
    )
    given = {name: value for name, value in known.items() if f":{name}" in statement}
    rows = await runner.sql(statement, tenant=await runner.tenant(tenant), **given)
    return encode_id(kind, rows[0]["id"]) if rows else None


async def make_rows(runner: Runner) -> None:
    """What the demo tenant lacks, once for all tests of a process.

    SKUs that buyers do not see for one reason alone, drafts of two customers, a PENDING order of one, and an order to
    invoice.
    """
    if await runner.sql("SELECT id FROM leora.skus WHERE code = 'STRANGE-1'"):
        return
    hidden, orphan, sold = [await stocked(runner, MAIN=10) for _ in range(3)]
    product = new_id()
    await runner.write(
        "INSERT INTO leora.products (tenant_id, id, supplier_id, code, name, category, status)"
        " SELECT tenant_id, :id, supplier_id, 'STRANGE', 'Not sold any more', category, 'ARCHIVED'"
        " FROM leora.products WHERE id = :like",
        id=product,
        like=orphan["product_id"],
    )
    await runner.write("UPDATE leora.skus SET product_id = :to WHERE id = :id", to=product, id=orphan["id"])
    await runner.write(
        "UPDATE leora.skus SET status = 'INACTIVE', code = 'STRANGE-1' WHERE id = :id", id=hidden["id"]
    )
    for account in (BUYER, OTHER_BUYER):
        await _order(runner, account, sold)
    await _step(runner, "submitOrder", await _order(runner, OTHER_BUYER, sold))
    order = await _order(runner, ADMIN, sold, customerId=await shopper(runner))
    await _step(runner, "submitOrder", order)
    await runner.write("UPDATE leora.orders SET approved_at = now() WHERE id = :id", id=key_of(order))
    for name in ("confirmOrder", "fulfillOrder"):
        await _step(runner, name, order)


async def _order(runner: Runner, account: str, sku: dict[str, Any], **given: str) -> str:
    lines = [{"skuId": encode_id("Sku", sku["id"]), "quantity": 1}]
    who = await runner.principal(account)
    data = await runner.data(mutation("createOrder", "id"), who, {"input": {"lines": lines, **given}})
    return data["createOrder"]["order"]["id"]


async def _step(runner: Runner, name: str, order: str) -> None:
    admin = await runner.principal(ADMIN)
    data = await runner.data(mutation(name, "id"), admin, {"input": {"id": order}})
    assert data[name]["userErrors"] == []


@contextmanager
def work() -> Generator[list[tuple[str, int | type[Exception]]]]:
    """What services ask of the database meanwhile: each statement, and how many rows or which error came of it."""
    seen: list[tuple[str, int | type[Exception]]] = []

    def noting(
        method: Callable[..., Awaitable[Any]], size: Callable[[Any], int]
    ) -> Callable[..., Awaitable[Any]]:
        async def noted(self: PooledConnection, statement: str, arguments: Sequence[object]) -> Any:
            try:
                found = await method(self, statement, arguments)
            except Exception as error:
                seen.append((statement, type(error)))
                raise
            seen.append((statement, size(found)))
            return found

        return noted

    rows, count = noting(PooledConnection.rows, len), noting(PooledConnection.count, int)
    with patch.multiple(PooledConnection, rows=rows, count=count):
        yield seen
