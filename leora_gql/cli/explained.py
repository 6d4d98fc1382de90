"""What `leora explain` prints: for people, or for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from leora_gql.auth.principal import Principal
from leora_gql.server.context import login_of
from leora_gql.server.explain import KEY, Explanation, Parameter
from leora_gql.server.operation import Prepared

_LONGEST = 200
"""Characters of a parameter's value; `--json` has all of it."""


@dataclass(frozen=True, slots=True)
class Explained:
    """An operation, for whom it would be answered, and how."""

    prepared: Prepared
    principal: Principal
    email: str
    explanation: Explanation


def as_json(found: Explained) -> str:
    """One JSON object; what there is none of is left out."""
    prepared, principal = found.prepared, found.principal
    whole = {
        "operation": prepared.operation.name,
        "kind": prepared.kind.value,
        "as": {"email": found.email, "audience": principal.audience.value, "tenant": principal.tenant_slug},
        "login": login_of(principal).value,
        "cost": {"requested": prepared.price.requested, "limit": prepared.limit},
        **found.explanation.as_json(),
    }
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode()


def as_text(found: Explained, *, analyzed: bool) -> str:
    """Sections, each with a heading, an empty line between them."""
    explanation = found.explanation
    plan = "Plan, measured" if analyzed else "Plan, estimated (--analyze measures)"
    sections = {
        "Reads": explanation.outline,
        "Parameters": _parameters(explanation.parameters),
        "SQL": explanation.sql,
        f"{plan}, as {login_of(found.principal).value}": explanation.plan,
    }
    blocks = ["\n".join(_summary(found))]
    blocks += [
        "\n".join([title, *(f"  {line}" for line in lines)]) for title, lines in sections.items() if lines
    ]
    return "\n\n".join(blocks)


def _summary(found: Explained) -> Iterator[str]:
    prepared, principal, explanation = found.prepared, found.principal, found.explanation
    yield f"{prepared.kind.value} {prepared.operation.name or '(no name)'}"
    yield f"  as    {found.email}, {principal.audience.value.lower()} of {principal.tenant_slug}"
    yield f"  cost  {prepared.price.requested:,} at most; {prepared.limit:,} may be"
    reason = f" ({explanation.reason.value})" if explanation.reason else ""
    yield f"  way   {explanation.way}{reason}{': ' if explanation.what else ''}{explanation.what or ''}"


def _parameters(given: Sequence[Parameter]) -> list[str]:
    names = max((len(one.name) for one in given), default=0)
    types = max((len(one.type) for one in given), default=0)
    return [f"{one.name:<{names}}  {one.type:<{types}}  {_value(one.value)}" for one in given]


def _value(value: object) -> str:
    text = KEY if value == KEY else orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
