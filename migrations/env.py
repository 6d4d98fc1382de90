"""What Alembic runs: the migrations, on the connection and in the transaction that it is given.

`leora_gql.db.migrate` opens both; `alembic` itself is never called from the shell.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from leora_gql.db.model import SCHEMA
from leora_gql.errors import OperatorError


def _only_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name == SCHEMA


def _run() -> None:
    attributes = context.config.attributes
    if "connection" not in attributes:
        raise OperatorError("Migrations are run by `leora db`, not by alembic itself.")

    def note(
        ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
    ) -> None:
        attributes["on_step"](step)

    context.configure(
        connection=attributes["connection"],
        target_metadata=attributes.get("metadata"),
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=_only_ours,
        transaction_per_migration=False,
        on_version_apply=note,
    )
    with context.begin_transaction():
        context.run_migrations()


_run()
