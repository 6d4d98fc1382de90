"""An access token by the real clock: good for a quarter of an hour, and worth nothing afterwards."""

from __future__ import annotations

import datetime as dt

import time_machine

from tests.api import ADMIN, Api

QUERY = "{ viewer { id } }"


async def test_a_token_ends_after_a_quarter_of_an_hour(api: Api) -> None:
    now = dt.datetime.now(dt.UTC)
    headers = {"authorization": f"Bearer {await Api(api.client).token(ADMIN)}"}
    assert (await api(QUERY, **headers)).data["viewer"]
    with time_machine.travel(now + dt.timedelta(minutes=14), tick=True):
        assert (await api(QUERY, **headers)).data["viewer"]
    with time_machine.travel(now + dt.timedelta(minutes=16), tick=True):
        answer = await api(QUERY, **headers)
    assert answer.codes == ["UNAUTHENTICATED"]
    assert answer.data == {"viewer": None}
