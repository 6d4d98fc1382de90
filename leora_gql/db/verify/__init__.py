"""The boundary inspected and proven: rules on the catalogue, a written record, live probes."""

from __future__ import annotations

from leora_gql.db.verify.catalogue import Catalogue, read_catalogue
from leora_gql.db.verify.findings import Finding
from leora_gql.db.verify.run import Report, lint, verify_boundary, verify_on

__all__ = [
    "Catalogue",
    "Finding",
    "Report",
    "lint",
    "read_catalogue",
    "verify_boundary",
    "verify_on",
]
