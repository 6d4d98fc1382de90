"""The ledger of stock, which is only ever added to.

Revision: 0009, after 0008.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INVENTORY_MOVEMENTS = """
CREATE TABLE leora.inventory_movements (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    inventory_id uuid NOT NULL,
    kind text NOT NULL,
    on_hand_delta integer DEFAULT 0 NOT NULL,
    reserved_delta integer DEFAULT 0 NOT NULL,
    order_line_id uuid,
    reason text,
    actor_kind text NOT NULL,
    actor_id uuid,
    occurred_at timestamptz DEFAULT now() NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_inventory_movements PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_inventory_movements_inventory_id FOREIGN KEY (tenant_id, inventory_id)
        REFERENCES leora.inventory (tenant_id, id),
    CONSTRAINT fk_inventory_movements_order_line_id FOREIGN KEY (tenant_id, order_line_id)
        REFERENCES leora.order_lines (tenant_id, id),
    CONSTRAINT ck_inventory_movements_kind
        CHECK (kind IN ('RECEIPT', 'ADJUSTMENT', 'RESERVATION', 'RELEASE', 'FULFILMENT', 'SAMPLE',
            'TRANSFER_IN', 'TRANSFER_OUT')),
    CONSTRAINT ck_inventory_movements_actor_kind
        CHECK (actor_kind IN ('USER', 'PORTAL_USER', 'INTEGRATION', 'SYSTEM')),
    CONSTRAINT ck_inventory_movements_moves_something CHECK (on_hand_delta <> 0 OR reserved_delta <> 0),
    CONSTRAINT ck_inventory_movements_reason_length CHECK (char_length(reason) <= 500),
    CONSTRAINT ck_inventory_movements_finite
        CHECK (isfinite(occurred_at) AND isfinite(created_at) AND isfinite(updated_at))
)
"""

INDEXES = """
CREATE INDEX ix_inventory_movements_inventory_id
    ON leora.inventory_movements (tenant_id, inventory_id, id);
CREATE INDEX ix_inventory_movements_inventory_id_occurred_at
    ON leora.inventory_movements (tenant_id, inventory_id, occurred_at, id);
CREATE INDEX ix_inventory_movements_kind_occurred_at
    ON leora.inventory_movements (tenant_id, kind, occurred_at, id);
CREATE INDEX ix_inventory_movements_occurred_at
    ON leora.inventory_movements (tenant_id, occurred_at, id);
CREATE INDEX ix_inventory_movements_order_line_id
    ON leora.inventory_movements (tenant_id, order_line_id, id)
"""

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON leora.inventory_movements
FOR EACH ROW EXECUTE FUNCTION leora.refuse_change()
"""


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (INVENTORY_MOVEMENTS,):
        op.execute(table)
    for index in INDEXES.split(";"):
        op.execute(index)
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    """Drop them."""
    for table in ("inventory_movements",):
        op.drop_table(table, schema="leora")
