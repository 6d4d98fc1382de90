"""The pure rules of orders: states, warehouses, approval."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.auth.permissions import Audience
from leora_gql.domains.intelligence.samples import SampleAllowance
from leora_gql.domains.orders.allocation import Stock, Wanted, allocate
from leora_gql.domains.orders.amounts import OrderAmounts
from leora_gql.domains.orders.approval import Submission, approval_reasons
from leora_gql.domains.orders.enums import ApprovalReason, OrderStatus
from leora_gql.domains.orders.transitions import FOR_BUYERS, FOR_STAFF, refused_transition

SKU, LINE = uuid4(), uuid4()


def test_every_status_has_its_transitions_and_buyers_have_fewer() -> None:
    assert set(FOR_STAFF) == set(FOR_BUYERS) == set(OrderStatus)
    for status in OrderStatus:
        assert set(FOR_BUYERS[status]) <= set(FOR_STAFF[status])
        for to in OrderStatus:
            refused = refused_transition(status, to, audience=Audience.STAFF)
            assert (refused is None) == (to in FOR_STAFF[status])
            assert refused is None or status.value in refused.message


def test_buyers_are_not_told_that_an_order_on_its_way_is_at_its_end() -> None:
    for status in OrderStatus:
        refused = refused_transition(status, OrderStatus.CONFIRMED, audience=Audience.PORTAL)
        assert refused is not None
        assert ("becomes nothing else" in refused.message) == (FOR_STAFF[status] == ())


@pytest.mark.parametrize("status", [OrderStatus.FULFILLED, OrderStatus.CANCELLED])
def test_the_end_is_the_end(status: OrderStatus) -> None:
    assert FOR_STAFF[status] == ()


def items(*bottles: tuple[str, int]) -> list[Stock]:
    return [Stock(UUID(int=index), SKU, name, count) for index, (name, count) in enumerate(bottles)]


def test_the_default_warehouse_gives_first_and_then_the_others_by_name() -> None:
    taken, short = allocate(
        [Wanted(LINE, SKU, 10)], items(("B", 4), ("A", 3), ("MAIN", 5)), default_warehouse="MAIN"
    )
    assert [(one.inventory_id.int, one.quantity) for one in taken] == [(2, 5), (1, 3), (0, 2)]
    assert short == {}


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
    st.lists(
        st.tuples(st.sampled_from("ABCD"), st.integers(0, 60)), max_size=4, unique_by=lambda one: one[0]
    ),
)
def test_no_bottle_is_taken_twice_and_what_is_short_is_told(
    quantities: list[int], bottles: list[tuple[str, int]]
) -> None:
    lines = [Wanted(UUID(int=index), SKU, quantity) for index, quantity in enumerate(quantities)]
    stock = items(*bottles)
    taken, short = allocate(lines, stock, default_warehouse="C")
    for one in stock:
        assert sum(t.quantity for t in taken if t.inventory_id == one.inventory_id) <= one.available
    for line in lines:
        got = sum(t.quantity for t in taken if t.line_id == line.line_id)
        assert got == short.get(line.line_id, line.quantity)
    assert bool(short) == (sum(quantities) > sum(count for _, count in bottles))


def order(**given: object) -> Submission:
    values: dict[str, object] = {
        "amounts": OrderAmounts(10_000, 0, 0, 0),
        "exposure_cents": 0,
        "credit_limit_cents": None,
        "minimum_order_cents": 0,
        "overridden": False,
        "line_discounts_cents": 0,
        "bottles": 3,
        "samples": None,
    }
    return Submission(**{**values, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        ({}, []),
        ({"credit_limit_cents": 10_000}, []),
        ({"credit_limit_cents": 10_000, "exposure_cents": 1}, [ApprovalReason.CREDIT_LIMIT]),
        ({"minimum_order_cents": 10_000}, []),
        ({"minimum_order_cents": 10_001}, [ApprovalReason.MINIMUM_ORDER]),
        (
            {"overridden": True, "line_discounts_cents": 1},
            [ApprovalReason.PRICE_OVERRIDE, ApprovalReason.DISCOUNT],
        ),
        ({"amounts": OrderAmounts(10_000, 1, 0, 0)}, [ApprovalReason.DISCOUNT]),
        ({"samples": SampleAllowance(3, 3), "minimum_order_cents": 99_999}, []),
        ({"samples": SampleAllowance(3, 3, pulled=1)}, [ApprovalReason.SAMPLE_ALLOWANCE]),
        (
            {"amounts": OrderAmounts(0, 0, 0, 0), "credit_limit_cents": 1, "exposure_cents": 5},
            [],
        ),
    ],
)
def test_what_asks_for_approval(given: dict[str, object], reasons: list[ApprovalReason]) -> None:
    assert approval_reasons(order(**given)) == reasons
