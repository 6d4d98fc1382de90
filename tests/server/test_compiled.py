"""The compiled way as a part of the process: made once, whoever asks first."""

from __future__ import annotations

import asyncio

import orjson

from tests.api import ADMIN
from tests.graph.principals import Runner


async def test_who_asks_at_the_same_time_before_all_others_shares_one_compiler(runner: Runner) -> None:
    admin = await runner.principal(ADMIN)
    query = "{ customers(first: 1) { nodes { id } } }"
    for _ in range(2):
        answers = await asyncio.gather(*(runner.answer(query, admin) for _ in range(8)))
        assert {answer for answer in answers if "errors" in orjson.loads(answer)} == set()
        assert len(set(answers)) == 1
