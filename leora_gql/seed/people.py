"""The tenant itself, its staff, and how they signed in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from leora_gql.domains.identity.enums import OneTimePurpose, RevokeReason, SubjectKind, UserStatus
from leora_gql.domains.identity.models import OneTimeToken, Session, User, UserRole
from leora_gql.domains.tenancy.enums import SubscriptionTier
from leora_gql.domains.tenancy.service import NewTenant, create_tenant
from leora_gql.seed.dice import Dice
from leora_gql.seed.places import FIRST_NAMES, OWNERS, TERRITORIES
from leora_gql.seed.plan import World
from leora_gql.seed.sheets import Sheets

ZONE: Final = "America/New_York"
TAX_RATE: Final = Decimal("0.08875")
SHIPPING_CENTS: Final = 3_500
FREE_SHIPPING_CENTS: Final = 75_000
MINIMUM_ORDER_CENTS: Final = 15_000
TERMS_DAYS: Final = 30
SAMPLE_ALLOWANCE: Final = 60

_AGENTS: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
)


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of a tenant, by id, and its roles by name. `reps` are in the order of territories."""

    admin: UUID
    manager: UUID
    reps: tuple[UUID, ...]
    roles: dict[str, UUID]


async def found_tenant(connection: AsyncConnection, world: World) -> dict[str, UUID]:
    """Make the tenant with its settings and roles, dated at its opening; gives the roles' ids."""
    plan, dice = world.plan, world.dice("tenant")
    new = NewTenant(
        id=world.tenant,
        slug=plan.slug,
        name=plan.name,
        domain=plan.domain,
        subscription_tier=SubscriptionTier.GROWTH,
        billing_email=f"accounts@{plan.domain}",
        contact_email=f"hello@{plan.domain}",
        primary_color=plan.color,
        settings={
            "timezone": ZONE,
            "tax_rate": TAX_RATE,
            "shipping_flat_rate_cents": SHIPPING_CENTS,
            "free_shipping_threshold_cents": FREE_SHIPPING_CENTS,
            "minimum_order_amount_cents": MINIMUM_ORDER_CENTS,
            "payment_terms_days": TERMS_DAYS,
            "default_warehouse": plan.warehouses[0],
            "sample_allowance_per_rep": SAMPLE_ALLOWANCE,
            "order_number_prefix": plan.order_prefix,
            "invoice_number_prefix": plan.invoice_prefix,
        },
        created_at=world.calendar.opened,
    )
    async with AsyncSession(bind=connection) as session:
        return await create_tenant(session, new, make_id=lambda: dice.id(world.calendar.opened))


def hire(sheets: Sheets, world: World, roles: dict[str, UUID]) -> Staff:
    """The staff: an admin, a manager, and the sales reps who report to the manager."""
    dice = world.dice("staff")
    at = world.calendar.opened
    admin = _member(sheets, world, dice, email=f"admin@{world.plan.domain}", names=("Dana", "Whitfield"))
    manager = _member(sheets, world, dice, email=f"manager@{world.plan.domain}", names=("Marcus", "Bell"))
    reps: list[UUID] = []
    for number in range(world.size.reps):
        first, last = (
            FIRST_NAMES[(number * 7 + 3) % len(FIRST_NAMES)],
            OWNERS[(number * 11 + 5) % len(OWNERS)],
        )
        email = "rep" if number == 0 else f"{first}.{last}.{number}".lower().replace("'", "")
        territory = TERRITORIES[number % len(TERRITORIES)][0]
        reps.append(
            _member(
                sheets,
                world,
                dice,
                email=f"{email}@{world.plan.domain}",
                names=(first, last),
                manager=manager,
                territory=territory,
            )
        )
    for user, role in [(admin, "admin"), (manager, "manager"), *((rep, "sales_rep") for rep in reps)]:
        sheets.add(UserRole, user_id=user, role_id=roles[role], assigned_at=at, assigned_by_id=admin)
    _invitation(sheets, world, dice, manager)
    return Staff(admin, manager, tuple(reps), roles)


def _member(
    sheets: Sheets,
    world: World,
    dice: Dice,
    *,
    email: str,
    names: tuple[str, str],
    manager: UUID | None = None,
    territory: str | None = None,
) -> UUID:
    user = dice.id(world.calendar.opened)
    sheets.add(
        User,
        id=user,
        email=email,
        first_name=names[0],
        last_name=names[1],
        phone=phone(dice),
        **sign_in_columns(world, dice),
        manager_id=manager,
        territory=territory,
        created_at=world.calendar.opened,
        updated_at=world.calendar.opened,
    )
    return user


def sign_in_columns(world: World, dice: Dice) -> dict[str, object]:
    """The columns of somebody who signs in; without a demo password, somebody who was invited."""
    active = world.password_hash is not None
    signed_in = world.calendar.at(world.calendar.ago(dice.randint(1, 9)), dice.randint(480, 1200))
    return {
        "status": UserStatus.ACTIVE if active else UserStatus.INVITED,
        "password_hash": world.password_hash,
        "last_sign_in_at": signed_in if active else None,
    }


def phone(dice: Dice) -> str:
    """A telephone number of the range that is kept for fiction."""
    return f"+1 {dice.choice((212, 718, 914, 973, 203))} 555 01{dice.randint(0, 99):02d}"


def _invitation(sheets: Sheets, world: World, dice: Dice, user: UUID) -> None:
    sheets.add(
        OneTimeToken,
        id=dice.id(world.calendar.opened),
        purpose=OneTimePurpose.INVITATION,
        subject_kind=SubjectKind.USER,
        subject_id=user,
        token_hash=dice.randbytes(32),
        expires_at=world.calendar.opened + dt.timedelta(days=7),
        used_at=world.calendar.opened + dt.timedelta(hours=2),
        created_at=world.calendar.opened,
        updated_at=world.calendar.opened + dt.timedelta(hours=2),
    )


def sign_in(sheets: Sheets, world: World, *, users: list[UUID], portal_users: list[UUID]) -> None:
    """Sessions of the last weeks; nobody has their tokens. One of four was ended by its owner."""
    dice = world.dice("sessions")
    owners = [*((user, None) for user in users), *((None, buyer) for buyer in portal_users)]
    for user, buyer in owners:
        for _ in range(dice.randint(1, 2)):
            began = world.calendar.at(world.calendar.ago(dice.randint(2, 20)), dice.randint(420, 1200))
            active = min(began + dt.timedelta(minutes=dice.randint(5, 4_000)), world.calendar.now)
            ended = active if dice.happens(25) else None
            sheets.add(
                Session,
                id=dice.id(began),
                user_id=user,
                portal_user_id=buyer,
                generation=dice.randint(1, 30),
                rotated_at=active,
                salt=dice.randbytes(16),
                user_agent=dice.choice(_AGENTS),
                ip_address=f"203.0.113.{dice.randint(1, 254)}",
                idle_expires_at=active + dt.timedelta(days=14),
                expires_at=began + dt.timedelta(days=90),
                last_active_at=active,
                revoked_at=ended,
                revoke_reason=RevokeReason.SIGN_OUT if ended else None,
                created_at=began,
                updated_at=active,
            )
