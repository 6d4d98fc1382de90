"""What the product writes to people who cannot sign in yet."""

from __future__ import annotations

import re

from leora_gql.auth.mail import Mail

_NAME = re.compile(r"[^\W\d_]+([ '’-][^\W\d_]+)*")
"""A name as it may stand in a mail of ours: whoever invites chooses it, and nobody has confirmed the address."""
_INVITATION = """Hello{name},

you are invited to {tenant}. Choose a password here, within seven days:

{link}

If you did not expect this, ignore it: without a password nobody can sign in as you.
"""
_RECOVERY = """Hello,

somebody, probably you, asked for a new password of your account. Choose one here, within an hour:

{link}

It ends all your sessions. If it was not you, ignore this: your password stays as it is.
"""


def invitation(*, to: str, name: str, tenant: str, link: str) -> Mail:
    """The mail to somebody who is invited."""
    subject = f"You are invited to {' '.join(tenant.split())}"
    greeted = f" {name}" if _NAME.fullmatch(name) else ""
    return Mail(to=to, subject=subject, text=_INVITATION.format(name=greeted, tenant=tenant, link=link))


def recovery(*, to: str, link: str) -> Mail:
    """The mail to somebody who asked for a new password."""
    return Mail(to=to, subject="Choose a new password", text=_RECOVERY.format(link=link), asked_for=True)
