"""What becomes of orders: each function checks first, then changes the world, and gives the types of the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.e2e.trading.model import (
    BUYERS,
    OPEN,
    Line,
    Malformed,
    Order,
    Refused,
    World,
    added_up,
    exposure,
    price,
    seen,
)

Wanted = Sequence[tuple[str, int]]


def create(
    world: World, key: str, who: str, customer: str, wanted: Wanted, *, sample: bool, rep: str | None
) -> list[str]:
    """A draft is written; it counts for the representative that is named, or the customer's."""
    if who in BUYERS and (sample or rep):
        raise Malformed(*["NOT_ALLOWED"] * (sample + (rep is not None)))
    if who in BUYERS and BUYERS[who] != customer:
        raise Refused("NOT_FOUND", *("NOT_FOUND" for sku, _ in wanted if not world.skus[sku].active))
    unfit = sample and rep is not None and not _may_count_for(world, who, customer, rep)
    _write(world, key, who, customer, wanted, sample=sample, unseen="NOT_FOUND", unfit=unfit)
    world.orders[key].rep = rep or world.orders[key].rep
    return ["order.created"]


def _may_count_for(world: World, who: str, customer: str, rep: str) -> bool:
    """Whether samples may use up that allowance: one's own, the customer's own rep's; a manager says whose."""
    return who != "rep" or rep in (world.customers[customer].rep, who)


def reorder(world: World, key: str, who: str, order: str) -> list[str]:
    """The same again."""
    old = seen(world, who, order)
    if old.sample and who in BUYERS:
        raise Refused("NOT_ALLOWED")
    wanted = [(sku, line.quantity) for sku, line in old.lines.items()]
    _write(world, key, who, old.customer, wanted, sample=old.sample, unseen="SKU_INACTIVE")
    return ["order.created"]


def _write(
    world: World,
    key: str,
    who: str,
    customer: str,
    wanted: Wanted,
    *,
    sample: bool,
    unseen: str,
    unfit: bool = False,
) -> None:
    """A buyer sees no SKU that is not sold."""
    codes = ["CUSTOMER_INACTIVE"] if world.customers[customer].status == "INACTIVE" else []
    codes += ["NOT_ALLOWED"] * unfit
    hidden = unseen if who in BUYERS else "SKU_INACTIVE"
    codes += [hidden for sku, _ in wanted if not world.skus[sku].active]
    if codes:
        raise Refused(*codes)
    order = Order(customer, who, world.customers[customer].rep, sample, {})
    order.lines = {sku: _new_line(world, order, sku, count) for sku, count in wanted}
    order.amounts = added_up(world, order, order.lines, 0)
    world.orders[key] = order


def _new_line(world: World, order: Order, sku: str, quantity: int) -> Line:
    return Line(quantity, 0 if order.sample else price(world, sku, order.customer, quantity))


def set_notes(world: World, who: str, order: str, notes: str) -> list[str]:
    """Notes change at any time; a buyer's until the order is confirmed."""
    found = seen(world, who, order)
    if who in BUYERS and (found.sample or found.status not in ("DRAFT", "PENDING")):
        raise Refused("NOT_ALLOWED")
    if found.notes == notes:
        return []
    found.notes = notes
    return ["order.updated"]


def set_rep(world: World, who: str, order: str, rep: str | None) -> list[str]:
    """A draft counts for somebody else."""
    if who in BUYERS:
        raise Malformed("NOT_ALLOWED")
    found = _draft(world, who, order)
    if found.rep == rep:
        return []
    if found.sample and not _may_count_for(world, who, found.customer, rep or found.creator):
        raise Refused("NOT_ALLOWED")
    found.rep = rep
    return ["order.updated"]


def set_discount(world: World, who: str, order: str, cents: int) -> list[str]:
    """The order's own discount changes."""
    if who in (*BUYERS, "rep"):
        raise Malformed("NOT_ALLOWED")
    found = _draft(world, who, order)
    if found.amounts.discount == cents:
        return []
    found.amounts = added_up(world, found, found.lines, cents)
    found.discounted_by = who if cents else None
    return ["order.updated"]


def _draft(world: World, who: str, order: str) -> Order:
    found = seen(world, who, order)
    if found.status != "DRAFT" or (found.sample and who in BUYERS):
        raise Refused("NOT_ALLOWED")
    return found


def _rewritten(world: World, order: Order, lines: dict[str, Line]) -> list[str]:
    if lines == order.lines:
        return []
    order.amounts = added_up(world, order, lines, order.amounts.discount)
    order.lines = lines
    return ["order.updated"]


def add_lines(world: World, who: str, order: str, wanted: Wanted) -> list[str]:
    """More SKUs at the end."""
    found = _draft(world, who, order)
    hidden = "NOT_FOUND" if who in BUYERS else "SKU_INACTIVE"
    codes = [
        "INVALID" if sku in found.lines else hidden
        for sku, _ in wanted
        if sku in found.lines or not world.skus[sku].active
    ]
    if codes:
        raise Refused(*codes)
    new = {sku: _new_line(world, found, sku, count) for sku, count in wanted}
    return _rewritten(world, found, {**found.lines, **new})


def change_lines(
    world: World, who: str, order: str, wanted: Mapping[str, tuple[int | None, int | None]]
) -> list[str]:
    """Other quantities, and other discounts of lines."""
    if who in (*BUYERS, "rep"):
        given = ["NOT_ALLOWED" for _, discount in wanted.values() if discount is not None]
        if given:
            raise Malformed(*given)
    found = _draft(world, who, order)
    lines = dict(found.lines)
    codes: list[str] = []
    for sku, (quantity, discount) in wanted.items():
        after = _changed_line(world, who, found, sku, quantity, discount)
        if isinstance(after, Line):
            lines[sku] = after
        else:
            codes.append(after)
    if codes:
        raise Refused(*codes)
    return _rewritten(world, found, lines)


def _changed_line(
    world: World, who: str, order: Order, sku: str, quantity: int | None, discount: int | None
) -> Line | str:
    line = order.lines.get(sku)
    if line is None:
        return "NOT_FOUND"
    if quantity is not None and quantity != line.quantity:
        if line.overridden and who in (*BUYERS, "rep"):
            return "NOT_ALLOWED"
        if not world.skus[sku].active:
            return "SKU_INACTIVE"
        new = line.price if line.overridden else _new_line(world, order, sku, quantity).price
        line = replace(line, quantity=quantity, price=new)
    if discount is not None and discount != line.discount:
        line = replace(line, discount=discount, discounted_by=who if discount else None)
    return line if line.discount <= line.price * line.quantity else "OUT_OF_RANGE"


def remove_lines(world: World, who: str, order: str, gone: Sequence[str]) -> list[str]:
    """Fewer lines, and never none."""
    found = _draft(world, who, order)
    unknown = ["NOT_FOUND" for sku in gone if sku not in found.lines]
    if unknown:
        raise Refused(*unknown)
    left = {sku: line for sku, line in found.lines.items() if sku not in gone}
    if not left:
        raise Refused("REQUIRED")
    return _rewritten(world, found, left)


def override(world: World, who: str, order: str, sku: str, cents: int) -> list[str]:
    """A line has a price of somebody's own."""
    found = _draft(world, who, order)
    line = found.lines.get(sku)
    if line is None:
        raise Refused("NOT_FOUND")
    if found.sample:
        raise Refused("NOT_ALLOWED")
    if line.discount > cents * line.quantity:
        raise Refused("OUT_OF_RANGE")
    lines = {**found.lines, sku: replace(line, price=cents, overridden=True, priced_by=who)}
    found.amounts = added_up(world, found, lines, found.amounts.discount)
    found.lines = lines
    return ["order.updated"]


def submit(world: World, who: str, order: str) -> list[str]:
    """A draft is priced anew, checked, and its bottles are set aside."""
    found = seen(world, who, order)
    if found.status != "DRAFT":
        raise Refused("INVALID_TRANSITION")
    if found.sample and who in BUYERS:
        raise Refused("NOT_ALLOWED")
    codes = _standing(world, found.customer)
    lines: dict[str, Line] = {}
    held = _set_aside(world, found)
    for sku, line in found.lines.items():
        lines[sku] = line if line.overridden else replace(line, price=_price_now(world, found, sku))
        lines[sku] = replace(lines[sku], held=held[sku])
        if not world.skus[sku].active:
            codes.append("SKU_INACTIVE")
        elif line.discount > lines[sku].price * line.quantity:
            codes.append("OUT_OF_RANGE")
        if sum(count for count, _ in held[sku].values()) < line.quantity:
            codes.append("INSUFFICIENT_STOCK")
    if codes:
        raise Refused(*codes)
    found.amounts = added_up(world, found, lines, found.amounts.discount)
    found.reasons = _reasons(world, found, lines)
    found.lines, found.status = lines, "PENDING"
    items = [(sku, warehouse) for sku, by in held.items() for warehouse in by]
    for sku, warehouse in items:
        world.stock[sku, warehouse][1] += held[sku][warehouse][0]
    return ["order.submitted", *("inventory.reserved" for _ in items)]


def _price_now(world: World, order: Order, sku: str) -> int:
    return _new_line(world, order, sku, order.lines[sku].quantity).price


def _standing(world: World, customer: str) -> list[str]:
    one = world.customers[customer]
    holds = {
        "CUSTOMER_INACTIVE": one.status == "INACTIVE",
        "LICENSE_EXPIRED": one.licence == "2020-01-01",
        "CREDIT_HOLD": one.credit == "HOLD",
    }
    return [code for code, so in holds.items() if so]


def _set_aside(world: World, order: Order) -> dict[str, dict[str, list[int]]]:
    """From which warehouses each line takes its bottles: the default one, then the others by name."""
    taken: dict[str, dict[str, list[int]]] = {}
    for sku, line in order.lines.items():
        taken[sku], missing = {}, line.quantity
        places = sorted(
            (place for one, place in world.stock if one == sku),
            key=lambda place: (place != world.terms.warehouse, place),
        )
        for place in places:
            on_hand, reserved = world.stock[sku, place]
            count = min(missing, on_hand - reserved)
            if count:
                taken[sku][place] = [count, 0]
                missing -= count
    return taken


def _reasons(world: World, order: Order, lines: Mapping[str, Line]) -> tuple[str, ...]:
    amounts, limit = order.amounts, world.customers[order.customer].limit
    discounts = amounts.discount + sum(line.discount for line in lines.values())
    above = limit is not None and exposure(world, order.customer) + amounts.total > limit
    bottles = sum(line.quantity for line in lines.values())
    holds = {
        "CREDIT_LIMIT": above and amounts.total > 0,
        "MINIMUM_ORDER": not order.sample and amounts.subtotal - amounts.discount < world.terms.minimum,
        "PRICE_OVERRIDE": any(line.overridden for line in lines.values()),
        "DISCOUNT": discounts > 0,
        "SAMPLE_ALLOWANCE": order.sample and _pulled(world, order) + bottles > world.terms.allowance,
    }
    return tuple(name for name, so in holds.items() if so)


def _pulled(world: World, order: Order) -> int:
    """This month's samples of whom the order counts for: its representative, or who wrote it."""
    whose = order.rep or order.creator
    return sum(
        line.fulfilled if one.status == "CANCELLED" else line.quantity
        for one in world.orders.values()
        for line in one.lines.values()
        if one.sample and one.status != "DRAFT" and (one.rep or one.creator) == whose
    )


def approve(world: World, who: str, order: str) -> list[str]:
    """Somebody else than who wrote it clears the way."""
    found = seen(world, who, order)
    if found.status != "PENDING":
        raise Refused("INVALID_TRANSITION")
    givers = {found.creator, found.discounted_by}
    givers |= {giver for line in found.lines.values() for giver in (line.priced_by, line.discounted_by)}
    if not found.reasons or found.approver is not None or who in givers:
        raise Refused("NOT_ALLOWED")
    found.approver = who
    return ["order.approved"]


def confirm(world: World, who: str, order: str) -> list[str]:
    """The order will be delivered."""
    found = seen(world, who, order)
    if found.status != "PENDING":
        raise Refused("INVALID_TRANSITION")
    if found.reasons and found.approver is None:
        raise Refused("NOT_ALLOWED")
    found.status = "CONFIRMED"
    return ["order.confirmed"]


def fulfil(world: World, who: str, order: str, parts: Mapping[str, int] | None) -> list[str]:
    """Bottles go out, of each line by the names of the warehouses."""
    found = seen(world, who, order)
    if found.status not in ("CONFIRMED", "PARTIALLY_FULFILLED"):
        raise Refused("INVALID_TRANSITION")
    going = {sku: line.missing for sku, line in found.lines.items()} if parts is None else parts
    codes = [
        "OUT_OF_RANGE" if sku in found.lines else "NOT_FOUND"
        for sku, count in going.items()
        if sku not in found.lines or count > found.lines[sku].missing
    ]
    if codes:
        raise Refused(*codes)
    moved = 0
    for sku, count in going.items():
        line, left = found.lines[sku], count
        line.fulfilled += count
        for place, held in sorted(line.held.items()):
            out = min(left, held[0])
            left, moved = left - out, moved + bool(out)
            held[:] = [held[0] - out, held[1] + out]
            item = world.stock[sku, place]
            item[:] = [item[0] - out, item[1] - out]
    whole = not any(line.missing for line in found.lines.values())
    found.status = "FULFILLED" if whole else "PARTIALLY_FULFILLED"
    return [f"order.{found.status.lower()}", *["inventory.fulfilled"] * moved]


def cancel(world: World, who: str, order: str) -> list[str]:
    """What is still set aside becomes free."""
    found = seen(world, who, order)
    if found.status not in (("DRAFT", "PENDING") if who in BUYERS else ("DRAFT", *OPEN)):
        raise Refused("INVALID_TRANSITION")
    found.status = "CANCELLED"
    freed = 0
    for sku, line in found.lines.items():
        for place, held in line.held.items():
            world.stock[sku, place][1] -= held[0]
            freed += bool(held[0])
            held[0] = 0
    return ["order.cancelled", *["inventory.released"] * freed]
