"""The operations that are measured: for each a folder with the document of the gateway, the peer's, and SQL by hand.

The peer's names differ, so its documents rename them to the gateway's by aliases: the answers have the same shape and
the same number of leaves, and can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).resolve().parent

TITLES = {
    "order": "one order with its lines",
    "orders": "20 orders with customer and lines",
    "skus": "100 SKUs, flat",
    "page": "filtered page of 20 with totalCount",
    "deep": "four levels, customers to products",
    "typename": "{ __typename }",
    "supplier": "mutation: createSupplier",
    "growth": "filtered page of 20",
}
"""Every operation by its name, and what the report calls it."""

LISTS = ("orders", "skus", "page", "deep")
"""Those that answer with lists."""

READS = ("order", *LISTS, "typename")
ALL = (*READS, "supplier")
"""What a run measures unless it is told otherwise; `growth` has a run of its own."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation in the three ways to say it; `written` is empty where no SQL is needed."""

    name: str
    title: str
    gateway: str
    peer: str
    written: str


@cache
def operation(name: str) -> Operation:
    """The operation of that name."""

    def text(file: str) -> str:
        path = _HERE / name / file
        return path.read_text().strip() if path.exists() else ""

    return Operation(name, TITLES[name], text("gateway.graphql"), text("peer.graphql"), text("written.sql"))
