"""The closed lists of the identity domain."""

from __future__ import annotations

from leora_gql.db.model import DescribedEnum


class UserStatus(DescribedEnum):
    """Whether a person can sign in."""

    ACTIVE = "ACTIVE", "Can sign in."
    INVITED = "INVITED", "Was invited and has not accepted yet."
    DISABLED = "DISABLED", "Can no longer sign in."


class AccountAudience(DescribedEnum):
    """Where somebody signs in."""

    STAFF = "STAFF", "Among the distributor's staff, by `signIn`."
    PORTAL = "PORTAL", "In the portal, by `portalSignIn`."


class RoleKind(DescribedEnum):
    """Whom a role is for."""

    STAFF = "STAFF", "For members of staff."
    PORTAL = "PORTAL", "For customers' buyers; holds only permissions that are open to the portal."


class RevokeReason(DescribedEnum):
    """Why a session ended before its time."""

    SIGN_OUT = "SIGN_OUT", "The person signed out."
    SIGN_OUT_EVERYWHERE = "SIGN_OUT_EVERYWHERE", "The person signed out on every device."
    TOKEN_REUSED = "TOKEN_REUSED", "An old refresh token came back: it may have been stolen."
    PASSWORD_CHANGED = "PASSWORD_CHANGED", "The password was changed or reset."
    DISABLED = "DISABLED", "The account was disabled."
    ADMINISTRATOR = "ADMINISTRATOR", "An administrator ended it."


class OneTimePurpose(DescribedEnum):
    """What a one-time token is for."""

    INVITATION = "INVITATION", "Accept an invitation and choose a password."
    PASSWORD_RESET = "PASSWORD_RESET", "Choose a new password."


class SubjectKind(DescribedEnum):
    """Whose one-time token it is."""

    USER = "USER", "A member of staff."
    PORTAL_USER = "PORTAL_USER", "A customer's buyer."
