"""What a socket carries: subscriptions, queries and mutations, each answered under its id."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.accounts import PASSWORD, sign_in
from tests.server.live.conftest import EMAIL, Account
from tests.server.live.serving import FOREVER, THREE, VIEWER, Serving, until

CHANGE = "mutation C($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }"


async def test_a_subscription_counts_and_completes(served: Serving, account: Account) -> None:
    async with served.socket() as socket:
        await socket.init(account.token)
        await socket.subscribe("a", THREE)
        messages = [await socket.next() for _ in range(4)]
    beats = [{"id": "a", "type": "next", "payload": {"data": {"heartbeat": n}}} for n in (1, 2, 3)]
    assert messages == [*beats, {"id": "a", "type": "complete"}]


@pytest.mark.parametrize("arguments", ["intervalMs: 9", "count: 0", "count: -1"])
async def test_a_heartbeat_out_of_bounds_is_refused(
    served: Serving, account: Account, arguments: str
) -> None:
    async with served.socket() as socket:
        await socket.init(account.token)
        (error,) = await socket.answer(f"subscription {{ heartbeat({arguments}) }}")
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["path"] == ["heartbeat"]


async def test_a_heartbeat_takes_null_for_its_default(served: Serving, account: Account) -> None:
    async with served.socket() as socket:
        await socket.init(account.token)
        await socket.subscribe("a", "subscription { heartbeat(count: null, intervalMs: null) }")
        assert (await socket.next())["payload"] == {"data": {"heartbeat": 1}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { ", "GRAPHQL_PARSE_FAILED"),
        ("{ nosuchfield }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { heartbeat(count: 1.5) }", "BAD_USER_INPUT"),
        ("subscription S($c: Int!) { heartbeat(count: $c) }", "BAD_USER_INPUT"),
        ("query A { apiVersion } query B { apiVersion }", "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_begin_is_an_error_message_and_the_socket_lives_on(
    served: Serving, account: Account, query: str, code: str
) -> None:
    async with served.socket() as socket:
        await socket.init(account.token)
        (error,) = await socket.answer(query)
        assert error["extensions"]["code"] == code
        assert error["extensions"]["requestId"]
        assert "data" in await socket.answer(VIEWER)


async def test_a_field_that_fails_is_an_error_beside_the_data(served: Serving, account: Account) -> None:
    async with served.socket() as socket:
        await socket.init(account.token)
        result = await socket.answer('{ apiVersion node(id: "no id") { id } }')
    assert result["data"]["node"] is None
    assert [error["extensions"]["code"] for error in result["errors"]] == ["BAD_USER_INPUT"]


async def test_nothing_comes_after_the_client_completed_and_its_id_is_free(
    served: Serving, account: Account
) -> None:
    async with served.socket() as socket:
        await socket.init(account.token)
        await socket.subscribe("a", FOREVER)
        assert (await socket.next())["payload"] == {"data": {"heartbeat": 1}}
        await socket.send({"id": "a", "type": "complete"}, {"type": "ping"})
        while (await socket.next())["type"] != "pong":
            pass
        await socket.subscribe("a", THREE)
        assert [(await socket.next())["type"] for _ in range(4)] == ["next", "next", "next", "complete"]


async def test_a_burst_of_messages_does_not_make_a_slow_reader(served: Serving, account: Account) -> None:
    async with served.socket() as socket:
        await socket.init(account.token)
        await socket.send(*[{"type": "ping"}] * 2000)
        assert {(await socket.next())["type"] for _ in range(2000)} == {"pong"}


async def test_an_operation_too_many_is_refused_alone(tight: Serving, account: Account) -> None:
    async with tight.socket() as socket:
        await socket.init(account.token)
        for number in range(101):
            await socket.subscribe(str(number), "subscription { heartbeat(intervalMs: 60000) }")
        messages = [await socket.next() for _ in range(101)]
        (refused,) = [message for message in messages if message["type"] == "error"]
        assert refused["id"] == "100"
        assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await socket.send({"id": "0", "type": "complete"})
        await socket.subscribe("100", THREE)
        assert (await socket.next())["payload"] == {"data": {"heartbeat": 1}}


async def test_a_change_is_finished_when_its_socket_is_gone(served: Serving, account: Account) -> None:
    new = {"currentPassword": PASSWORD, "newPassword": "another-cork-and-cask"}
    async with served.socket() as socket:
        await socket.init(account.token)
        await socket.subscribe("m", CHANGE, variables={"input": new})
        await socket.send({"type": "ping"})
        assert (await socket.next())["type"] == "pong"
    await until(lambda: len(served.live) == 0, "the socket is gone")
    answer = await sign_in(account.auth, account.company, EMAIL, password=new["newPassword"])
    assert hasattr(answer, "access_token"), answer


async def test_queries_of_many_sockets_are_answered_side_by_side(served: Serving, account: Account) -> None:
    async def ask() -> bool:
        async with served.socket() as socket:
            await socket.init(account.token)
            return "errors" not in await socket.answer(VIEWER)

    assert all(await asyncio.gather(*[ask() for _ in range(20)]))


async def test_json_answers_say_where_to_subscribe(served: Serving, account: Account) -> None:
    answer: httpx.Response = await served.http.post(
        "/graphql", json={"query": THREE}, headers={"authorization": account.token}
    )
    (error,) = answer.json()["errors"]
    assert "graphql-transport-ws" in error["message"]
