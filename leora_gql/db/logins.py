"""The database logins, one per audience, and how their addresses follow from one `DATABASE_URL`."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import URL


class Login(StrEnum):
    """A role that this product logs in as; each is NOINHERIT, NOBYPASSRLS and owns nothing."""

    STAFF = "leora_staff"
    PORTAL = "leora_portal"
    PORTAL_WRITE = "leora_portal_write"
    AUTH = "leora_auth"
    WORKER = "leora_worker"


OWNER = "leora_owner"
"""Owns every table; NOLOGIN. Migrations reach it by SET ROLE."""

DEFINER = "leora_definer"
"""Owns the definer functions for sign-in and the worker; NOLOGIN."""

LOOKUP = "leora_lookup"
"""Owns the text look-up functions; NOLOGIN."""


def for_login(url: URL, login: Login) -> URL:
    """The same address with the user swapped.

    Poolers such as Supabase's name users `user.project`; the project's part is kept.
    """
    project = url.username.partition(".")[2] if url.username else ""
    return url.set(username=f"{login.value}.{project}" if project else login.value)
