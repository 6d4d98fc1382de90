"""Signing in and out: what session mutations do, each in its own transaction on the sign-in login.

What must be remembered (a failed attempt, a revoked session) is committed even when the answer is a
problem, so nothing here raises for one: it returns it.
"""

from __future__ import annotations

from leora_gql.domains.identity.service.one_time import (
    NewPassword,
    accept_invitation,
    request_password_reset,
    reset_password,
)
from leora_gql.domains.identity.service.password import change_password
from leora_gql.domains.identity.service.record import Caller
from leora_gql.domains.identity.service.refresh import refresh_session
from leora_gql.domains.identity.service.sign_in import Credentials, sign_in
from leora_gql.domains.identity.service.sign_out import sign_out, sign_out_everywhere
from leora_gql.domains.identity.service.signed_in import SignedIn

__all__ = [
    "Caller",
    "Credentials",
    "NewPassword",
    "SignedIn",
    "accept_invitation",
    "change_password",
    "refresh_session",
    "request_password_reset",
    "reset_password",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
]
