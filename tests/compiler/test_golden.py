"""Golden cases: an operation, the statement that it becomes, and the answer, each in a file for people to read.

`LEORA_UPDATE_GOLDEN=1 pytest tests/compiler/test_golden.py` writes the statements and answers anew (never in CI); what
has changed is then for a person to judge. Every case is also answered by resolvers, whose bytes must be the same.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from graphql import OperationType, parse
from sqlalchemy import URL, text

from leora_gql import seed
from leora_gql.auth.principal import Principal
from leora_gql.compiler.compiler import Compiler
from leora_gql.db.addresses import connected
from leora_gql.db.connect import open_pools
from leora_gql.settings import Settings, decode_key
from tests import postgres
from tests.api import ADMIN, BUYER, OTHER_ADMIN, REP, tenant_of
from tests.compiler.compiling import SCHEMA, compilable
from tests.compiler.conftest import PEOPLE
from tests.compiler.readable import readable
from tests.graph.principals import Runner

FOLDER = Path(__file__).parent / "golden"
CASES = sorted(path.stem for path in FOLDER.glob("*.graphql"))
UPDATE = os.environ.get("LEORA_UPDATE_GOLDEN") == "1" and "CI" not in os.environ

WHO = {"admin": ADMIN, "rep": REP, "buyer": BUYER, "other": OTHER_ADMIN}
TODAY = dt.date(2026, 3, 31)
"""The day that all rows of these cases lead up to; their ids and values follow from it."""

CURSOR_KEY = "Z29sZGVuLWdvbGRlbi1nb2xkZW4tZ29sZGVuLWdvbGQ="
SERVER_VERSION = 18
CREATED = UUID(int=1)

HIDE = """
    UPDATE leora.skus SET status = 'INACTIVE'
    WHERE id = (SELECT sku_id FROM leora.order_lines JOIN leora.orders ON orders.id = order_id
                WHERE number = 'WC-00000071' AND position = 1)
"""
"""Takes from buyers a bottle that one of them has ordered."""

UNDO = "DELETE FROM leora.suppliers WHERE slug = :slug"

NO_SQL = "-- no SQL: the answer does not depend on any row\n"


@dataclass
class Case:
    """A golden case's files."""

    name: str

    @property
    def query(self) -> str:
        return (FOLDER / f"{self.name}.graphql").read_text()

    @property
    def who(self) -> str:
        found = re.match(r"# as: (\w+)\n", self.query)
        assert found is not None, "The first line says who asks: # as: admin"
        return WHO[found[1]]

    @property
    def variables(self) -> dict[str, Any]:
        path = FOLDER / f"{self.name}.variables.json"
        return orjson.loads(path.read_bytes()) if path.exists() else {}

    def settle(self, ending: str, found: str) -> None:
        """Compare with what the file says, or write it there."""
        path = FOLDER / f"{self.name}.{ending}"
        if UPDATE:
            path.write_text(found)
        assert path.read_text() == found


@dataclass
class Golden:
    """The database of the golden cases."""

    loop: asyncio.Runner
    runner: Runner

    def principal(self, who: str) -> Principal:
        return self.loop.run(self.runner.principal(who, PEOPLE[who], tenant=tenant_of(who)))

    def statement(self, case: Case) -> str:
        """The case's statement."""
        key = decode_key(self.runner.settings.cursor_key.get_secret_value())
        compiler = Compiler(SCHEMA, cursor_key=key, server_version=SERVER_VERSION)
        created = {"created": CREATED} if is_mutation(case.query) else None
        bound = compiler.bind(
            compilable(case.query), case.variables, self.principal(case.who), created=created
        )
        return NO_SQL if bound.plan.statement is None else readable(bound.plan.statement.expression.sql)

    def answers(self, case: Case) -> tuple[bytes, bytes]:
        """What the compiled way answers, and the resolved one."""
        counts = self.runner.operations().counts
        before = counts.compiled
        principal = self.principal(case.who)
        compiled = self._answer(case, principal, "on")
        assert counts.compiled == before + 1, counts.resolved
        return compiled, self._answer(case, principal, "off")

    def _answer(self, case: Case, principal: Principal, way: Any) -> bytes:
        answer = self.loop.run(self.runner.answer(case.query, principal, case.variables, compiler=way))
        if is_mutation(case.query):
            self.loop.run(_execute(self.runner.direct_url, UNDO, slug=case.variables["input"]["slug"]))
        return answer


def is_mutation(query: str) -> bool:
    """Whether the document's operation changes something."""
    return any(
        getattr(node, "operation", None) is OperationType.MUTATION for node in parse(query).definitions
    )


@pytest.fixture(scope="session")
def golden(databases: postgres.Databases) -> Generator[Golden]:
    """A database whose rows are the same in every run."""
    url = databases.copy(postgres.EMPTY)
    settings = postgres.settings_for(url, data_dir=postgres.run_folder())
    settings = Settings.model_validate({**settings.model_dump(), "cursor_key": CURSOR_KEY})
    seed.run(url, settings=settings, today=TODAY)
    with asyncio.Runner() as loop:
        loop.run(_execute(url, HIDE))
        pools = loop.run(_opened(settings))
        yield Golden(loop, Runner(url, pools, settings))
        loop.run(pools.close())


async def _opened(settings: Settings) -> Any:
    return open_pools(settings)


async def _execute(url: URL, statement: str, **values: str) -> None:
    async with connected(url, autocommit=True) as connection:
        changed = await connection.execute(text(statement), values)
        assert changed.rowcount == 1


@pytest.mark.parametrize("name", CASES)
def test_the_statement_is(name: str, golden: Golden) -> None:
    case = Case(name)
    case.settle("sql", golden.statement(case))


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_and_resolvers_agree(name: str, golden: Golden) -> None:
    case = Case(name)
    compiled, resolved = golden.answers(case)
    assert compiled.decode() == resolved.decode()
    case.settle("json", orjson.dumps(orjson.loads(compiled), option=orjson.OPT_INDENT_2).decode() + "\n")


def test_no_file_is_left_of_a_case_that_is_gone() -> None:
    assert {path.name.partition(".")[0] for path in FOLDER.iterdir()} == set(CASES)
