"""What the database refuses, as a problem with the input: one rule from constraints to fields.

Constraints are named after their table and columns (`db/model.py`, NAMING), and inputs name their fields as
the columns are named: so `uq_suppliers_slug` is about `slug`, `fk_orders_sales_rep_id` about `salesRepId`
and `ck_orders_po_number_length` about `poNumber`. The constraint itself is never shown.
"""

from __future__ import annotations

from asyncpg import IntegrityConstraintViolationError
from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError
from strawberry.utils.str_converters import to_camel_case

from leora_gql.db.model import SCHEMA, Base
from leora_gql.graph.problems import Problem, UserErrorCode

_KINDS = {
    "uq": (UserErrorCode.DUPLICATE, "Another one with that value exists."),
    "fk": (UserErrorCode.NOT_FOUND, "There is nothing with that id."),
    "ck": (UserErrorCode.INVALID, "That value is not allowed."),
}
_CHECKS = {
    "_length": (UserErrorCode.TOO_LONG, "That text is too long."),
    "_minimum": (UserErrorCode.OUT_OF_RANGE, "That number is too small."),
}


Violation = IntegrityError | IntegrityConstraintViolationError
"""A violated constraint, as SQLAlchemy raises it or as the driver does."""


def violation(error: Violation, *, inputs: frozenset[str]) -> Problem | None:
    """The problem behind a violated constraint; None where it is about none of the input's fields.

    Then the input is not to blame, and we are. `inputs` are the names of its fields.
    """
    cause = getattr(error.orig, "__cause__", None) if isinstance(error, IntegrityError) else error
    table = Base.metadata.tables.get(f"{SCHEMA}.{getattr(cause, 'table_name', None)}")
    kind, _, rest = str(getattr(cause, "constraint_name", None)).partition("_")
    if table is None or kind not in _KINDS or not rest.startswith(f"{table.name}_"):
        return None
    about = rest.removeprefix(f"{table.name}_")
    named = to_camel_case(_column(table, about))
    code, message = _KINDS[kind]
    if kind == "ck":
        code, message = next((_CHECKS[end] for end in _CHECKS if about.endswith(end)), (code, message))
    return Problem(code, message, (named,)) if named in inputs else None


def _column(table: Table, about: str) -> str:
    """The longest column that the constraint's name begins with; money is named without its unit."""
    found = [name for name in table.columns.keys() if f"{about}_".startswith(f"{name}_")]  # noqa: SIM118  a collection of columns, not a dict
    return max(found, key=len, default="").removesuffix("_cents")
