"""Adding, changing and removing the lines of a draft, and overriding a price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from leora_gql.auth.principal import Principal
from leora_gql.domains.change import Change
from leora_gql.domains.orders.service.draft import (
    Draft,
    discounted,
    new_line,
    open_draft,
    priced_again,
    repriced,
    rewrite,
)
from leora_gql.domains.orders.service.existing import Line, OrderStep
from leora_gql.domains.orders.service.lines import MAX_LINES, NewLine, priced
from leora_gql.graph.problems import Problem, UserErrorCode, no_such


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedLines(OrderStep):
    """Lines to add to a draft."""

    lines: tuple[NewLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """What a line becomes; None leaves it."""

    line_id: UUID
    quantity: int | None
    discount_cents: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLines(OrderStep):
    """Lines of a draft to change."""

    lines: tuple[LineChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedLines(OrderStep):
    """Lines to take off a draft."""

    line_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLinePrice(OrderStep):
    """A price that counts instead of the rules' for a line of a draft, and why."""

    line_id: UUID
    unit_price_cents: int
    reason: str


async def add_order_lines(change: Change, new: AddedLines) -> UUID | Problem | Sequence[Problem]:
    """Add lines at the end of a draft, at the prices of this moment; gives the order's key. Locks the order."""
    wanted_skus = [line.sku_id for line in new.lines]
    draft = await open_draft(change, new.id, version=new.version, sku_ids=wanted_skus)
    if isinstance(draft, Problem):
        return draft
    if len(draft.lines) + len(new.lines) > MAX_LINES:
        return Problem(UserErrorCode.OUT_OF_RANGE, f"An order has at most {MAX_LINES} lines.", ("lines",))
    there = {line.sku_id for line in draft.lines}
    problems: list[Problem] = []
    lines = list(draft.lines)
    for index, wanted in enumerate(new.lines):
        path = ("lines", str(index))
        if wanted.sku_id in there:
            message = "Another line has that SKU already."
            problems.append(Problem(UserErrorCode.INVALID, message, (*path, "skuId")))
            continue
        found = priced(wanted, draft.basis, is_sample=draft.order.is_sample, path=path)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            lines.append(new_line(found, len(lines) + 1))
    if problems:
        return problems
    return await rewrite(change, draft, lines, path=("lines",))


async def update_order_lines(change: Change, new: ChangedLines) -> UUID | Problem | Sequence[Problem]:
    """Change quantities and discounts of a draft's lines; gives the order's key. Locks the order.

    A line whose quantity changes gets the price of this moment for it, unless that was overridden. A price that
    was given holds for the bottles that it was given for: only who may give one changes how many they are.
    """
    draft = await open_draft(change, new.id, version=new.version)
    if isinstance(draft, Problem):
        return draft
    lines = {line.id: line for line in draft.lines}
    problems: list[Problem] = []
    for index, wanted in enumerate(new.lines):
        path = ("lines", str(index))
        line = lines.get(wanted.line_id)
        found = (
            no_such("OrderLine", *path, "lineId")
            if line is None
            else _changed(change.actor, line, wanted, draft, path=path)
        )
        if isinstance(found, Problem):
            problems.append(found)
        else:
            lines[found.id] = found
    if problems:
        return problems
    return await rewrite(change, draft, [*lines.values()], path=("lines",))


async def remove_order_lines(change: Change, new: RemovedLines) -> UUID | Problem | Sequence[Problem]:
    """Take lines off a draft, which keeps at least one; gives the order's key. Locks the order."""
    draft = await open_draft(change, new.id, version=new.version)
    if isinstance(draft, Problem):
        return draft
    there = {line.id for line in draft.lines}
    unknown = [
        no_such("OrderLine", "lineIds", str(index))
        for index, key in enumerate(new.line_ids)
        if key not in there
    ]
    if unknown:
        return unknown
    left = [line for line in draft.lines if line.id not in new.line_ids]
    if not left:
        return Problem(UserErrorCode.REQUIRED, "An order has at least one line.", ("lineIds",))
    return await rewrite(change, draft, left, path=("lineIds",))


async def override_line_price(change: Change, new: NewLinePrice) -> UUID | Problem:
    """Give a draft's line another price than the rules do; gives the order's key. Locks the order.

    The line keeps the price that the rules gave, who overrode it, when and why. Samples have no price.
    """
    draft = await open_draft(change, new.id, version=new.version)
    if isinstance(draft, Problem):
        return draft
    line = next((one for one in draft.lines if one.id == new.line_id), None)
    if line is None:
        return no_such("OrderLine", "lineId")
    if draft.order.is_sample:
        return Problem(UserErrorCode.NOT_ALLOWED, "Samples are free.", ("unitPrice",))
    dearer = replace(line, unit_price_cents=new.unit_price_cents, price_override_at=change.now)
    changed = discounted(dearer, line.discount_amount_cents, "unitPrice")
    if isinstance(changed, Problem):
        return changed
    lines = [changed if one.id == line.id else one for one in draft.lines]
    record: dict[str, object] = {
        "price_override_reason": new.reason,
        "price_override_at": change.now,
        "price_override_by_id": change.actor.answerable_id,
    }
    if line.price_override_at is None:
        record["price_override_original_cents"] = line.unit_price_cents
    return await rewrite(change, draft, lines, path=("unitPrice",), overridden=record)


def _changed(
    actor: Principal, line: Line, wanted: LineChange, draft: Draft, *, path: tuple[str, ...]
) -> Line | Problem:
    if wanted.quantity is not None and wanted.quantity != line.quantity:
        if line.price_override_at is not None and not actor.can("pricing.override"):
            message = (
                f"Its price was agreed for {line.quantity:,} bottles. Ask us, if you want another number."
            )
            return Problem(UserErrorCode.NOT_ALLOWED, message, (*path, "quantity"))
        found = priced_again(draft.order, line, wanted.quantity, draft.basis, *path, "quantity")
        if isinstance(found, Problem):
            return found
        free = replace(line, discount_amount_cents=0) if wanted.discount_cents is not None else line
        after = repriced(free, found, *path, "quantity")
        if isinstance(after, Problem):
            return after
        line = after
    if wanted.discount_cents is None:
        return line
    return discounted(line, wanted.discount_cents, *path, "discountAmount")
