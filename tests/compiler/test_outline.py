"""The intermediate form as people read it."""

from __future__ import annotations

from uuid import UUID

from graphql import OperationDefinitionNode, parse

from leora_gql.auth.permissions import KEYS
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.compiler.compiler import Compiler
from leora_gql.compiler.outline import outline
from leora_gql.compiler.plans import Compilable
from leora_gql.graph.node import encode_id
from leora_gql.schema import product_schema

ID = UUID(int=7)
ADMIN = Principal(
    kind=ActorKind.USER, id=ID, tenant_id=ID, tenant_slug="well-crafted", permissions=frozenset(KEYS)
)


def lines_of(text: str, *, created: dict[str, UUID] | None = None, **variables: object) -> list[str]:
    """The outline of the document's operation, each parameter called by its number."""
    schema, document = product_schema()._schema, parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    compilable = Compilable(schema, operation, tree=lambda: (document, operation))
    compiler = Compiler(schema, cursor_key=b"k" * 32, server_version=17)
    plan = compiler.bind(compilable, variables, ADMIN, created=created).plan
    names = {number: f"${number}" for number in range(len(plan.parameters))}
    return outline(plan.root, parameters=names)


def test_a_connection_tells_its_condition_order_and_page() -> None:
    assert lines_of(
        """
        query ($after: String) {
          recent: orders(
            first: 5
            orderBy: [{field: PLACED_AT, direction: DESC}]
            where: {
              not: {placedAt: {isNull: true}}
              or: [{number: {eq: "A"}}, {customer: {name: {contains: "b"}}}, {lines: {none: {}}}]
            }
          ) {
            __typename
            totalCount
            pageInfo { next: hasNextPage }
            edges { cursor node { number placed: placedAt customer { name } lines(last: 2) { nodes { id } } } }
          }
          customers(offset: 3) { nodes { name } }
        }
        """
    ) == [
        (
            "recent  first 5 Order where (not (placed_at is_null) and (number eq $0 or customer is (name contains $1)"
            " or lines none (true))) by placed_at desc, id desc"
        ),
        "  __typename",
        "  totalCount",
        "  pageInfo",
        "    next: hasNextPage",
        "  edges",
        "    cursor",
        "    node  Order",
        "      number",
        "      placed: placedAt",
        "      customer  Customer",
        "        name",
        "      lines  last 2 OrderLine by position asc, id asc",
        "        nodes  OrderLine",
        "          id",
        "customers  first 20 Customer by id asc offset $4",
        "  nodes  Customer",
        "    name",
    ]


def test_rows_by_key_tell_whose_key() -> None:
    first, second = encode_id("Order", ID), encode_id("Supplier", ID)
    assert lines_of(
        """
        query ($a: ID!, $b: ID!) {
          order(id: $a) { number }
          node(id: $b) { id ... on Supplier { address { town: city } } }
          nodes(ids: [$a, $b]) { __typename }
          hidden: __typename
        }
        """,
        a=first,
        b=second,
    ) == [
        "order  Order where id = $0",
        "  number",
        "node  Supplier where id = $1",
        "  id",
        "  address",
        "    town: city",
        "nodes  by types $2 and ids $3",
        "  ... on Order",
        "    __typename",
        "  ... on Supplier",
        "    __typename",
        "hidden: __typename",
    ]


def test_a_payload_tells_the_row_that_was_made() -> None:
    assert lines_of(
        """
        mutation {
          made: createSupplier(input: {name: "A"}) {
            supplier { name } supplierEdge { node { id } } userErrors { code }
          }
        }
        """,
        created={"made": ID},
    ) == [
        "made  of the row $0",
        "  supplier  Supplier",
        "    name",
        "  supplierEdge  Supplier",
        "    node  Supplier",
        "      id",
        "  userErrors",
    ]
