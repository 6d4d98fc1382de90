"""What a mutation answers with when the input, not the request, is at fault.

Plain Python, so that services can say it without knowing GraphQL; `payloads.py` is its GraphQL form.
"""

from __future__ import annotations

from dataclasses import dataclass

from leora_gql.db.model import DescribedEnum


class UserErrorCode(DescribedEnum):
    """Why a mutation was not done: a closed list, for programs. The message beside it is for people."""

    REQUIRED = "REQUIRED", "A value is missing."
    INVALID = "INVALID", "A value is not of the form that it must have."
    TOO_LONG = "TOO_LONG", "A text is longer than allowed."
    OUT_OF_RANGE = "OUT_OF_RANGE", "A number or date is beyond what is allowed."
    NOT_FOUND = "NOT_FOUND", "Something that the input names does not exist, or you may not see it."
    DUPLICATE = "DUPLICATE", "Another one with that value exists."
    CONFLICT = "CONFLICT", "It was changed by somebody else since you read it."
    NOT_ALLOWED = "NOT_ALLOWED", "The rules do not allow it, or not for you."
    INVALID_TRANSITION = "INVALID_TRANSITION", "Its status does not lead to the one asked for."
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK", "There are not enough bottles."
    CUSTOMER_INACTIVE = "CUSTOMER_INACTIVE", "The customer is not active."
    LICENSE_EXPIRED = "LICENSE_EXPIRED", "The customer's licence has expired."
    CREDIT_HOLD = "CREDIT_HOLD", "The customer's credit is on hold."
    SKU_INACTIVE = "SKU_INACTIVE", "The SKU or its product is not sold now."
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH", "The currencies differ."
    OVERLAPPING_PRICE = "OVERLAPPING_PRICE", "Another price of the same scope is valid in that time."
    OVERPAYMENT = "OVERPAYMENT", "More would be paid than is owed."
    LAST_ADMIN = "LAST_ADMIN", "Nobody would be left who may do everything."
    WRONG_CREDENTIALS = (
        "WRONG_CREDENTIALS",
        "E-mail and password do not belong to an account that can sign in now.",
    )
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED", "Too many failed attempts; try again later."
    TOKEN_INVALID = "TOKEN_INVALID", "The token is not valid, was used, or no longer counts."
    ROLLED_BACK = "ROLLED_BACK", "Nothing is wrong here, but another part of the operation failed."


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason. `field` is the path in the input, by its GraphQL names; None for the whole input."""

    code: UserErrorCode
    message: str
    field: tuple[str, ...] | None = None


def no_such(what: str, *field: str) -> Problem:
    """What the input names does not exist, or the caller may not see it: the two are never told apart."""
    return Problem(UserErrorCode.NOT_FOUND, f"There is no such {what}.", field or None)


def rolled_back() -> Problem:
    """What a mutation says, or an item, that was done and undone because another one of its operation failed."""
    return Problem(
        UserErrorCode.ROLLED_BACK, "Nothing was done, because another part of the operation failed."
    )
