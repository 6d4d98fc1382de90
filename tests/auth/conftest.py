"""The fixtures of sign-in."""

from tests.accounts import auth, clock, company

__all__ = ["auth", "clock", "company"]
