"""Global ids: opaque, exact, and of one type."""

import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.errors import BadUserInput
from leora_gql.graph.node import decode_id, decode_id_of, encode_id


@given(st.uuids())
def test_ids_come_back(key: UUID) -> None:
    assert decode_id(encode_id("Order", key)) == ("Order", key)


@given(st.text())
def test_whatever_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(BadUserInput):
        decode_id(text)


@pytest.mark.parametrize(
    "raw",
    [
        "Order:",
        "Order",
        "Order:not-a-uuid",
        "Order:{01890000-0000-7000-8000-000000000000}",
        "Order:01890000000070008000000000000000",
        "Order:01890000-0000-7000-8000-00000000000A",
    ],
)
def test_only_the_one_way_of_writing_an_id_counts(raw: str) -> None:
    with pytest.raises(BadUserInput):
        decode_id(base64.b64encode(raw.encode()).decode())


def test_an_id_of_another_type_is_refused() -> None:
    with pytest.raises(BadUserInput, match="Order"):
        decode_id_of("Order", encode_id("Customer", uuid4()))
