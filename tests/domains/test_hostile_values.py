"""Every field of every mutation's input is given what it cannot hold: it is told at its place, and nothing is done.

The cases come from the schema, so a new field is tried by being there. Each input is sent together with a mutation
that its service refuses: whatever of it can be done is done, and undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from graphql import GraphQLInputObjectType, GraphQLInputType, get_named_type, get_nullable_type, is_list_type

from leora_gql.auth.permissions import PORTAL_KEYS
from leora_gql.auth.principal import Principal
from leora_gql.graph.mutation import DECLARED
from tests.api import ADMIN, BUYER
from tests.domains.noted import NOWHERE, global_id
from tests.graph.principals import Runner
from tests.graph.samples import MUTATIONS, Place, document_of, input_of, refusals, sample
from tests.isolation.strangers import STRANGERS
from tests.isolation.test_mutations import state, types_of_ids

REFUSED = (
    f' undone: cancelOrder(input: {{id: "{global_id("Order", NOWHERE)}"}}) {{ userErrors {{ code }} }} }}'
)
RTL, WIDE = "\u202eנסיון\u202c", "😀"
SURELY: dict[str, list[Any]] = {
    "Int": [1.5, 1e30, 2**31, -(2**31) - 1, "1", "1e3", True, [1], {}],
    "Decimal": ["NaN", "sNaN", "-Infinity", "1e30", "1e-30", "1000000000000000", "9" * 38, 1e999, "", "1,5", True, {}],
    "Date": ["10000-01-01", "9999-12-31", "0001-01-01", "0000-01-01", "2026-02-30", "2026-01-31T00:00:00Z", "", 5, {}],
    "DateTime": [
        *("10000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999-12:00"),
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+12:00", "2026-01-31", "2026-01-31T00:00:00", "", 5, {}),
    ],
    "String": ["a\x00b", "\ud800", "x" * 1_000_000, 5, True, {}],
    "ID": ["", "x", "a\x00b", "=" * 1_000_000, global_id("Nothing", NOWHERE), global_id("Order", "x"), "T3JkZXI6", {}],
    "Boolean": ["true", 1, {}],
}  # fmt: skip
"""What no field of a type takes, by the type."""
PERHAPS: dict[str, list[Any]] = {
    "Int": [0, -1, -0.0, 2**31 - 1, -(2**31)],
    "Decimal": ["0", "-0", "-0.00", "-1", "0.001", "12.345", "1e3", "10000000000000", 10**13, 1.005],
    "String": ["", " \t\n", "\u00a0\u2003", "\x01\x7f", "\ufeff\u200b", RTL, WIDE * 100, WIDE * 501, "' OR 1=1; --"],
}  # fmt: skip
"""What some fields take."""
GOOD: dict[str, Any] = {
    **dict.fromkeys(("contactEmail", "primaryContactEmail"), "somebody@example.test"),
    **dict.fromkeys(("imageUrl", "avatarUrl"), "https://example.test/a.png"),
    **dict.fromkeys(("upc", "gtin"), "12345678"),
    **dict.fromkeys(("defaultCurrency", "currency"), "USD"),
    **dict.fromkeys(("orderNumberPrefix", "invoiceNumberPrefix"), "A"),
    "requestedDeliveryOn": "2150-01-01",
    "vintage": 2020,
    "timezone": "Europe/Paris",
    "slug": "some-slug",
    "taxRate": "0.0333",
    "alcoholPercent": "13.50",
    "minimumOrdersForPace": 2,
    "permissions": ["orders.view"],
    "validFrom": "2150-01-01T00:00:00Z",
    "validUntil": "2151-01-01T00:00:00Z",
}
"""Values of fields that the schema alone does not tell."""
LEFT_OUT = {"version", "inventoryItemId", "customerTier", "managerId"}
"""Fields that go with no others."""


_LINE = """
SELECT o.id AS "id.Order", l.id AS "{}.OrderLine" FROM leora.orders o
JOIN leora.order_lines l ON l.tenant_id = o.tenant_id AND l.order_id = o.id
WHERE o.tenant_id = :tenant AND o.status = 'DRAFT' AND NOT o.is_sample ORDER BY o.id, l.position LIMIT 1
"""
_STOCK = """
SELECT sku_id AS "skuId.Sku", warehouse AS "{}." FROM leora.inventory
WHERE tenant_id = :tenant AND available > 1 ORDER BY id LIMIT 1
"""
FITTING = {
    "overrideLinePrice": _LINE.format("lineId"),
    "updateOrderLines": _LINE.format("lines.0.lineId"),
    "adjustInventory": _STOCK.format("warehouse"),
    "transferInventory": _STOCK.format("fromWarehouse"),
    "recordPayment": """
        SELECT i.customer_id AS "customerId.Customer", i.id AS "allocations.0.invoiceId.Invoice" FROM leora.invoices i
        WHERE i.tenant_id = :tenant AND i.status = 'SENT' AND i.balance_due_cents >= 1250 AND NOT EXISTS (
            SELECT FROM leora.payment_allocations a WHERE a.tenant_id = i.tenant_id AND a.invoice_id = i.id)
        ORDER BY i.id LIMIT 1
    """,
}
"""Rows that go together, for the mutations that need it: by the place and type of an id, or the place of a text."""
SHALLOW = {
    *("approveOrder", "confirmOrder", "fulfillOrder", "createInvoice", "clearPayment", "failPayment"),
    *("deleteRole", "updateRole", "assignPortalRoles", "invitePortalUser", "removeOrderLines"),
}
"""Mutations that are refused for the row that they are given, before anything is written."""
LATER = {("updateRole", ("permissions", "0"))}
"""Where a wrong value is told only for a row that can be changed."""
OF_BUYERS = {name for name in MUTATIONS if DECLARED[name].access.requires in PORTAL_KEYS}


def leaves(kind: GraphQLInputType, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """The fields of an input that hold a scalar, and which."""
    bare = get_nullable_type(kind)
    if is_list_type(bare):
        yield from leaves(bare.of_type, (*place, "0"))
        return
    named = get_named_type(bare)
    if not isinstance(named, GraphQLInputObjectType):
        yield place, named.name
        return
    for name, field in named.fields.items():
        yield from leaves(field.type, (*place, name))


def put(made: Any, place: Place, value: Any) -> Any:
    """The input with another value at a place."""
    if not place:
        return value
    step, *rest = place
    if isinstance(made, list):
        return [
            put(part, tuple(rest), value) if index == int(step) else part for index, part in enumerate(made)
        ]
    return {**made, step: put(made.get(step, {}), tuple(rest), value)}


def _good(made: Any) -> Any:
    if isinstance(made, list):
        return [_good(part) for part in made]
    if isinstance(made, dict):
        parts = cast("dict[str, Any]", made).items()
        without = LEFT_OUT | (
            {"id"} if "priceList" in made else set()
        )  # with an id an old price, else a new one
        return {name: GOOD.get(name, _good(part)) for name, part in parts if name not in without}
    return made


async def base_of(runner: Runner, mutation: str, who: Principal) -> dict[str, Any]:
    """A full input of the mutation, with ids of rows that there are."""
    types = await types_of_ids(runner, mutation, who)
    types |= await types_of_ids(runner, mutation, who, but=list(types))
    staff = STRANGERS["staff of another tenant"]
    own = {place: await staff.own_row(runner, who, kind, mutation) for place, kind in types.items()}
    made = _good(sample(input_of(mutation), of_id=lambda place: own.get(place, "")))
    for row in await runner.sql(FITTING[mutation], tenant=who.tenant_id) if mutation in FITTING else ():
        for name, value in row.items():
            *place, kind = name.split(".")
            made = put(made, tuple(place), global_id(kind, value) if kind else value)
    return made


def written(place: Place) -> str:
    """The place as the errors of a request's values write it."""
    return "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in place)


def told_at(answer: dict[str, Any], mutation: str, place: Place) -> bool:
    """Whether an answer refuses what stands at a place: the request as a whole, or the mutation by its user errors."""
    if "errors" in answer:
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT", (place, error)
        assert error["path"] == [mutation]
        return f" at {written(place)}" in error["message"]
    return list(place) in [error["field"] for error in refusals(answer, mutation)]


@pytest.mark.parametrize("mutation", [name for name in MUTATIONS if name not in SHALLOW])
async def test_the_inputs_of_these_tests_reach_the_database(runner: Runner, mutation: str) -> None:
    admin = await runner.principal(ADMIN)
    given = {"input": await base_of(runner, mutation, admin)}
    answer = await runner.run(document_of(mutation)[:-1] + REFUSED, admin, given)
    assert {error["code"] for error in refusals(answer, mutation)} == {"ROLLED_BACK"}, answer


@pytest.mark.parametrize(
    ("mutation", "who"),
    [(name, who) for who in (ADMIN, BUYER) for name in MUTATIONS if who == ADMIN or name in OF_BUYERS],
)
async def test_what_a_field_cannot_hold_is_told_at_its_place(runner: Runner, mutation: str, who: str) -> None:
    principal = await runner.principal(who)
    base = await base_of(runner, mutation, principal)
    document = document_of(mutation)[:-1] + REFUSED
    before = await state(runner)
    for number, (place, value, surely) in enumerate(cases(mutation)):
        answer = await runner.run(
            document, principal, {"input": put(base, place, value)}, idempotency_key=f"{mutation}-{number}"
        )
        told = told_at(answer, mutation, place)
        assert told or not surely or (mutation, place) in LATER, (place, repr(value)[:40], answer)
    assert await state(runner) == before


def cases(mutation: str) -> Iterator[tuple[Place, Any, bool]]:
    """Each place of the mutation's input with each value for it, and whether that is surely wrong there."""
    for place, kind in leaves(input_of(mutation)):
        yield from ((place, value, True) for value in SURELY.get(kind, ()))
        yield from ((place, value, False) for value in PERHAPS.get(kind, ()))
