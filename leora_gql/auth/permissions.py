"""The catalogue of permission keys, who may hold them, and how wildcards are resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """The two kinds of people (integrations count as staff); each reads through a login of its own."""

    STAFF = "STAFF"
    PORTAL = "PORTAL"


@dataclass(frozen=True, slots=True)
class PermissionSpec:
    """One key of the catalogue."""

    key: str
    description: str
    portal_allowed: bool = False

    @property
    def category(self) -> str:
        """The area before the dot; `*` for everything."""
        return self.key.split(".", 1)[0]


def _spec(key: str, description: str, *, portal: bool = False) -> PermissionSpec:
    return PermissionSpec(key=key, description=description, portal_allowed=portal)


_KEYS: tuple[PermissionSpec, ...] = (
    _spec("tenant.view", "See the distributor's own record."),
    _spec("settings.view", "See the distributor's settings."),
    _spec("settings.manage", "Change the distributor's settings."),
    _spec("users.view", "See staff users."),
    _spec("users.manage", "Invite, change and disable staff users and assign their roles."),
    _spec("roles.view", "See roles and what they permit."),
    _spec("roles.manage", "Create, change and delete roles."),
    _spec("portal_users.view", "See portal users.", portal=True),
    _spec("portal_users.manage", "Invite, change and disable portal users.", portal=True),
    _spec("customers.view", "See customers.", portal=True),
    _spec("customers.manage", "Create, change and close customers."),
    _spec("customers.financials", "See customers' credit limits, standing and balances."),
    _spec("catalog.view", "See suppliers, products, SKUs and availability.", portal=True),
    _spec("catalog.manage", "Change suppliers, products and SKUs."),
    _spec("catalog.cost", "See what SKUs cost us."),
    _spec("inventory.view", "See stock and its movements."),
    _spec("inventory.manage", "Receive, adjust and transfer stock."),
    _spec("pricing.view", "See price lists.", portal=True),
    _spec("pricing.manage", "Change price lists."),
    _spec("pricing.override", "Override a line's price and give discounts."),
    _spec("orders.view", "See orders.", portal=True),
    _spec("orders.create", "Write, change and submit orders.", portal=True),
    _spec("orders.manage", "Confirm and fulfil orders."),
    _spec("orders.approve", "Approve orders that need it."),
    _spec("orders.cancel", "Cancel orders.", portal=True),
    _spec("orders.internal_notes", "Read orders' internal notes."),
    _spec("invoices.view", "See invoices.", portal=True),
    _spec("invoices.manage", "Create, send and void invoices."),
    _spec("payments.view", "See payments.", portal=True),
    _spec("payments.record", "Record, clear, fail and refund payments."),
    _spec("activities.view", "See activities."),
    _spec("activities.manage", "Log one's own and one's reports' activities."),
    _spec("activities.manage_all", "Log anyone's activities."),
    _spec("call_plans.view", "See call plans."),
    _spec("call_plans.manage", "Plan one's own and one's reports' calls."),
    _spec("call_plans.manage_all", "Plan anyone's calls."),
    _spec("tasks.view", "See tasks."),
    _spec("tasks.manage", "Manage one's own and one's reports' tasks."),
    _spec("tasks.manage_all", "Manage anyone's tasks."),
    _spec("health.view", "See account health."),
    _spec("health.manage", "Recompute account health."),
    _spec("metrics.view", "See sales metrics."),
    _spec("samples.view", "See sample pulls."),
    _spec("samples.manage", "Pull one's own and one's reports' samples."),
    _spec("samples.manage_all", "Pull anyone's samples."),
    _spec("samples.approve", "Approve or reject sample pulls."),
    _spec("webhooks.view", "See webhook subscriptions, events and deliveries."),
    _spec("webhooks.manage", "Manage webhook subscriptions."),
    _spec("integrations.view", "See integration tokens."),
    _spec("integrations.manage", "Create, rotate and revoke integration tokens."),
    _spec("audit.view", "See the audit log."),
)

KEYS: Mapping[str, PermissionSpec] = {spec.key: spec for spec in _KEYS}
"""Every plain key, in the catalogue's order."""


def _wildcards() -> Iterator[PermissionSpec]:
    for area in dict.fromkeys(spec.category for spec in _KEYS):
        portal = all(spec.portal_allowed for spec in _KEYS if spec.category == area)
        yield _spec(f"{area}.*", f"Everything in {area.replace('_', ' ')}.", portal=portal)
    yield _spec("*", "Everything.")


CATALOGUE: Mapping[str, PermissionSpec] = {**KEYS, **{spec.key: spec for spec in _wildcards()}}
"""Every key that a role can hold, wildcards included: the rows of `leora.permissions`."""

PORTAL_KEYS: frozenset[str] = frozenset(key for key, spec in KEYS.items() if spec.portal_allowed)
"""The plain keys that a PORTAL role may hold."""


def expand(granted: Iterable[str]) -> frozenset[str]:
    """The plain keys that the granted ones (wildcards among them) amount to; unknown ones give nothing."""
    held = set(granted)
    if "*" in held:
        return frozenset(KEYS)
    areas = {key[:-2] for key in held if key.endswith(".*")}
    return frozenset(key for key, spec in KEYS.items() if key in held or spec.category in areas)


_PORTAL_VIEWS = frozenset(key for key in PORTAL_KEYS if key.endswith(".view")) - {"portal_users.view"}
_REP_HIDDEN = frozenset({"settings.view", "roles.view", "webhooks.view", "integrations.view", "audit.view"})
_REP_EXTRA = frozenset(
    {
        "customers.manage",
        "customers.financials",
        "orders.create",
        "orders.cancel",
        "orders.internal_notes",
        "activities.manage",
        "call_plans.manage",
        "tasks.manage",
        "samples.manage",
    }
)


@dataclass(frozen=True, slots=True)
class SystemRole:
    """A role that every tenant has from the start."""

    name: str
    kind: Audience
    description: str
    permissions: frozenset[str]
    is_default: bool = False


SYSTEM_ROLES: tuple[SystemRole, ...] = (
    SystemRole("admin", Audience.STAFF, "May do everything.", frozenset({"*"})),
    SystemRole(
        "manager",
        Audience.STAFF,
        "Runs the business; leaves roles, integrations and webhooks to the admin.",
        frozenset(KEYS) - {"roles.manage", "integrations.manage", "webhooks.manage"},
    ),
    SystemRole(
        "sales_rep",
        Audience.STAFF,
        "Looks after customers and writes their orders.",
        (frozenset(key for key in KEYS if key.endswith(".view")) - _REP_HIDDEN) | _REP_EXTRA,
        is_default=True,
    ),
    SystemRole("portal_viewer", Audience.PORTAL, "A buyer who may look.", _PORTAL_VIEWS),
    SystemRole(
        "portal_user",
        Audience.PORTAL,
        "A buyer who may order.",
        _PORTAL_VIEWS | {"orders.create", "orders.cancel"},
        is_default=True,
    ),
)
