"""Actors: whoever a pair of columns `actor_kind` and `actor_id` names."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, Text, case, literal

from leora_gql.domains.identity.viewer import TYPE_OF


def actor_type(table: FromClause) -> ColumnElement[str]:
    """The SQL of the GraphQL type behind `actor_kind`; null for the product itself, which is no row."""
    return case(*((table.c.actor_kind == kind, literal(name, Text())) for kind, name in TYPE_OF.items()))
