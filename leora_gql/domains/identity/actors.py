"""Actors: whoever a pair of columns `actor_kind` and `actor_id` names."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, Text, case, type_coerce

from leora_gql.domains.identity.viewer import TYPE_OF
from leora_gql.graph.json_text import raw


def actor_type(table: FromClause) -> ColumnElement[str]:
    """The SQL of the GraphQL type behind `actor_kind`; null for the product itself, which is no row."""
    names = {raw(kind.value): raw(name) for kind, name in TYPE_OF.items()}
    return case(names, value=type_coerce(table.c.actor_kind, Text()))
