"""What the reps do: activities, planned visits, tasks and samples."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from leora_gql.domains.intelligence.enums import (
    ActivityKind,
    CallPlanStatus,
    SamplePullStatus,
    TaskPriority,
    TaskStatus,
)
from leora_gql.domains.intelligence.metrics import Subject, Tally
from leora_gql.domains.intelligence.models import Activity, CallPlan, SamplePull, Task
from leora_gql.seed.accounts import Account
from leora_gql.seed.people import Staff
from leora_gql.seed.plan import World
from leora_gql.seed.sheets import Sheets
from leora_gql.seed.stock import Stock

_TALK: Final = {
    ActivityKind.CALL: ("Checked on the last delivery", "Talked through the new vintages"),
    ActivityKind.VISIT: ("Walked the back bar", "Met the new beverage director"),
    ActivityKind.EMAIL: ("Sent the spring price list", "Answered a question about allocations"),
    ActivityKind.TASTING: ("Tasted three reds with the staff", "By-the-glass tasting"),
    ActivityKind.NOTE: ("Changing the wine list next month", "New owner from next quarter"),
}
_OUTCOMES: Final = (
    "Will order this week",
    "Wants samples first",
    "Happy",
    "Call back after the holidays",
    None,
)
_OBJECTIVES: Final = (
    "Place the new rosé",
    "Win back the well vodka",
    "Review the glass list",
    "Collect payment",
)
_TITLES: Final = (
    "Send tasting notes",
    "Renew the licence copy",
    "Fix the delivery address",
    "Quote large formats",
)


class Fieldwork:
    """Writes the reps' work, account after account; remembers each one's activities and samples."""

    def __init__(self, sheets: Sheets, world: World, *, staff: Staff, stock: Stock, tally: Tally) -> None:
        self.activity_days: dict[UUID, list[dt.date]] = {}
        self.sample_days: dict[UUID, list[tuple[dt.date, int]]] = {}
        self._sheets = sheets
        self._world = world
        self._staff = staff
        self._stock = stock
        self._tally = tally
        self._dice = world.dice("fieldwork")

    def visit(self, account: Account) -> None:
        """All that the account's rep did there and plans to do."""
        dice, calendar = self._dice, self._world.calendar
        day = calendar.ago(dice.choice((1, 2, 3, 5, 8, 13, 21, 34, 55)))
        while day >= calendar.first:
            self._talk(account, day)
            day -= dt.timedelta(days=dice.randint(20, 90))
        self._plan(account, calendar.ago(dice.randint(3, 40)), past=True)
        self._plan(account, calendar.ago(-dice.randint(0, 21)), past=False)
        if dice.happens(60):
            self._task(account)
        for _ in range(dice.choice((0, 1, 1, 2))):
            self._sample(account, calendar.ago(dice.randint(1, 150)))

    def request_samples(self, account: Account) -> None:
        """Pulls above the allowance: one asked for, one approved and one turned down."""
        dice, calendar = self._dice, self._world.calendar
        for status in (SamplePullStatus.REQUESTED, SamplePullStatus.APPROVED, SamplePullStatus.REJECTED):
            at = calendar.at(calendar.ago(dice.randint(1, 6)), dice.randint(540, 1_000))
            decided = None if status is SamplePullStatus.REQUESTED else self._staff.manager
            self._write_pull(account, status, at, quantity=dice.randint(61, 72), decided_by=decided)

    def _talk(self, account: Account, day: dt.date, *, kind: ActivityKind | None = None) -> UUID:
        dice = self._dice
        at = self._world.calendar.at(day, dice.randint(540, 1_080))
        activity, kind = dice.id(at), kind or dice.choice(tuple(_TALK))
        subject = dice.choice(_TALK[kind]) if kind in _TALK else "What they thought of the samples"
        follow_up = day + dt.timedelta(days=dice.randint(3, 14)) if dice.happens(35) else None
        self._sheets.add(
            Activity,
            id=activity,
            customer_id=account.id,
            user_id=account.rep,
            order_id=None,
            kind=kind,
            subject=subject,
            notes="See the shared list for what they pour now." if dice.happens(25) else None,
            outcome=dice.choice(_OUTCOMES),
            occurred_at=at,
            follow_up_on=follow_up,
            created_at=at,
            updated_at=at,
        )
        self._tally.activity(day, Subject(user=account.rep, customer=account.id))
        self.activity_days.setdefault(account.id, []).append(day)
        return activity

    def _plan(self, account: Account, day: dt.date, *, past: bool) -> None:
        dice, calendar = self._dice, self._world.calendar
        made = calendar.at(min(day, calendar.today) - dt.timedelta(days=dice.randint(4, 12)), 600)
        status = CallPlanStatus.SCHEDULED
        if past:
            status = dice.choice(
                (
                    CallPlanStatus.COMPLETED,
                    CallPlanStatus.COMPLETED,
                    CallPlanStatus.SKIPPED,
                    CallPlanStatus.CANCELLED,
                )
            )
        done = calendar.at(day, 930) if status is CallPlanStatus.COMPLETED else None
        self._sheets.add(
            CallPlan,
            id=dice.id(made),
            customer_id=account.id,
            user_id=account.rep,
            planned_on=day,
            status=status,
            objective=dice.choice(_OBJECTIVES),
            outcome=dice.choice(_OUTCOMES) if done else None,
            completed_at=done,
            created_at=made,
            updated_at=done or made,
        )

    def _task(self, account: Account) -> None:
        dice, calendar = self._dice, self._world.calendar
        made = calendar.at(calendar.ago(dice.randint(2, 45)), dice.randint(540, 1_000))
        status = dice.choice(tuple(TaskStatus))
        done = min(made + dt.timedelta(days=3), calendar.now) if status is TaskStatus.DONE else None
        self._sheets.add(
            Task,
            id=dice.id(made),
            user_id=account.rep,
            customer_id=account.id,
            title=dice.choice(_TITLES),
            description="Promised at the last visit." if dice.happens(40) else None,
            status=status,
            priority=dice.choice(tuple(TaskPriority)),
            due_on=calendar.ago(dice.randint(-20, 10)),
            completed_at=done,
            source=dice.choice(("MANUAL", "MANUAL", "PACE", "REVENUE_HEALTH", "SAMPLE_FEEDBACK")),
            created_at=made,
            updated_at=done or made,
        )

    def _sample(self, account: Account, day: dt.date) -> None:
        dice, calendar = self._dice, self._world.calendar
        at, bottles = calendar.at(day, dice.randint(540, 1_000)), dice.randint(1, 4)
        feedback = None
        if dice.happens(55):
            heard = min(day + dt.timedelta(days=dice.randint(1, 9)), calendar.ago(1))
            feedback = self._talk(account, heard, kind=ActivityKind.SAMPLE)
        self._write_pull(
            account, SamplePullStatus.PULLED, at, quantity=bottles, pulled=True, feedback=feedback
        )
        self._tally.samples(
            day,
            Subject(user=account.rep, customer=account.id),
            bottles=bottles,
            with_feedback=feedback is not None,
        )
        self.sample_days.setdefault(account.id, []).append((day, bottles))

    def _write_pull(
        self,
        account: Account,
        status: SamplePullStatus,
        at: dt.datetime,
        *,
        quantity: int,
        pulled: bool = False,
        decided_by: UUID | None = None,
        feedback: UUID | None = None,
    ) -> None:
        item = self._dice.choice(account.favourites)
        warehouse = self._world.plan.warehouses[0]
        if pulled:
            day = at.astimezone(self._world.calendar.zone).date()
            warehouse = self._stock.sample(item, quantity, at=at, day=day, rep=account.rep)
        self._sheets.add(
            SamplePull,
            id=self._dice.id(at),
            user_id=account.rep,
            customer_id=account.id,
            sku_id=item.id,
            warehouse=warehouse,
            quantity=quantity,
            status=status,
            requested_at=at,
            pulled_at=at if pulled else None,
            approved_by_id=decided_by,
            feedback_activity_id=feedback,
            created_at=at,
            updated_at=at,
        )
