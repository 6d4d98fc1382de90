"""How many statements an operation takes: one when compiled; when resolved one per distinct field, never per row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from sqlalchemy import URL, event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.principal import Principal
from leora_gql.db.addresses import connected
from leora_gql.db.driver import Statements
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login, for_login
from leora_gql.settings import Settings
from tests.api import ADMIN
from tests.graph.documents import camel, entities, relations
from tests.graph.principals import Runner

BELOW = "number customer { name } lines { nodes { quantity sku { code product { name } } } }"


@contextmanager
def statements(runner: Runner) -> Iterator[list[str]]:
    """The statements that read the staff's database meanwhile, in either way: all but BEGIN and COMMIT."""
    engine = runner.pools.pool(Login.STAFF).engine.sync_engine
    seen: list[str] = []
    text_of = Statements.text

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    async def noted(self: Statements, statement: str, arguments: Sequence[object]) -> str | None:
        seen.append(statement)
        return await text_of(self, statement, arguments)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with patch.object(Statements, "text", noted):
            yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def resolved(
    runner: Runner, query: str, principal: Principal, variables: dict[str, Any] | None = None
) -> Any:
    """The data of an answer that only resolvers gave."""
    answer = orjson.loads(await runner.answer(query, principal, variables, compiler="off"))
    assert "errors" not in answer, answer["errors"][:3]
    return answer["data"]


async def test_100_orders_with_all_that_belongs_to_them_take_five(runner: Runner) -> None:
    admin = await runner.principal(ADMIN)
    with statements(runner) as seen:
        data = await resolved(runner, f"{{ orders(first: 100) {{ nodes {{ {BELOW} }} }} }}", admin)
    assert len(data["orders"]["nodes"]) == 100
    assert 0 < len(seen) <= 5, seen


@pytest.fixture
async def larger(own_url: URL, settings: Settings) -> AsyncIterator[Runner]:
    """A runner on a database where every order and its lines stand twice: more than 1,000."""
    async with connected(own_url) as connection, connection.begin():
        for table, renamed in (("orders", {"id", "number"}), ("order_lines", {"id", "order_id"})):
            await connection.execute(text(await _copying(connection, table, renamed)))
    pools = Pools({login: for_login(own_url, login) for login in Login})
    yield Runner(own_url, pools, settings.model_copy(update={"staff_max_cost": 1_000_000}))
    await pools.close()


async def _copying(connection: AsyncConnection, table: str, renamed: set[str]) -> str:
    """The statement that copies a table's rows into itself, ids and numbers changed the same way everywhere."""
    rows = await connection.execute(
        text(
            "SELECT column_name FROM information_schema.columns"
            f" WHERE table_schema = 'leora' AND table_name = '{table}' AND is_generated = 'NEVER'"
        )
    )
    names = [row[0] for row in rows]
    values = [
        name if name not in renamed else "'X' || number" if name == "number" else f"md5({name}::text)::uuid"
        for name in names
    ]
    return f"INSERT INTO leora.{table} ({', '.join(names)}) SELECT {', '.join(values)} FROM leora.{table}"


async def test_1000_orders_take_no_more(larger: Runner) -> None:
    admin = await larger.principal(ADMIN)
    query = (
        f"{{ tenants: customers(first: 100) {{ nodes {{ orders(first: 100) {{ nodes {{ {BELOW} }} }} }} }} }}"
    )
    with statements(larger) as seen:
        data = await resolved(larger, query.replace("customer { name } ", ""), admin)
    found = sum(len(customer["orders"]["nodes"]) for customer in data["tenants"]["nodes"])
    assert found >= 1000
    assert 0 < len(seen) <= 5, seen


def with_relations(entity: Any, followed: Sequence[tuple[str, str, bool]]) -> str:
    """An operation that lists an entity, with rows of all these relations below."""
    below = " ".join(
        f"{name}(first: 3) {{ totalCount nodes {{ id createdAt }} }}"
        if many
        else f"{name} {{ id createdAt }}"
        for name, _, many in followed
    )
    return f"{{ {camel(entity.plural)}(first: 50) {{ totalCount nodes {{ id {below} }} }} }}"


@pytest.mark.parametrize("entity", entities(), ids=lambda entity: entity.name)
async def test_resolvers_take_at_most_one_statement_per_field(runner: Runner, entity: Any) -> None:
    admin = await runner.principal(ADMIN)
    followed = list(relations(entity.name))
    counts = [1 for *_, many in followed if many]
    with statements(runner) as seen:
        await resolved(runner, with_relations(entity, followed), admin)
    assert 0 < len(seen) <= 2 + len(followed) + len(counts), seen


@pytest.mark.parametrize("entity", entities(), ids=lambda entity: entity.name)
async def test_what_is_compiled_takes_one_statement(runner: Runner, entity: Any) -> None:
    admin = await runner.principal(ADMIN)
    declared = {camel(name) for name in entity.fields}
    query = with_relations(entity, [one for one in relations(entity.name) if one[0] in declared])
    with statements(runner) as seen:
        compiled = await runner.data(query, admin)
    assert len(seen) == 1, seen
    assert compiled == await resolved(runner, query, admin)


async def test_only_selected_columns_are_read(runner: Runner) -> None:
    admin = await runner.principal(ADMIN)
    with statements(runner) as seen:
        await resolved(runner, "{ customers(first: 1) { nodes { name } } }", admin)
    assert seen[-1].split("FROM")[0].split() == "SELECT t.id AS id, t.name AS name, t.id AS sort_0".split()


async def test_aliases_of_one_list_with_other_arguments_do_not_mix(runner: Runner) -> None:
    admin = await runner.principal(ADMIN)
    query = """query($n: Int!) { customers(first: 5, orderBy: [{field: NAME}]) { nodes {
        all: orders(first: 100) { nodes { id status } }
        done: orders(first: 100, where: {status: {eq: FULFILLED}}) { nodes { id status } }
        few: orders(first: $n) { nodes { id } pageInfo { hasNextPage } } } } }"""
    data = await resolved(runner, query, admin, {"n": 2})
    for customer in data["customers"]["nodes"]:
        every = customer["all"]["nodes"]
        done = [order for order in every if order["status"] == "FULFILLED"]
        assert sorted(order["id"] for order in customer["done"]["nodes"]) == sorted(
            order["id"] for order in done
        )
        assert [order["id"] for order in customer["few"]["nodes"]] == [order["id"] for order in every[:2]]
        assert customer["few"]["pageInfo"]["hasNextPage"] is (len(every) > 2)
