"""A finding: where the boundary is not what it must be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, with which table, function, key or role, and for whose login (if for one)."""

    subject: str
    role: str | None
    what: str

    def __str__(self) -> str:
        return f"{self.subject} · {self.role}: {self.what}" if self.role else f"{self.subject}: {self.what}"


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Each once, by subject and role."""
    return sorted(set(findings), key=lambda finding: (finding.subject, finding.role or "", finding.what))
