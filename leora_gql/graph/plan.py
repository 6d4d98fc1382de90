"""The declared mutations of one operation: planned first, then done, then told.

Plain data, so that whoever tells the answer (the resolvers, the compiler) can see which row was made.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID

from asyncpg import IntegrityConstraintViolationError
from sqlalchemy.exc import IntegrityError

from leora_gql.auth.principal import Principal
from leora_gql.graph.batches import Batch, of_item
from leora_gql.graph.entity import Entity
from leora_gql.graph.fields import Access
from leora_gql.graph.input_objects import input_reader
from leora_gql.graph.mutation_inputs import InputCheck, MutationInput
from leora_gql.graph.problems import Problem, rolled_back
from leora_gql.graph.violations import violation

N_contra = TypeVar("N_contra", contravariant=True)


class Work(Protocol):
    """What services work with, as far as planning has to know it (`domains.change.Change`)."""

    def begin(self, operation: str) -> None:
        """What is done from now on belongs to the mutation of that name."""
        ...

    def part(self) -> AbstractAsyncContextManager[None]:
        """A part that is undone alone when an error leaves it."""
        ...


class Service(Protocol[N_contra]):
    """The rules of one mutation: it writes in the transaction of the change and never ends it.

    It gives the row's key, or what is wrong with the input.
    """

    def __call__(self, change: Any, new: N_contra, /) -> Awaitable[UUID | Problem | Sequence[Problem]]:
        """Do it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A declared mutation of rows of `entity`.

    `inputs` are the names of its input's fields (of an item's, in a bulk one), and `given` is the input's type.
    `locks` gives what is locked for an input. Payloads that are `plain` hold the row as it is, which one statement can
    read; those of removals and of bulk mutations are told by resolvers.
    """

    name: str
    entity: Entity
    access: Access
    service: Service[Any]
    inputs: frozenset[str]
    given: type[MutationInput[Any]]
    locks: Callable[[Any], Any] | None = None
    plain: bool = True

    @property
    def payload(self) -> str:
        """The name of its payload type."""
        return f"{self.name[0].upper()}{self.name[1:]}Payload"


@dataclass(frozen=True, slots=True)
class Created:
    """The row that a mutation made. Whoever tells the answer reads it."""

    entity: Entity
    key: UUID


Done = Created | tuple[Problem, ...]
"""What a service came to: the row, or why not."""


@dataclass(frozen=True, slots=True)
class Items:
    """What became of each item of a bulk mutation. With `reject_all` one that is refused undoes all."""

    done: tuple[Done, ...]
    reject_all: bool

    @property
    def failed(self) -> bool:
        """Whether nothing of the operation may happen."""
        return self.reject_all and any(isinstance(one, tuple) for one in self.done)


Outcome = Done | Items | Exception
"""What became of a call: the row or rows, why the input was refused, or an error."""


Known = UUID | tuple[UUID | tuple[Problem, ...], ...]
"""What it takes to tell a call again that was done: its row, or for each item its row or why not."""


class _Refused(Exception):
    """Leaves the part of an item that is refused, so that nothing of it stays."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__()
        self.problems = problems


def _required(done: Done) -> Created:
    if isinstance(done, tuple):
        raise _Refused(done)
    return done


@dataclass(slots=True, kw_only=True)
class Call:
    """One mutation of an operation: who calls it with what, and what became of it (None: not done yet)."""

    mutation: Mutation
    actor: Principal
    value: object
    outcome: Outcome | None = None

    @property
    def failed(self) -> bool:
        """Whether it keeps all of the operation from happening."""
        return (
            self.outcome.failed
            if isinstance(self.outcome, Items)
            else isinstance(self.outcome, tuple | Exception)
        )

    async def run(self, work: Work) -> None:
        """Call the service, or for a batch the service of each item."""
        work.begin(self.mutation.name)
        if isinstance(self.value, Batch):
            self.outcome = await self._items(work, self.value)
        else:
            self.outcome = await self._done(work, self.value)

    async def _done(self, work: Work, value: object) -> Done:
        """A constraint that a field of the input violates is a problem with that field."""
        try:
            done = await self.mutation.service(work, value)
        except (IntegrityError, IntegrityConstraintViolationError) as error:
            found = violation(error, inputs=self.mutation.inputs)
            if found is None:
                raise
            done = found
        if isinstance(done, UUID):
            return Created(self.mutation.entity, done)
        return (done,) if isinstance(done, Problem) else tuple(done)

    async def _items(self, work: Work, batch: Batch) -> Items:
        done: list[Done] = []
        for index, (value, problems) in enumerate(zip(batch.items, batch.problems, strict=True)):
            done.append(problems or await self._item(work, value, index))
        return Items(tuple(done), batch.reject_all)

    async def _item(self, work: Work, value: object, index: int) -> Done:
        try:
            async with work.part():
                return _required(await self._done(work, value))
        except _Refused as refused:
            return tuple(of_item(problem, index) for problem in refused.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What a mutation answers with: a row, or problems, or that for each item. The record behind every payload type."""

    created: Created | None = None
    problems: tuple[Problem, ...] = ()
    items: tuple[Payload, ...] = ()


@dataclass(slots=True)
class Plan:
    """The declared mutations of one operation by response key, in their order.

    `broken` says that a root field has failed before anything was done; `closed`, that no more are planned.
    """

    calls: dict[str, Call] = field(default_factory=dict[str, Call])
    broken: bool = False
    closed: bool = False

    @property
    def created(self) -> dict[str, UUID] | None:
        """The keys of all new rows by response key; None unless everything was done."""
        rows = {
            key: call.outcome.key for key, call in self.calls.items() if isinstance(call.outcome, Created)
        }
        return rows if rows and len(rows) == len(self.calls) else None

    @property
    def failed(self) -> bool:
        """Whether nothing of the operation may happen."""
        return self.broken or any(call.failed for call in self.calls.values())

    def add(self, key: str, mutation: Mutation, given: MutationInput[object], *, actor: Principal) -> Payload:
        """Plan a call. Raises `Forbidden` before it looks at the input."""
        if self.closed:
            raise RuntimeError("A mutation was told that nobody had planned.")
        call = self.calls[key] = Call(mutation=mutation, actor=actor, value=None)
        refusal = mutation.access.refusal(actor)
        if refusal is not None:
            call.outcome = refusal
            raise refusal
        check = InputCheck(actor)
        try:
            call.value = given.checked(check)
        except Exception as error:
            call.outcome = error
            raise
        call.outcome = tuple(check.problems) or _refused_items(call.value)
        return Payload()

    def attempt(self, key: str, mutation: Mutation, value: Mapping[str, Any], *, actor: Principal) -> None:
        """Plan a call with its input's coerced value; what it raises is its outcome."""
        with contextlib.suppress(Exception):
            self.add(key, mutation, input_reader(mutation.given)(value), actor=actor)

    def locks(self) -> list[Any]:
        """What the calls lock."""
        return [call.mutation.locks(call.value) for call in self.calls.values() if call.mutation.locks]

    async def run(self, work: Work) -> None:
        """Call the services in order, up to the first that refuses."""
        for call in self.calls.values():
            await call.run(work)
            if self.failed:
                return

    @property
    def denied(self) -> bool:
        """Whether a call failed before anything was done, for another reason than its input."""
        return self.broken or any(isinstance(call.outcome, Exception) for call in self.calls.values())

    def forget(self) -> None:
        """Nothing of it has happened: it is to be done once more."""
        for call in self.calls.values():
            call.outcome = None

    @property
    def known(self) -> dict[str, Known]:
        """What it takes to tell all calls again, by response key; for when they are done."""
        return {key: _known(call.outcome) for key, call in self.calls.items()}

    def recall(self, known: Mapping[str, Known]) -> None:
        """The calls have been done, and came to this."""
        for key, what in known.items():
            call = self.calls[key]
            call.outcome = _recalled(what, call.mutation.entity)

    def fail(self, error: Exception) -> None:
        """Nothing happened: the error is the call's that was being done, or every call's when all were."""
        waiting = [call for call in self.calls.values() if call.outcome is None]
        for call in waiting[:1] or self.calls.values():
            call.outcome = error

    def told(self, key: str) -> Payload | None:
        """What to answer for a planned call; None where none is planned. Raises the error that it met."""
        call = self.calls.get(key)
        if call is None:
            return None
        if isinstance(call.outcome, Exception):
            raise call.outcome
        if isinstance(call.outcome, tuple):
            return Payload(problems=call.outcome)
        if isinstance(call.outcome, Items):
            undone = self.failed
            return Payload(items=tuple(_told_item(one, undone=undone) for one in call.outcome.done))
        if self.failed or call.outcome is None:
            return Payload(problems=(rolled_back(),))
        return Payload(created=call.outcome)


def _known(outcome: Outcome | None) -> Known:
    if isinstance(outcome, Items):
        return tuple(one.key if isinstance(one, Created) else one for one in outcome.done)
    assert isinstance(outcome, Created), "Only of what was done is more known."
    return outcome.key


def _recalled(what: Known, entity: Entity) -> Created | Items:
    if isinstance(what, UUID):
        return Created(entity, what)
    done = tuple(Created(entity, one) if isinstance(one, UUID) else one for one in what)
    return Items(done, reject_all=False)


def _refused_items(value: object) -> Items | None:
    """What becomes of a batch that is refused before anything is done: one of its items is bad, and it rejects all."""
    if not isinstance(value, Batch) or not value.reject_all or not any(value.problems):
        return None
    return Items(tuple(problems or (rolled_back(),) for problems in value.problems), reject_all=True)


def _told_item(done: Done, *, undone: bool) -> Payload:
    if isinstance(done, tuple):
        return Payload(problems=done)
    return Payload(problems=(rolled_back(),)) if undone else Payload(created=done)
