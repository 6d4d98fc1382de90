"""What must hold whatever the policy files say: the short list that a wrong file is caught by.

The long list (each grant, policy and function) is `policies/boundary.txt`; see `record.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from leora_gql.db.logins import DEFINER, LOOKUP, OWNER, Login

LOGINS = frozenset(login.value for login in Login)
OURS = LOGINS | {OWNER, DEFINER, LOOKUP}
PORTAL_LOGINS = frozenset({Login.PORTAL.value, Login.PORTAL_WRITE.value})
EXEMPT = frozenset({DEFINER, LOOKUP})
"""The roles that the floor does not hold: nobody logs in as them."""

FLOOR = "tenant_floor"
FLOOR_ROLES = LOGINS | {OWNER}
FLOOR_TEST = "({column} = ( SELECT leora.tenant_id() AS tenant_id))"

UNGUARDED = frozenset({"alembic_version"})
"""Tables without rows of anybody: no row-level security, and rights only to read."""

GLOBAL = frozenset({"permissions"})
"""Tables whose rows belong to no tenant: no floor, and no login changes them."""

ROOT = "tenants"
"""The table whose `id` is the tenant."""

READ_ONLY_LOGINS = frozenset({Login.PORTAL.value})
APPEND_ONLY = frozenset({"audit_log", "inventory_movements", "webhook_attempts", "webhook_events"})
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")

SECRETS: Mapping[tuple[str, str], frozenset[str]] = {
    ("users", "password_hash"): frozenset(),
    ("portal_users", "password_hash"): frozenset(),
    ("sessions", "salt"): frozenset({Login.AUTH.value}),
    ("one_time_tokens", "token_hash"): frozenset({Login.AUTH.value}),
    ("integration_tokens", "token_hash"): frozenset(),
    ("integration_tokens", "secret"): frozenset(),
    ("webhook_subscriptions", "secret"): frozenset({Login.WORKER.value}),
    ("webhook_subscriptions", "previous_secret"): frozenset({Login.WORKER.value}),
}
"""Columns that no login reads but those given."""

PORTAL_HIDDEN: Mapping[str, frozenset[str]] = {
    "customers": frozenset({"notes"}),
    "orders": frozenset({"internal_notes", "search_vector", "discounted_by_id", "integration_maker_id"}),
    "order_lines": frozenset(
        {
            "discounted_by_id",
            "price_override_original_cents",
            "price_override_reason",
            "price_override_by_id",
        }
    ),
    "skus": frozenset({"cost_cents"}),
}
"""Columns that neither portal login reads."""

PORTAL_READ_HIDDEN: Mapping[str, frozenset[str]] = {
    "customers": frozenset({"credit_limit_cents", "credit_status"}),
    "orders": frozenset({"requires_approval", "approval_reasons", "approved_by_id", "approved_at"}),
    "order_lines": frozenset({"applied_pricing_rule", "price_override_at"}),
    "inventory": frozenset({"on_hand", "reserved", "reorder_point", "reorder_quantity"}),
}
"""Columns that the portal's services need and its readers never see."""

PORTAL_CLOSED = frozenset(
    {
        "account_health_snapshots",
        "activities",
        "audit_log",
        "call_plans",
        "integration_tokens",
        "inventory_movements",
        "one_time_tokens",
        "permissions",
        "sales_metrics",
        "sample_pulls",
        "suppliers",
        "tasks",
        "user_roles",
        "webhook_attempts",
        "webhook_deliveries",
        "webhook_events",
    }
)
"""Tables that neither portal login reads."""

PORTAL_TENANT_WIDE = frozenset(
    {
        "inventory",
        "tenant_heads",
        "tenant_settings",
        "tenants",
        "webhook_deliveries",
        "webhook_events",
        "webhook_subscriptions",
    }
)
"""Tables where a policy of a portal login may look at more than its customer's rows."""

CUSTOMERLESS = PORTAL_TENANT_WIDE | {"price_list_entries", "products", "role_permissions", "roles", "skus"}
"""Tables of which a buyer reaches rows whichever customer it buys for."""
