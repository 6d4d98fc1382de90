"""Who answers for an order besides its writer: who gave its discounts, who made the integration that wrote it.

Revision: 0016, after 0015.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = (
    ("orders", "integration_maker_id"),
    ("orders", "discounted_by_id"),
    ("order_lines", "discounted_by_id"),
)
WRITERS = "num_nonnulls(portal_user_id, created_by_id{further}) <= 1"


def upgrade() -> None:
    """Add the columns with their keys, indexes and checks."""
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE leora.{table} ADD COLUMN {column} uuid")
        op.execute(
            f"ALTER TABLE leora.{table} ADD CONSTRAINT fk_{table}_{column}"
            f" FOREIGN KEY (tenant_id, {column}) REFERENCES leora.users (tenant_id, id)"
        )
        op.execute(
            f"CREATE INDEX ix_{table}_{column} ON leora.{table} (tenant_id, {column}, id)"
            f" WHERE {column} IS NOT NULL"
        )
    for table in ("orders", "order_lines"):
        op.execute(
            f"ALTER TABLE leora.{table} ADD CONSTRAINT ck_{table}_discounted"
            " CHECK (discounted_by_id IS NULL OR discount_amount_cents > 0)"
        )
    _one_creator(", integration_maker_id")


def downgrade() -> None:
    """Drop them."""
    _one_creator("")
    op.execute("ALTER TABLE leora.orders DROP COLUMN integration_maker_id, DROP COLUMN discounted_by_id")
    op.execute("ALTER TABLE leora.order_lines DROP COLUMN discounted_by_id")


def _one_creator(further: str) -> None:
    op.execute("ALTER TABLE leora.orders DROP CONSTRAINT ck_orders_one_creator")
    condition = WRITERS.format(further=further)
    op.execute(f"ALTER TABLE leora.orders ADD CONSTRAINT ck_orders_one_creator CHECK ({condition})")
