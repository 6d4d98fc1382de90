"""The fixtures of sign-in."""

from tests.accounts import auth, clock, company, pools

__all__ = ["auth", "clock", "company", "pools"]
