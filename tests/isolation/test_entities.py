"""For every entity of the schema: who reads it, who does not, and what the denied are told.

The cases come from the schema itself, so a new entity, field or relation is tested by being there.
"""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from leora_gql.auth.permissions import PORTAL_KEYS
from leora_gql.graph.access import relation_access
from leora_gql.graph.entity import Entity, Registry
from leora_gql.graph.fields import Access, ColumnSpec
from tests.api import ADMIN, BUYER, OTHER_ADMIN, Api
from tests.graph.documents import SCHEMA, camel, entities, leaves, relations
from tests.graph.principals import Runner

ENTITIES = entities()
NAMES = [entity.name for entity in ENTITIES]

PORTAL_ROWS = {
    "Customer": "SELECT id FROM leora.customers WHERE tenant_id = :tenant AND id = :customer",
    "Product": "SELECT id FROM leora.products WHERE tenant_id = :tenant AND status = 'ACTIVE'",
    "Sku": (
        "SELECT s.id FROM leora.skus s JOIN leora.products p ON (p.tenant_id, p.id) = (s.tenant_id, s.product_id)"
        " WHERE s.tenant_id = :tenant AND s.status = 'ACTIVE' AND p.status = 'ACTIVE'"
    ),
    "PriceListEntry": (
        "SELECT e.id FROM leora.price_list_entries e, leora.customers c"
        " WHERE (c.tenant_id, c.id) = (:tenant, :customer) AND e.tenant_id = :tenant"
        " AND (e.customer_id = c.id OR e.customer_id IS NULL"
        " AND (e.customer_tier IS NULL OR e.customer_tier = c.tier))"
    ),
    "Order": "SELECT id FROM leora.orders WHERE tenant_id = :tenant AND customer_id = :customer",
    "OrderLine": (
        "SELECT l.id FROM leora.order_lines l JOIN leora.orders o ON (o.tenant_id, o.id) = (l.tenant_id, l.order_id)"
        " WHERE l.tenant_id = :tenant AND o.customer_id = :customer"
    ),
    "Invoice": (
        "SELECT id FROM leora.invoices WHERE tenant_id = :tenant AND customer_id = :customer AND number IS NOT NULL"
    ),
    "InvoiceLine": (
        "SELECT l.id FROM leora.invoice_lines l JOIN leora.invoices i"
        " ON (i.tenant_id, i.id) = (l.tenant_id, l.invoice_id)"
        " WHERE l.tenant_id = :tenant AND i.customer_id = :customer AND i.number IS NOT NULL"
    ),
    "Payment": "SELECT id FROM leora.payments WHERE tenant_id = :tenant AND customer_id = :customer",
    "PortalUser": "SELECT id FROM leora.portal_users WHERE tenant_id = :tenant AND customer_id = :customer",
    "Session": "SELECT id FROM leora.sessions WHERE tenant_id = :tenant AND portal_user_id = :me",
}
"""What of each entity a buyer may see; whatever is not here must be closed to the portal altogether."""


def listing(entity: Entity, selected: str = "id") -> str:
    return f"{{ {camel(entity.plural)}(first: 100) {{ totalCount nodes {{ __typename {selected} }} }} }}"


async def some_ids(runner: Runner, entity: Entity, email: str, tenant: str) -> list[str]:
    principal = await runner.principal(email, tenant=tenant)
    rows = (await runner.data(listing(entity), principal))[camel(entity.plural)]
    return [row["id"] for row in rows["nodes"]]


@pytest.mark.parametrize("entity", ENTITIES, ids=NAMES)
async def test_the_owner_reads_every_field(runner: Runner, entity: Entity) -> None:
    admin = await runner.principal(ADMIN)
    found = (await runner.data(listing(entity, leaves(entity.name)), admin))[camel(entity.plural)]
    assert found["totalCount"] >= len(found["nodes"]) > 0
    assert {row["__typename"] for row in found["nodes"]} == {entity.name}


@pytest.mark.parametrize("entity", ENTITIES, ids=NAMES)
async def test_the_owner_follows_every_relation(runner: Runner, entity: Entity) -> None:
    admin = await runner.principal(ADMIN)
    followed = " ".join(
        f"{name}(first: 2) {{ totalCount nodes {{ __typename id }} }}"
        if many
        else f"{name} {{ __typename id }}"
        for name, _, many in relations(entity.name)
    )
    found = (await runner.data(listing(entity, f"id {followed}"), admin))[camel(entity.plural)]
    assert found["nodes"]


@pytest.mark.parametrize("entity", ENTITIES, ids=NAMES)
async def test_another_tenant_gets_nothing(runner: Runner, entity: Entity) -> None:
    ours = await some_ids(runner, entity, ADMIN, "well-crafted")
    other = await runner.principal(OTHER_ADMIN, tenant="cellar-door")
    theirs = await some_ids(runner, entity, OTHER_ADMIN, "cellar-door")
    assert ours
    assert theirs
    assert not set(ours) & set(theirs)
    query = (
        f"query($ids: [ID!]!, $id: ID!) {{ nodes(ids: $ids) {{ id }} node(id: $id) {{ id }}"
        f" {camel(entity.singular)}(id: $id) {{ id }}"
        f" {camel(entity.plural)}(where: {{id: {{in: $ids}}}}) {{ totalCount nodes {{ id }} }} }}"
    )
    data = await runner.data(query, other, {"ids": ours, "id": ours[0]})
    assert data == {
        "nodes": [None] * len(ours),
        "node": None,
        camel(entity.singular): None,
        camel(entity.plural): {"totalCount": 0, "nodes": []},
    }


@pytest.mark.parametrize("entity", ENTITIES, ids=NAMES)
async def test_a_buyer_gets_only_its_customers(runner: Runner, entity: Entity, api: Api) -> None:
    await api.token(BUYER)  # so that there is a session to see
    buyer = await runner.principal(BUYER)
    closed = entity.staff_only or (entity.view is not None and entity.view not in PORTAL_KEYS)
    assert closed is (entity.name not in PORTAL_ROWS)
    answer = await runner.run(listing(entity), buyer)
    if closed:
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
        assert answer["data"] == {camel(entity.plural): None}
        ours = await some_ids(runner, entity, ADMIN, "well-crafted")
        assert await runner.data("query($id: ID!) { node(id: $id) { id } }", buyer, {"id": ours[0]}) == {
            "node": None
        }
        return
    expected = await runner.sql(PORTAL_ROWS[entity.name], **_only_used(PORTAL_ROWS[entity.name], buyer))
    found = answer["data"][camel(entity.plural)]
    assert found["totalCount"] == len(expected) > 0


def _only_used(statement: str, buyer: Any) -> dict[str, Any]:
    given = {"tenant": buyer.tenant_id, "customer": buyer.customer_id, "me": buyer.id}
    return {name: value for name, value in given.items() if f":{name}" in statement}


@pytest.mark.parametrize("entity", ENTITIES, ids=NAMES)
async def test_a_buyer_is_refused_field_by_field_and_never_by_the_database(
    runner: Runner, entity: Entity
) -> None:
    buyer = await runner.principal(BUYER)
    followed = " ".join(
        f"{name}(first: 2) {{ nodes {{ id }} }}" if many else f"{name} {{ id }}"
        for name, _, many in relations(entity.name)
    )
    answer = await runner.run(listing(entity, f"{leaves(entity.name)} {followed}"), buyer)
    for error in answer.get("errors", ()):
        assert error["extensions"]["code"] == "FORBIDDEN", error
        assert {"requiredPermission", "requiredAudience"} & set(error["extensions"])


@pytest.mark.parametrize("name", sorted(SCHEMA.query_type.fields) if SCHEMA.query_type else [])
async def test_the_anonymous_caller_is_told_to_sign_in(api: Api, name: str) -> None:
    assert SCHEMA.query_type is not None
    field = SCHEMA.query_type.fields[name]
    some_id = '"T3JkZXI6MDE4OTAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw"'
    arguments = {
        "id": some_id,
        "skuId": some_id,
        "customerId": some_id,
        "ids": "[]",
        "skuIds": "[]",
        "sequence": "0",
    }
    given = ", ".join(f"{key}: {arguments[key]}" for key, value in field.args.items() if key in arguments)
    kind = get_named_type(field.type)
    below = "{ __typename }" if isinstance(kind, GraphQLObjectType) or kind.name in ("Node", "Viewer") else ""
    answer = await api(f"{{ {name}{f'({given})' if given else ''} {below} }}")
    if name == "apiVersion":
        assert not answer.errors
        return
    assert answer.codes == ["UNAUTHENTICATED"]
    assert answer.errors[0]["path"] == [name]


@pytest.mark.parametrize("entity", ENTITIES, ids=NAMES)
async def test_without_the_view_permission_the_root_fields_are_forbidden(
    runner: Runner, entity: Entity
) -> None:
    if entity.view is None:
        assert entity.visible is not None, "an entity that needs no permission must say which rows are whose"
        return
    nobody = await runner.principal(ADMIN, frozenset())
    ours = await some_ids(runner, entity, ADMIN, "well-crafted")
    query = (
        f"query($id: ID!) {{ {camel(entity.plural)} {{ totalCount }} {camel(entity.singular)}(id: $id) {{ id }}"
        " node(id: $id) { id } }"
    )
    answer = await runner.run(query, nobody, {"id": ours[0]})
    assert answer["data"] == {camel(entity.plural): None, camel(entity.singular): None, "node": None}
    for error in answer["errors"]:
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert error["extensions"]["requiredPermission"] == entity.view
    assert len(answer["errors"]) == 2


def guarded() -> list[tuple[Entity, str, Access]]:
    """Every field of every entity that needs more than the entity's own view."""
    found: list[tuple[Entity, str, Access]] = []
    for entity in ENTITIES:
        for name, spec in entity.fields.items():
            access = spec.access
            if not isinstance(spec, ColumnSpec):
                access = relation_access(entity, entity.target(name), spec.access)
            if access.requires is not None:
                found.append((entity, name, access))
    return found


@pytest.mark.parametrize(("entity", "name", "access"), guarded(), ids=str)
async def test_a_field_without_its_permission_is_null_with_forbidden(
    runner: Runner, entity: Entity, name: str, access: Access
) -> None:
    held = frozenset({entity.view} if entity.view else ())
    caller = await runner.principal(ADMIN, held)
    field = camel(name)
    target = get_named_type(SCHEMA.type_map[entity.name].fields[field].type)  # type: ignore[union-attr]
    below = "{ __typename }" if isinstance(target, GraphQLObjectType) else ""
    answer = await runner.run(
        f"{{ {camel(entity.plural)}(first: 3) {{ nodes {{ id {field} {below} }} }} }}", caller
    )
    rows = answer["data"][camel(entity.plural)]["nodes"]
    assert rows
    assert all(row[field] is None for row in rows)
    assert [error["path"] for error in answer["errors"]] == [
        [camel(entity.plural), "nodes", index, field] for index in range(len(rows))
    ]
    for error in answer["errors"]:
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert error["extensions"]["requiredPermission"] == access.requires


@pytest.mark.parametrize(
    ("entity", "name", "access"),
    [one for one in guarded() if one[0].fields[one[1]].where],
    ids=str,
)
async def test_naming_a_field_in_a_filter_needs_its_permission(
    runner: Runner, entity: Entity, name: str, access: Access
) -> None:
    caller = await runner.principal(ADMIN, frozenset({entity.view} if entity.view else ()))
    spec = entity.fields[name]
    condition = "{isNull: false}" if isinstance(spec, ColumnSpec) else "{}"
    if not isinstance(spec, ColumnSpec):
        listed = get_named_type(
            SCHEMA.type_map[f"{entity.name}Where"].fields[camel(name)].type  # type: ignore[union-attr]
        )
        condition = "{some: {}}" if listed.name.endswith("ListWhere") else "{}"
    elif "isNull" not in SCHEMA.type_map[_comparator(entity, name)].fields:  # type: ignore[union-attr]
        condition = "{in: []}"
    answer = await runner.run(
        f"{{ {camel(entity.plural)}(where: {{{camel(name)}: {condition}}}) {{ totalCount }} }}", caller
    )
    assert answer["data"] == {camel(entity.plural): None}
    assert answer["errors"][0]["extensions"]["requiredPermission"] == access.requires


def _comparator(entity: Entity, name: str) -> str:
    field = SCHEMA.type_map[f"{entity.name}Where"].fields[camel(name)]  # type: ignore[union-attr]
    return get_named_type(field.type).name


def test_every_entity_of_the_domain_is_in_the_schema() -> None:
    hidden = {"Tenant", "OrderAllocation", "PaymentAllocation"}
    assert {entity.name for entity in Registry.entities.values() if not entity.root} == hidden
