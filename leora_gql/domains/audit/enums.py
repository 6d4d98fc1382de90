"""The closed lists of the audit domain."""

from __future__ import annotations

from leora_gql.db.model import DescribedEnum


class AuditAction(DescribedEnum):
    """What was done."""

    CREATE = "CREATE", "A row was made."
    UPDATE = "UPDATE", "A row was changed."
    DELETE = "DELETE", "A row was deleted."
    SIGN_IN = "SIGN_IN", "Somebody signed in."
    SIGN_IN_FAILED = "SIGN_IN_FAILED", "Somebody failed to sign in."
    GRANT = "GRANT", "A role or permission was given."
    REVOKE = "REVOKE", "A role, permission, session or token was taken away."
    EXPORT = "EXPORT", "Data was taken out in bulk."
