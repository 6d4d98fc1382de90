"""The inputs of the tenant's mutations."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

import strawberry
from strawberry import UNSET

from leora_gql.domains.tenancy.service import NewSettings
from leora_gql.graph.mutation_inputs import InputCheck, given
from leora_gql.graph.problems import UserErrorCode

_CURRENCY = re.compile(r"[A-Z]{3}")
_PREFIX = re.compile(r"[A-Z0-9-]*")
_LONGEST_PREFIX = 10
_LONGEST_NAME = 100
_NONE, _ONE, _ALL = Decimal(0), Decimal(1), Decimal(100)
_MOST_TAX = Decimal("0.99999")
_MOST_TIMES = Decimal("99.99")
_MONEY = frozenset({"shipping_flat_rate", "free_shipping_threshold", "minimum_order_amount"})
_zones = functools.cache(available_timezones)


@strawberry.input(
    description="What is to be different of how the distributor does business; what is left out stays as it is."
)
class UpdateTenantSettingsInput:
    """The new values."""

    version: int | None = strawberry.field(
        default=UNSET,
        description="The version of the settings that was read; another one by now is a CONFLICT.",
    )
    default_currency: str | None = strawberry.field(
        default=UNSET,
        description="The currency of new prices and orders: three upper-case letters, ISO 4217; not null.",
    )
    timezone: str | None = strawberry.field(
        default=UNSET,
        description="The time zone in which days are counted, such as America/New_York; not null.",
    )
    tax_rate: Decimal | None = strawberry.field(
        default=UNSET,
        description="The tax on orders as a fraction: 0 or more and below 1, at most five decimals; 0.08875 is"
        " 8.875 %; not null.",
    )
    shipping_flat_rate: Decimal | None = strawberry.field(
        default=UNSET, description="What shipping an order costs, at most two decimals; not null."
    )
    free_shipping_threshold: Decimal | None = strawberry.field(
        default=UNSET,
        description="From this order value on shipping is free, at most two decimals; null: never.",
    )
    minimum_order_amount: Decimal | None = strawberry.field(
        default=UNSET, description="Orders below this need approval, at most two decimals; not null."
    )
    payment_terms_days: int | None = strawberry.field(
        default=UNSET,
        description="Days until an invoice is due, unless the customer has its own, 0 to 365; not null.",
    )
    default_warehouse: str | None = strawberry.field(
        default=UNSET,
        description="The warehouse that stock is taken from first, at most 100 characters; not null.",
    )
    revenue_health_drop_percent: Decimal | None = strawberry.field(
        default=UNSET,
        description="A fall in revenue of this many percent is critical, 0 to 100, at most two decimals; not null.",
    )
    minimum_orders_for_health: int | None = strawberry.field(
        default=UNSET, description="Fulfilled orders before revenue health is judged, 1 to 1,000; not null."
    )
    minimum_orders_for_pace: int | None = strawberry.field(
        default=UNSET, description="Fulfilled orders before pace is judged, 2 to 1,000; not null."
    )
    pace_warning_multiplier: Decimal | None = strawberry.field(
        default=UNSET,
        description="Times its pace without an order: a warning. 1 to 99.99, at most two decimals; not null.",
    )
    pace_critical_multiplier: Decimal | None = strawberry.field(
        default=UNSET,
        description="Times its pace without an order: critical. Not below the warning's, at most 99.99, at"
        " most two decimals; not null.",
    )
    sample_allowance_per_rep: int | None = strawberry.field(
        default=UNSET,
        description="Sample bottles a rep may pull in a calendar month, 0 to 100,000; not null.",
    )
    sample_approval_above: int | None = strawberry.field(
        default=UNSET,
        description="Bottles in a month above which a pull needs approval, 0 to 100,000; not null.",
    )
    portal_enabled: bool | None = strawberry.field(
        default=UNSET, description="Whether buyers may use the portal; not null."
    )
    portal_invoices_enabled: bool | None = strawberry.field(
        default=UNSET, description="Whether buyers see invoices in the portal; not null."
    )
    order_number_prefix: str | None = strawberry.field(
        default=UNSET,
        description="What the numbers of new orders begin with: at most 10 upper-case letters, digits and"
        " dashes, or nothing; not null.",
    )
    invoice_number_prefix: str | None = strawberry.field(
        default=UNSET,
        description="What the numbers of new invoices begin with: at most 10 upper-case letters, digits and"
        " dashes, or nothing; not null.",
    )

    def checked(self, check: InputCheck) -> NewSettings:
        """The settings as the service takes them."""
        values = check.patch(self, **_money(check), **_texts(check), **_numbers(check))
        stored = {f"{name}_cents" if name in _MONEY else name: one for name, one in values.items()}
        return NewSettings(version=given(self.version), values=stored)


def _money(check: InputCheck) -> dict[str, Callable[[Any, str], object]]:
    def amount(value: Any, field: str) -> object:
        return check.money(check.required(value, field), field)

    return {
        "shipping_flat_rate": amount,
        "free_shipping_threshold": check.money,
        "minimum_order_amount": amount,
    }


def _texts(check: InputCheck) -> dict[str, Callable[[Any, str], object]]:
    def zone(value: Any, field: str) -> object:
        name = check.required_text(value, field, limit=_LONGEST_NAME)
        if name and len(name) <= _LONGEST_NAME and name not in _zones():
            check.refuse(UserErrorCode.INVALID, "There is no such time zone.", field)
        return name

    def prefix(value: Any, field: str) -> object:
        means = "Upper-case letters, digits and dashes alone."
        text = check.required(value, field)
        return check.formed(text, field, limit=_LONGEST_PREFIX, form=_PREFIX, means=means) or ""

    return {
        "default_currency": lambda value, field: check.required_formed(
            value,
            field,
            limit=3,
            form=_CURRENCY,
            means="A currency is three upper-case letters, such as USD.",
        ),
        "timezone": zone,
        "default_warehouse": lambda value, field: check.required_text(value, field, limit=_LONGEST_NAME),
        "order_number_prefix": prefix,
        "invoice_number_prefix": prefix,
    }


def _numbers(check: InputCheck) -> dict[str, Callable[[Any, str], object]]:
    def count(low: int, high: int) -> Callable[[Any, str], object]:
        return lambda value, field: check.count(check.required(value, field), field, low=low, high=high)

    def number(low: Decimal, high: Decimal, places: int) -> Callable[[Any, str], object]:
        return lambda value, field: check.decimal(
            check.required(value, field), field, low=low, high=high, places=places
        )

    return {
        "tax_rate": number(_NONE, _MOST_TAX, 5),
        "payment_terms_days": count(0, 365),
        "revenue_health_drop_percent": number(_NONE, _ALL, 2),
        "minimum_orders_for_health": count(1, 1_000),
        "minimum_orders_for_pace": count(2, 1_000),
        **dict.fromkeys(
            ("pace_warning_multiplier", "pace_critical_multiplier"), number(_ONE, _MOST_TIMES, 2)
        ),
        **dict.fromkeys(("sample_allowance_per_rep", "sample_approval_above"), count(0, 100_000)),
        "portal_enabled": check.required,
        "portal_invoices_enabled": check.required,
    }
