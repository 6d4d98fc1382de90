"""How many statements an operation takes: at most one per distinct field, never per row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import URL, event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.addresses import connected
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login, for_login
from leora_gql.settings import Settings
from tests.api import ADMIN
from tests.graph.documents import camel, entities, relations
from tests.graph.principals import Runner

BELOW = "number customer { name } lines { nodes { quantity sku { code product { name } } } }"


@contextmanager
def statements(runner: Runner) -> Iterator[list[str]]:
    """The statements that reach the staff's database meanwhile, the one that sets the tenant included."""
    engine = runner.pools.pool(Login.STAFF).engine.sync_engine
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_100_orders_with_all_that_belongs_to_them_take_six(runner: Runner) -> None:
    admin = await runner.principal(ADMIN)
    with statements(runner) as seen:
        data = await runner.data(f"{{ orders(first: 100) {{ nodes {{ {BELOW} }} }} }}", admin)
    assert len(data["orders"]["nodes"]) == 100
    assert len(seen) <= 6, seen


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
        data = await larger.data(query.replace("customer { name } ", ""), admin)
    found = sum(len(customer["orders"]["nodes"]) for customer in data["tenants"]["nodes"])
    assert found >= 1000
    assert len(seen) <= 6, seen


@pytest.mark.parametrize("entity", entities(), ids=lambda entity: entity.name)
async def test_an_operation_takes_at_most_one_statement_per_field(runner: Runner, entity: Any) -> None:
    admin = await runner.principal(ADMIN)
    followed = list(relations(entity.name))
    below = " ".join(
        f"{name}(first: 3) {{ totalCount nodes {{ id createdAt }} }}"
        if many
        else f"{name} {{ id createdAt }}"
        for name, _, many in followed
    )
    counts = [1 for *_, many in followed if many]
    with statements(runner) as seen:
        await runner.data(
            f"{{ {camel(entity.plural)}(first: 50) {{ totalCount nodes {{ id {below} }} }} }}", admin
        )
    assert len(seen) <= 1 + 2 + len(followed) + len(counts), seen


async def test_only_selected_columns_are_read(runner: Runner) -> None:
    admin = await runner.principal(ADMIN)
    with statements(runner) as seen:
        await runner.data("{ customers(first: 1) { nodes { name } } }", admin)
    assert seen[-1].split("FROM")[0].split() == "SELECT t.id AS id, t.name AS name, t.id AS sort_0".split()


async def test_aliases_of_one_list_with_other_arguments_do_not_mix(runner: Runner) -> None:
    admin = await runner.principal(ADMIN)
    query = """query($n: Int!) { customers(first: 5, orderBy: [{field: NAME}]) { nodes {
        all: orders(first: 100) { nodes { id status } }
        done: orders(first: 100, where: {status: {eq: FULFILLED}}) { nodes { id status } }
        few: orders(first: $n) { nodes { id } pageInfo { hasNextPage } } } } }"""
    data = await runner.data(query, admin, {"n": 2})
    for customer in data["customers"]["nodes"]:
        every = customer["all"]["nodes"]
        done = [order for order in every if order["status"] == "FULFILLED"]
        assert sorted(order["id"] for order in customer["done"]["nodes"]) == sorted(
            order["id"] for order in done
        )
        assert [order["id"] for order in customer["few"]["nodes"]] == [order["id"] for order in every[:2]]
        assert customer["few"]["pageInfo"]["hasNextPage"] is (len(every) > 2)
