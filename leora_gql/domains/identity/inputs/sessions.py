"""The inputs of the session mutations."""

from __future__ import annotations

import strawberry

from leora_gql.domains.identity.enums import AccountAudience
from leora_gql.graph.build import describe_enum

describe_enum(AccountAudience)


@strawberry.input(description="Who wants to sign in.")
class SignInInput:
    """E-mail and password of a staff user or a portal user."""

    email: str = strawberry.field(description="The e-mail address, in any case.")
    password: str = strawberry.field(description="The password.")


@strawberry.input(description="The session to continue.")
class RefreshSessionInput:
    """A refresh token."""

    refresh_token: str = strawberry.field(
        description="The refresh token of the last answer. Each is used once; an old one ends the session."
    )


@strawberry.input(description="The session to end.")
class SignOutInput:
    """A refresh token, or nothing for the session of the access token."""

    refresh_token: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="A refresh token of the session; without it, the session of the access token ends.",
    )


@strawberry.input(description="The old and the new password.")
class ChangePasswordInput:
    """Both passwords."""

    current_password: str = strawberry.field(description="The password until now.")
    new_password: str = strawberry.field(
        description="The password from now on: at least 12 characters, at most 1,000 bytes."
    )


@strawberry.input(description="Whose password was forgotten.")
class RequestPasswordResetInput:
    """An e-mail address, and among whom."""

    email: str = strawberry.field(description="The e-mail address, in any case.")
    audience: AccountAudience = strawberry.field(description="Where the person signs in.")


@strawberry.input(description="A token that was mailed, and the password chosen with it.")
class ResetPasswordInput:
    """The token of a password reset."""

    token: str = strawberry.field(description="The token of the mail; it counts once, for an hour.")
    password: str = strawberry.field(
        description="The password from now on: at least 12 characters, at most 1,000 bytes."
    )


@strawberry.input(description="A token that was mailed, and the password chosen with it.")
class AcceptInvitationInput:
    """The token of an invitation."""

    token: str = strawberry.field(description="The token of the mail; it counts once, for seven days.")
    password: str = strawberry.field(
        description="The password from now on: at least 12 characters, at most 1,000 bytes."
    )
