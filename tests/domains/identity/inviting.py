"""What the tests of invitations share: the mutations, whom they invite, and accepting."""

from __future__ import annotations

from typing import Any

from tests.domains.identity.office import Office

ADA, BO, BUYER = "ada@x.test", "bo@x.test", "buyer@x.test"
NEW = "a-new-bottle-of-port"
ERRORS = "userErrors { code message field }"
INVITE = f"""mutation ($input: InviteUserInput!) {{
  inviteUser(input: $input) {{
    user {{ id email firstName lastName phone territory status manager {{ email }} roles {{ name }} }}
    userEdge {{ node {{ email }} }} {ERRORS}
  }}
}}"""
INVITE_BUYER = f"""mutation ($input: InvitePortalUserInput!) {{
  invitePortalUser(input: $input) {{ portalUser {{ id email status customer {{ id }} }} {ERRORS} }}
}}"""
ACCEPT = (
    f"mutation ($input: AcceptInvitationInput!) {{ acceptInvitation(input: $input) {{ accepted {ERRORS} }} }}"
)
PERSON = {"email": "New@x.test", "firstName": "Nia", "lastName": "New"}
INVALID = [("TOKEN_INVALID", ["token"])]


async def accept(office: Office, token: str, password: str = NEW, **headers: str) -> dict[str, Any]:
    return await office.ask_nobody(ACCEPT, {"token": token, "password": password}, **headers)


async def tokens(office: Office) -> list[dict[str, Any]]:
    return await office.company.sql("SELECT * FROM leora.one_time_tokens ORDER BY id")
