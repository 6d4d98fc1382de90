"""A customer's statement: what it owed before, each thing that changed it in a time, and what it owes after."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import ARRAY, Date, Uuid, bindparam, text

from leora_gql.auth.permissions import Audience
from leora_gql.domains.billing.enums import StatementMovementKind
from leora_gql.errors import BadUserInput
from leora_gql.graph.access import check_access
from leora_gql.graph.build import describe_enum
from leora_gql.graph.fields import Access
from leora_gql.graph.listing import LISTED
from leora_gql.graph.mutation_inputs import given
from leora_gql.graph.node import encode_id
from leora_gql.graph.scalars import money
from leora_gql.graph.selection import Info

if TYPE_CHECKING:
    from leora_gql.graph.node import Record

describe_enum(StatementMovementKind)

MOST_DAYS = 366
_CURRENCY = re.compile(r"[A-Z]{3}")
MOST_MOVEMENTS = 400
"""What a statement lists at most, and what it costs to ask for them: a page of 100 customers' is what staff may ask."""
STATEMENT_ACCESS = (Access("invoices.view"), Access("payments.view"))
"""What a statement needs, all of it."""
_ORDER = list(StatementMovementKind)
_OF_INVOICES = frozenset({StatementMovementKind.INVOICE, StatementMovementKind.VOID})


@strawberry.type(description="Something that changed what a customer owes.")
class StatementMovement:
    """One line of a statement."""

    occurred_on: dt.date = strawberry.field(
        description="The day on which the invoice was issued or made void, or the payment received or refunded."
    )
    kind: StatementMovementKind = strawberry.field(description="What it was.")
    document_id: strawberry.ID = strawberry.field(description="The id of the invoice or payment.")
    number: str = strawberry.field(description="The number of the invoice or payment.")
    amount: Decimal = strawberry.field(
        description="What it adds to the debt; below zero when it takes from it."
    )
    balance: Decimal = strawberry.field(description="What is owed after it.")


@dataclass(frozen=True, slots=True)
class Moved:
    """What changed a customer's debt, in cents."""

    day: dt.date
    kind: StatementMovementKind
    key: UUID
    number: str
    cents: int


@strawberry.type(
    description="What a customer owed and owes, and all that changed it from one day to another."
)
class CustomerStatement:
    """Opening balance + movements = closing balance."""

    from_day: dt.date = strawberry.field(name="from", description="The first day.")
    to: dt.date = strawberry.field(description="The last day.")
    currency: str | None = strawberry.field(
        description="The currency of all its amounts, an ISO 4217 code; null when there was never any."
    )
    opening_balance: Decimal = strawberry.field(description="What was owed before the first day.")
    closing_balance: Decimal = strawberry.field(description="What was owed after the last day.")
    moves: strawberry.Private[Sequence[tuple[Moved, int]]]

    @strawberry.field(
        description=f"What changed it, in order of days; at most {MOST_MOVEMENTS}: where there were more, ask for fewer"
        " days.",
        metadata={LISTED: MOST_MOVEMENTS},
    )
    def movements(self) -> list[StatementMovement]:
        """Raises `BadUserInput` for more than a statement lists."""
        if len(self.moves) > MOST_MOVEMENTS:
            raise BadUserInput(
                f"There were {len(self.moves):,} movements, and a statement lists {MOST_MOVEMENTS}: ask for fewer days."
            )
        return [_shown(move, balance) for move, balance in self.moves]


async def customer_statement(
    root: Record,
    info: Info,
    from_day: Annotated[dt.date, strawberry.argument(name="from", description="The first day.")],
    to: Annotated[dt.date, strawberry.argument(description="The last day, at most 366 days with the first.")],
    currency: Annotated[
        str | None,
        strawberry.argument(
            description="The currency, an ISO 4217 code: only needed for a customer that has dealt in several."
        ),
    ] = strawberry.UNSET,
) -> CustomerStatement | None:
    """The statement of a customer; null for its buyers where the distributor shows them no invoices."""
    principal = info.context.require_principal()
    for access in STATEMENT_ACCESS:
        check_access(access, principal)
    if not 0 <= (to - from_day).days < MOST_DAYS:
        raise BadUserInput(f"A statement covers 1 to {MOST_DAYS} days.")
    wanted = given(currency)
    if wanted is not None and not _CURRENCY.fullmatch(wanted):
        raise BadUserInput("A currency is three capital letters: USD.")

    async def load(keys: list[UUID]) -> Sequence[list[Mapping[str, Any]] | None]:
        rows = await info.context.rows(_MOVEMENTS.bindparams(customers=keys, first=from_day, last=to))
        if principal.audience is Audience.PORTAL and not all(row["is_shown"] for row in rows):
            return [None] * len(keys)
        return [[dict(row) for row in rows if row["customer_id"] == key] for key in keys]

    rows = await info.context.loader(("statement_by_customer_id", from_day, to), load).load(root.key)
    return None if rows is None else _statement(rows, from_day=from_day, to=to, currency=wanted)


def _statement(
    rows: Sequence[Mapping[str, Any]], *, from_day: dt.date, to: dt.date, currency: str | None
) -> CustomerStatement:
    named = sorted({row["currency"] for row in rows})
    if currency is None and len(named) > 1:
        raise BadUserInput(f"The customer has dealt in {', '.join(named)}: say which currency.")
    wanted = currency or next(iter(named), None)
    ours = [row for row in rows if row["currency"] == wanted]
    opening = sum(row["cents"] for row in ours if row["day"] is None)
    moves = in_order(
        Moved(row["day"], StatementMovementKind(row["kind"]), row["key"], row["number"], row["cents"])
        for row in ours
        if row["day"] is not None
    )
    balances = list(accumulate((move.cents for move in moves), initial=opening))
    return CustomerStatement(
        from_day=from_day,
        to=to,
        currency=wanted,
        opening_balance=money(opening),
        closing_balance=money(balances[-1]),
        moves=list(zip(moves, balances[1:], strict=True)),
    )


def in_order(moves: Any) -> list[Moved]:
    """Movements by day; on one day what is billed comes before what is paid."""
    return sorted(moves, key=lambda move: (move.day, _ORDER.index(move.kind), move.number))


def _shown(move: Moved, balance: int) -> StatementMovement:
    return StatementMovement(
        occurred_on=move.day,
        kind=move.kind,
        document_id=strawberry.ID(encode_id("Invoice" if move.kind in _OF_INVOICES else "Payment", move.key)),
        number=move.number,
        amount=money(move.cents),
        balance=money(balance),
    )


_MOVEMENTS = text("""
    WITH settings AS (
        SELECT timezone, portal_invoices_enabled FROM leora.tenant_settings WHERE tenant_id = leora.tenant_id()
    ), invoice AS (
        SELECT * FROM (
            SELECT customer_id, id, number, currency, total_cents, status, issued_on, updated_at
            FROM leora.invoices WHERE customer_id = ANY (:customers)
        ) i WHERE issued_on IS NOT NULL
    ), payment AS (
        SELECT customer_id, id, number, currency, amount_cents, status, received_on, updated_at
        FROM leora.payments WHERE customer_id = ANY (:customers)
    ), movement AS (
        SELECT customer_id, currency, issued_on AS day, 'INVOICE' AS kind, id, number, total_cents AS cents
        FROM invoice
        UNION ALL
        SELECT customer_id, currency, CAST(timezone(s.timezone, updated_at) AS date), 'VOID', id, number, -total_cents
        FROM invoice, settings s WHERE status = 'VOID'
        UNION ALL
        SELECT customer_id, currency, received_on, 'PAYMENT', id, number, -amount_cents
        FROM payment WHERE status IN ('CLEARED', 'REFUNDED')
        UNION ALL
        SELECT customer_id, currency, CAST(timezone(s.timezone, updated_at) AS date), 'REFUND', id, number, amount_cents
        FROM payment, settings s WHERE status = 'REFUNDED'
    ), told AS (
        SELECT customer_id, currency, cents,
            CASE WHEN day >= :first THEN day END AS day,
            CASE WHEN day >= :first THEN kind END AS kind,
            CASE WHEN day >= :first THEN id END AS key,
            CASE WHEN day >= :first THEN number END AS number
        FROM movement WHERE day <= :last
    )
    SELECT s.portal_invoices_enabled AS is_shown, t.customer_id, t.currency, t.day, t.kind, t.key, t.number,
        CAST(sum(t.cents) AS bigint) AS cents
    FROM settings s LEFT JOIN told t ON true
    GROUP BY 1, 2, 3, 4, 5, 6, 7
""").bindparams(
    bindparam("customers", type_=ARRAY(Uuid())),
    bindparam("first", type_=Date()),
    bindparam("last", type_=Date()),
)
"""Every change of what the customers owe up to a day: those before the first day are summed, without a day.

A void invoice and a refunded payment never change again, so that the moment of their last change is that of the void
or the refund. One row says whether buyers are shown invoices, even where there is nothing else.
"""
