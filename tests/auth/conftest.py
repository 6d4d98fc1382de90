"""The fixtures of sign-in."""

from accounts import auth, clock, company, pools, sign_in_settings

__all__ = ["auth", "clock", "company", "pools", "sign_in_settings"]
