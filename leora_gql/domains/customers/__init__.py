"""Whom we sell to."""
