"""The schema, the extensions, whom a transaction is bound to, and what triggers share.

Revision: 0001, the first.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Trusted extensions: the owner of nothing but this database may make them. Where an administrator
# has made them already, in whatever schema, they stay there.
EXTENSIONS = ("pg_trgm", "btree_gin", "btree_gist")

# Whom a transaction is bound to. NULL where it is bound to nobody, and then no policy lets a row pass.
CONTEXT = {
    "tenant_id() RETURNS uuid": "nullif(current_setting('app.current_tenant_id', true), '')::uuid",
    "actor_id() RETURNS uuid": "nullif(current_setting('app.current_actor_id', true), '')::uuid",
    "actor_kind() RETURNS text": "nullif(current_setting('app.current_actor_kind', true), '')",
    "customer_id() RETURNS uuid": "nullif(current_setting('app.current_customer_id', true), '')::uuid",
}

TOUCH = """
CREATE FUNCTION leora.touch() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$
"""

TOUCH_VERSION = """
CREATE FUNCTION leora.touch_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.updated_at := now();
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$
"""

REFUSE_CHANGE = """
CREATE FUNCTION leora.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$$
"""

DROP_OUR_EXTENSION = """
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_extension WHERE extname = '{name}' AND extnamespace = 'leora'::regnamespace
    ) THEN
        DROP EXTENSION {name};
    END IF;
END
$$
"""


def upgrade() -> None:
    """Make the schema and what everything in it stands on."""
    op.execute("CREATE SCHEMA IF NOT EXISTS leora")
    for extension in EXTENSIONS:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} WITH SCHEMA leora")
    for signature, value in CONTEXT.items():
        op.execute(f"CREATE FUNCTION leora.{signature} LANGUAGE sql STABLE PARALLEL SAFE RETURN {value}")
    for function in (TOUCH, TOUCH_VERSION, REFUSE_CHANGE):
        op.execute(function)


def downgrade() -> None:
    """Drop all but the schema, in which Alembic keeps its own table."""
    for function in ("refuse_change", "touch_version", "touch"):
        op.execute(f"DROP FUNCTION leora.{function}()")
    for signature in CONTEXT:
        op.execute(f"DROP FUNCTION leora.{signature.partition(' ')[0]}")
    for name in EXTENSIONS:
        op.execute(DROP_OUR_EXTENSION.format(name=name))
