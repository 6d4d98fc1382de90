"""The session mutations: signing in, staying so, signing out, changing one's password.

Each is the only root field of its operation and has a transaction of its own, on the sign-in login.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, TypeVar

import strawberry

from leora_gql.auth.permissions import Audience
from leora_gql.domains.identity import service
from leora_gql.domains.identity.inputs.sessions import (
    AcceptInvitationInput,
    ChangePasswordInput,
    RefreshSessionInput,
    RequestPasswordResetInput,
    ResetPasswordInput,
    SignInInput,
    SignOutInput,
)
from leora_gql.domains.identity.service import Caller, Credentials, NewPassword, SignedIn
from leora_gql.domains.identity.viewer import Viewer, load_viewer
from leora_gql.graph.node import as_graphql
from leora_gql.graph.payloads import UserError, require_only_root_field, user_errors
from leora_gql.graph.problems import Problem
from leora_gql.graph.selection import Info

P = TypeVar("P", bound="TokensPayload")


@strawberry.type(description="The answer to what starts or continues a session.")
class TokensPayload:
    """What the three payloads have in common; not in the schema itself."""

    access_token: str | None = strawberry.field(
        description="For the header `Authorization: Bearer …`; null when nobody was signed in."
    )
    refresh_token: str | None = strawberry.field(
        description="For `refreshSession` when the access token has ended; null when nobody was signed in."
    )
    expires_at: dt.datetime | None = strawberry.field(
        description="When the access token ends; null when nobody was signed in."
    )
    user_errors: list[UserError] = strawberry.field(description="Why it was not done; empty when it was.")

    @strawberry.field(description="Who is signed in now; null when nobody was.")
    async def viewer(self, info: Info) -> Viewer | None:
        """Read after the commit, with the rights of the new session."""
        if self.access_token is None:
            return None
        return as_graphql(await load_viewer(info))


@strawberry.type(description="The answer to `signIn`.")
class SignInPayload(TokensPayload):
    """A staff session, or why there is none."""


@strawberry.type(description="The answer to `portalSignIn`.")
class PortalSignInPayload(TokensPayload):
    """A portal session, or why there is none."""


@strawberry.type(description="The answer to `refreshSession`.")
class RefreshSessionPayload(TokensPayload):
    """The session's next tokens, or why there are none."""


@strawberry.type(description="The answer to `signOut`.")
class SignOutPayload:
    """Whether a session ended."""

    signed_out: bool = strawberry.field(
        description="Whether the session ended now; false when it had ended before, or on an error."
    )
    user_errors: list[UserError] = strawberry.field(description="Why it was not done; empty when it was.")


@strawberry.type(description="The answer to `signOutEverywhere`.")
class SignOutEverywherePayload:
    """How many sessions ended."""

    sessions_ended: int = strawberry.field(description="How many sessions ended, this one among them.")
    user_errors: list[UserError] = strawberry.field(description="Why it was not done; empty when it was.")


@strawberry.type(description="The answer to `changePassword`.")
class ChangePasswordPayload:
    """How many other sessions ended."""

    sessions_ended: int = strawberry.field(
        description="How many other sessions ended with the old password; this one goes on."
    )
    user_errors: list[UserError] = strawberry.field(description="Why it was not done; empty when it was.")


@strawberry.type(
    description="The answer to `requestPasswordReset`, the same whether or not there is such an account."
)
class RequestPasswordResetPayload:
    """Whether a mail goes out if there is anybody to get it."""

    requested: bool = strawberry.field(
        description="Whether the request was heard; a mail goes out if there is such an account."
    )
    user_errors: list[UserError] = strawberry.field(description="Why it was not done; empty when it was.")


@strawberry.type(description="The answer to `resetPassword`.")
class ResetPasswordPayload:
    """How many sessions ended."""

    sessions_ended: int = strawberry.field(description="How many sessions ended with the old password.")
    user_errors: list[UserError] = strawberry.field(description="Why it was not done; empty when it was.")


@strawberry.type(description="The answer to `acceptInvitation`.")
class AcceptInvitationPayload:
    """Whether the account is open."""

    accepted: bool = strawberry.field(description="Whether the account is open: now sign in to it.")
    user_errors: list[UserError] = strawberry.field(description="Why it was not done; empty when it was.")


class SessionMutations:
    """The mutations of sessions, for the schema to merge in."""

    @strawberry.mutation(
        description="Start a staff session in the tenant that `X-Tenant-Slug` says. Needs no sign-in."
    )
    async def sign_in(
        self,
        info: Info,
        given: Annotated[SignInInput, strawberry.argument(name="input", description="Who signs in.")],
    ) -> SignInPayload:
        """Staff accounts only."""
        return await _sign_in(info, given, audience=Audience.STAFF, payload=SignInPayload)

    @strawberry.mutation(
        description="Start a buyer's session in the tenant that `X-Tenant-Slug` says. Needs no sign-in."
    )
    async def portal_sign_in(
        self,
        info: Info,
        given: Annotated[SignInInput, strawberry.argument(name="input", description="Who signs in.")],
    ) -> PortalSignInPayload:
        """Portal accounts only."""
        return await _sign_in(info, given, audience=Audience.PORTAL, payload=PortalSignInPayload)

    @strawberry.mutation(
        description="Exchange a refresh token for the session's next two tokens. Needs no sign-in."
    )
    async def refresh_session(
        self,
        info: Info,
        given: Annotated[
            RefreshSessionInput, strawberry.argument(name="input", description="Which session goes on.")
        ],
    ) -> RefreshSessionPayload:
        """Rotates; see the service."""
        caller = _caller(info)
        outcome = await service.refresh_session(
            info.context.auth,
            given.refresh_token,
            tenant_slug=info.context.requested_tenant_slug,
            caller=caller,
        )
        return _tokens(info, outcome, payload=RefreshSessionPayload)

    @strawberry.mutation(
        description="End a session: that of the refresh token given, or else the caller's own."
    )
    async def sign_out(
        self,
        info: Info,
        given: Annotated[
            SignOutInput | None, strawberry.argument(name="input", description="Which session ends.")
        ] = strawberry.UNSET,
    ) -> SignOutPayload:
        """Takes effect at once here, and within a minute everywhere."""
        caller = _caller(info)
        outcome = await service.sign_out(
            info.context.auth,
            info.context.principal,
            refresh_token=(given.refresh_token or None) if given else None,
            tenant_slug=info.context.requested_tenant_slug,
            caller=caller,
        )
        if isinstance(outcome, Problem):
            return SignOutPayload(signed_out=False, user_errors=user_errors([outcome]))
        return SignOutPayload(signed_out=outcome, user_errors=[])

    @strawberry.mutation(description="End every session of the caller, on all devices. Needs a sign-in.")
    async def sign_out_everywhere(self, info: Info) -> SignOutEverywherePayload:
        """Takes effect at once here, and within a minute everywhere."""
        caller = _caller(info)
        outcome = await service.sign_out_everywhere(
            info.context.auth, info.context.require_principal(), caller=caller
        )
        if isinstance(outcome, Problem):
            return SignOutEverywherePayload(sessions_ended=0, user_errors=user_errors([outcome]))
        return SignOutEverywherePayload(sessions_ended=outcome, user_errors=[])

    @strawberry.mutation(
        description="Change the caller's password and end its other sessions. Needs a sign-in."
    )
    async def change_password(
        self,
        info: Info,
        given: Annotated[
            ChangePasswordInput,
            strawberry.argument(name="input", description="The old and the new password."),
        ],
    ) -> ChangePasswordPayload:
        """The old password is asked for: an open screen is not enough."""
        caller = _caller(info)
        outcome = await service.change_password(
            info.context.auth,
            info.context.require_principal(),
            current=given.current_password,
            new=given.new_password,
            caller=caller,
        )
        if isinstance(outcome, Problem):
            return ChangePasswordPayload(sessions_ended=0, user_errors=user_errors([outcome]))
        return ChangePasswordPayload(sessions_ended=outcome, user_errors=[])

    @strawberry.mutation(
        description="Have a link for `resetPassword` mailed to an account of the tenant that `X-Tenant-Slug` says."
        " The answer is the same whether or not there is such an account. Needs no sign-in."
    )
    async def request_password_reset(
        self,
        info: Info,
        given: Annotated[
            RequestPasswordResetInput, strawberry.argument(name="input", description="Whose password it is.")
        ],
    ) -> RequestPasswordResetPayload:
        """The mail is sent after the answer."""
        problem = await service.request_password_reset(
            info.context.auth,
            tenant_slug=info.context.tenant_slug,
            audience=Audience(given.audience.value),
            email=given.email,
            caller=_caller(info),
        )
        return RequestPasswordResetPayload(
            requested=problem is None, user_errors=user_errors([problem] if problem else [])
        )

    @strawberry.mutation(
        description="Choose a new password with a token that was mailed; all sessions end. Needs no sign-in."
    )
    async def reset_password(
        self,
        info: Info,
        given: Annotated[
            ResetPasswordInput, strawberry.argument(name="input", description="The token and the password.")
        ],
    ) -> ResetPasswordPayload:
        """Takes effect at once here, and within a minute everywhere."""
        caller = _caller(info)
        outcome = await service.reset_password(info.context.auth, _new_password(info, given), caller=caller)
        if isinstance(outcome, Problem):
            return ResetPasswordPayload(sessions_ended=0, user_errors=user_errors([outcome]))
        return ResetPasswordPayload(sessions_ended=outcome, user_errors=[])

    @strawberry.mutation(
        description="Choose a password with the token of an invitation; then the account is open. Needs no sign-in."
    )
    async def accept_invitation(
        self,
        info: Info,
        given: Annotated[
            AcceptInvitationInput,
            strawberry.argument(name="input", description="The token and the password."),
        ],
    ) -> AcceptInvitationPayload:
        """The person signs in afterwards."""
        caller = _caller(info)
        outcome = await service.accept_invitation(
            info.context.auth, _new_password(info, given), caller=caller
        )
        refused = [outcome] if isinstance(outcome, Problem) else []
        return AcceptInvitationPayload(accepted=not refused, user_errors=user_errors(refused))


def _new_password(info: Info, given: ResetPasswordInput | AcceptInvitationInput) -> NewPassword:
    return NewPassword(
        token=given.token, password=given.password, tenant_slug=info.context.requested_tenant_slug
    )


async def _sign_in(info: Info, given: SignInInput, *, audience: Audience, payload: type[P]) -> P:
    caller = _caller(info)
    credentials = Credentials(
        tenant_slug=info.context.tenant_slug,
        audience=audience,
        email=given.email,
        password=given.password,
    )
    outcome = await service.sign_in(info.context.auth, credentials, caller=caller)
    return _tokens(info, outcome, payload=payload)


def _tokens(info: Info, outcome: SignedIn | Problem, *, payload: type[P]) -> P:
    if isinstance(outcome, Problem):
        return payload(
            access_token=None, refresh_token=None, expires_at=None, user_errors=user_errors([outcome])
        )
    info.context.become(outcome.principal)
    return payload(
        access_token=outcome.access_token,
        refresh_token=outcome.refresh_token,
        expires_at=outcome.expires_at,
        user_errors=[],
    )


def _caller(info: Info) -> Caller:
    """Who calls from where. Raises `BadUserInput` when the operation has another root field."""
    require_only_root_field(info.raw)
    return Caller(
        operation=info.field_name,
        address=info.context.client_address,
        user_agent=info.context.user_agent,
        request_id=info.context.request_id,
    )
