"""The tables of the customers domain."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped

from leora_gql.db.model import (
    TenantModel,
    Versioned,
    at_least,
    bounded,
    cents,
    check,
    choice,
    flag,
    full_text,
    full_text_index,
    indexed,
    is_address,
    lowered,
    named,
    one_of,
    refers,
    searchable,
    to_tenant,
    unique,
)
from leora_gql.domains.customers.enums import CreditStatus, CustomerStatus


class Customer(Versioned, TenantModel):
    """A restaurant or shop that buys from the distributor.

    No `credit_limit_cents` means no limit; no `payment_terms_days` means the tenant's.
    """

    __tablename__ = "customers"
    __table_args__ = (
        to_tenant(),
        refers("sales_rep_id", "users"),
        unique("account_number"),
        one_of("status", CustomerStatus),
        one_of("credit_status", CreditStatus),
        named("account_number", limit=50),
        named("name"),
        named("tier", limit=50),
        bounded("trade_name"),
        bounded("territory", limit=100),
        bounded("primary_contact_name"),
        bounded("primary_contact_email", limit=254),
        bounded("primary_contact_phone", limit=40),
        bounded("license_number", limit=100),
        bounded("license_state", limit=50),
        bounded("notes", limit=10000),
        is_address("billing_address"),
        is_address("shipping_address"),
        check("payment_terms_days", "payment_terms_days BETWEEN 0 AND 365"),
        *at_least(0, "credit_limit_cents"),
        *searchable("customers", "account_number"),
        *searchable("customers", "name"),
        *searchable("customers", "trade_name"),
        full_text_index("customers"),
        indexed("tax_exempt"),
        indexed("name"),
        indexed("status"),
        indexed("tier"),
        indexed("sales_rep_id"),
        indexed("territory"),
        indexed("credit_status"),
        indexed("credit_limit_cents"),
        indexed("license_expires_on"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    account_number: Mapped[str]
    account_number_lower: Mapped[str] = lowered("account_number")
    name: Mapped[str]
    name_lower: Mapped[str] = lowered("name")
    trade_name: Mapped[str | None]
    trade_name_lower: Mapped[str | None] = lowered("trade_name")
    status: Mapped[CustomerStatus] = choice(CustomerStatus, default=CustomerStatus.ACTIVE)
    tier: Mapped[str | None]
    sales_rep_id: Mapped[UUID | None]
    territory: Mapped[str | None]
    primary_contact_name: Mapped[str | None]
    primary_contact_email: Mapped[str | None]
    primary_contact_phone: Mapped[str | None]
    billing_address: Mapped[dict[str, Any] | None]
    shipping_address: Mapped[dict[str, Any] | None]
    credit_limit_cents: Mapped[int | None] = cents(nullable=True)
    credit_status: Mapped[CreditStatus] = choice(CreditStatus, default=CreditStatus.GOOD)
    tax_exempt: Mapped[bool] = flag(default=True)
    payment_terms_days: Mapped[int | None]
    license_number: Mapped[str | None]
    license_state: Mapped[str | None]
    license_expires_on: Mapped[dt.date | None]
    notes: Mapped[str | None]
    search_vector: Mapped[str] = full_text(A="name", B="trade_name", C="account_number")
