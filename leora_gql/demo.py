"""The demo accounts: made by the seed, printed by `leora dev`, offered by the explorer; in development only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

PASSWORD: Final = "cork-and-cask"  # noqa: S105 - well known: it guards demo data only


@dataclass(frozen=True)
class DemoAccount:
    """Somebody who can sign in to a demo tenant with `PASSWORD`."""

    audience: Literal["STAFF", "PORTAL"]
    email: str
    tenant: str


ACCOUNTS: Final = (
    DemoAccount("STAFF", "admin@wellcrafted.test", "well-crafted"),
    DemoAccount("STAFF", "manager@wellcrafted.test", "well-crafted"),
    DemoAccount("STAFF", "rep@wellcrafted.test", "well-crafted"),
    DemoAccount("PORTAL", "buyer@harborview.test", "well-crafted"),
    DemoAccount("PORTAL", "buyer@oldmill.test", "well-crafted"),
    DemoAccount("STAFF", "admin@cellardoor.test", "cellar-door"),
)
