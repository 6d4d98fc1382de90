"""SQL laid out for people stays the same SQL."""

from __future__ import annotations

import pytest
from graphql import parse

from leora_gql.auth.principal import Principal
from leora_gql.compiler.compiler import Bound, Compiler
from leora_gql.compiler.plans import Compilable
from leora_gql.db.engine import Pools
from leora_gql.db.one_trip import Expression, text_in
from leora_gql.db.tenant import with_tenant
from leora_gql.schema import product_schema
from leora_gql.server.context import login_of, scope_of
from leora_gql.server.sql_lines import sql_lines
from tests.api import ADMIN
from tests.graph.principals import Runner

QUERIES = (
    """{
      orders(first: 9, where: {or: [{number: {contains: "1"}}, {lines: {some: {}}}]}) {
        totalCount
        edges { cursor node { id placedAt customer { name } lines(first: 2) { nodes { quantity } } } }
      }
    }""",
    "{ customers(last: 3, orderBy: [{field: NAME, direction: DESC}]) { nodes { name } pageInfo { endCursor } } }",
)


def test_clauses_and_subqueries_begin_lines() -> None:
    sql = "SELECT a, (SELECT max(x ORDER BY y) FROM t WHERE (p AND q) AND r) AS m FROM u LEFT OUTER JOIN v ON true"
    assert sql_lines(sql) == [
        "SELECT a, (",
        "    SELECT max(x ORDER BY y)",
        "    FROM t",
        "    WHERE (p AND q)",
        "      AND r",
        ") AS m",
        "FROM u",
        "LEFT OUTER JOIN v ON true",
    ]


@pytest.mark.parametrize(
    "literal",
    ["' (SELECT  FROM '", "'it''s (  '", r"E'\'  ( WHERE '", r"'\'", '" AND  ("', "'two\n  lines'"],
)
def test_what_is_quoted_is_left_alone(literal: str) -> None:
    assert "\n".join(sql_lines(f"SELECT {literal} FROM t")) == f"SELECT {literal}\nFROM t"


def test_distinct_from_is_no_clause() -> None:
    assert sql_lines("SELECT a IS DISTINCT FROM b") == ["SELECT a IS DISTINCT FROM b"]


@pytest.mark.parametrize("query", QUERIES)
async def test_it_still_gives_the_same(runner: Runner, pools: Pools, query: str) -> None:
    principal = await runner.principal(ADMIN)
    bound = await compiled(query, principal, pools)
    assert bound.plan.statement is not None
    expression = bound.plan.statement.expression
    laid_out = Expression("(" + "\n".join(sql_lines(expression.sql[1:-1])) + ")", expression.parameters)
    assert laid_out.sql.count("\n") > 20
    async with with_tenant(
        pools, scope_of(principal), login=login_of(principal), read_only=True
    ) as connection:
        first, second = [await text_in(connection, one, bound.arguments) for one in (expression, laid_out)]
    assert first == second


async def compiled(query: str, principal: Principal, pools: Pools) -> Bound:
    """The query's plan and values."""
    schema, document = product_schema()._schema, parse(query)
    operation = document.definitions[0]
    compiler = Compiler(schema, cursor_key=b"k" * 32, server_version=await pools.server_version())
    return compiler.bind(Compilable(schema, operation, tree=lambda: (document, operation)), {}, principal)
