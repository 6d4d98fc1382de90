"""Runs the seed: tenant after tenant, each in one transaction of the owner."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import IntegrityError

from leora_gql.auth.passwords import Passwords
from leora_gql.db.owner import as_owner
from leora_gql.demo import PASSWORD
from leora_gql.errors import OperatorError
from leora_gql.seed.dice import tenant_id
from leora_gql.seed.outbox import Secrets
from leora_gql.seed.people import ZONE
from leora_gql.seed.plan import PLANS, Calendar, TenantPlan, World
from leora_gql.seed.tenant import seed_tenant
from leora_gql.settings import Settings, decode_key

LARGEST_SCALE: Final = 10_000


class Progress(Protocol):
    """Who is told how far the seed is."""

    def begin(self, tenant: str, orders: int) -> None:
        """A tenant is begun, with so many orders to come."""
        ...

    def advance(self, orders: int) -> None:
        """So many more orders are written."""
        ...


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What a run made: rows by table for each tenant. Tenants that were there already are `unchanged`."""

    rows: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    unchanged: tuple[str, ...] = ()

    @property
    def created(self) -> tuple[str, ...]:
        """The slugs of the tenants that were made."""
        return tuple(self.rows)


def run(
    direct_url: URL | str,
    *,
    settings: Settings,
    scale: int = 1,
    seed: int = 1,
    tenant: str | None = None,
    today: dt.date | None = None,
    progress: Progress | None = None,
) -> SeedReport:
    """`seed_database`, for callers without an event loop."""
    return asyncio.run(
        seed_database(
            direct_url,
            settings=settings,
            scale=scale,
            seed=seed,
            tenant=tenant,
            today=today,
            progress=progress,
        )
    )


async def seed_database(
    direct_url: URL | str,
    *,
    settings: Settings,
    scale: int = 1,
    seed: int = 1,
    tenant: str | None = None,
    today: dt.date | None = None,
    progress: Progress | None = None,
) -> SeedReport:
    """Make the demo tenants (or only the one with the slug `tenant`) that are not there yet.

    `today` is the day that everything leads up to, by default the tenants' own. Only outside
    production do accounts have the demo password. Raises `OperatorError` for an unknown slug, a scale
    that cannot be, a tenant made by another seed, or a database that does not answer.
    """
    plans = _plans(tenant)
    if not 1 <= scale <= LARGEST_SCALE:
        raise OperatorError(f"The scale is a whole number from 1 to {LARGEST_SCALE}.")
    calendar = Calendar(today or dt.datetime.now(ZoneInfo(ZONE)).date(), ZoneInfo(ZONE))
    password_hash = await _password_hash(settings)
    keys = Secrets(
        *(decode_key(key.get_secret_value()) for key in (settings.audit_key, settings.encryption_key))
    )
    rows: dict[str, dict[str, int]] = {}
    for plan in plans:
        world = World(
            plan=plan,
            size=plan.size(scale),
            seed=seed,
            tenant=tenant_id(plan.slug, seed=seed, scale=scale),
            calendar=calendar,
            password_hash=password_hash,
        )
        made = await _make(make_url(direct_url), world, keys, progress)
        if made is not None:
            rows[plan.slug] = made
    return SeedReport(rows, tuple(plan.slug for plan in plans if plan.slug not in rows))


def _plans(slug: str | None) -> Sequence[TenantPlan]:
    if slug is None:
        return tuple(PLANS.values())
    if slug not in PLANS:
        raise OperatorError(f"There is no demo tenant {slug}; there are {' and '.join(PLANS)}.")
    return (PLANS[slug],)


async def _password_hash(settings: Settings) -> str | None:
    if settings.is_production:
        return None
    passwords = Passwords()
    try:
        return await passwords.hash(PASSWORD)
    finally:
        passwords.close()


async def _make(
    direct_url: URL, world: World, keys: Secrets, progress: Progress | None
) -> dict[str, int] | None:
    """Make one tenant; None when it is there already."""
    slug = world.plan.slug
    try:
        async with as_owner(direct_url, world.tenant) as connection:
            there = await connection.scalar(
                text("SELECT slug FROM leora.tenants WHERE id = :tenant"), {"tenant": world.tenant}
            )
            if there is not None:
                return None
            counts = await seed_tenant(
                connection,
                world,
                keys=keys,
                begin=lambda orders: progress.begin(slug, orders) if progress else None,
                advance=lambda orders: progress.advance(orders) if progress else None,
            )
    except IntegrityError as error:
        if "uq_tenants_slug" not in str(error):
            raise
        raise OperatorError(
            f"The tenant {slug} is there already, from another seed or scale. To begin anew, run `leora db reset`."
        ) from error
    return counts
