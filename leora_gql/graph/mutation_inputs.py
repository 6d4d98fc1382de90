"""Reading a mutation's input: values of the right form, or each problem with the path of its field.

One way for all mutations: an input type has a method `checked(check)` that makes the service's own
value of it. What is refused here never opens a transaction; what takes the database to know is the
service's to say.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol, TypeVar
from uuid import UUID

from strawberry import UNSET
from strawberry.types.unset import UnsetType
from strawberry.utils.str_converters import to_camel_case

from leora_gql.auth.principal import Principal
from leora_gql.errors import BadUserInput
from leora_gql.graph.node import decode_id_of
from leora_gql.graph.problems import Problem, UserErrorCode

V = TypeVar("V")
N_co = TypeVar("N_co", covariant=True)

_CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
"""Control characters, and those that turn the direction of what follows; not tab and line feed."""
_NO_PROSE = re.compile(f"[{_CONTROL}]")
_NO_LINE = re.compile(rf"[\t\n{_CONTROL}]")
_MEANS = {_NO_PROSE: "This holds a control character.", _NO_LINE: "One line, without control characters."}
_ATOM = rf"""[^\s@<>()\[\]\\,;:".{_CONTROL}]+"""
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@[\w-]+(\.[\w-]+)*")
"""A dot-atom at a domain (RFC 5322, RFC 6531): what means one address and no other in the head of a mail."""
_NOWHERE = UUID(int=0)
_MOST_MONEY = 10**13
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
"""No day of ours lies outside; the driver takes the first and the last that Python has for infinity."""


def given(value: V | UnsetType | None) -> V | None:
    """The value, or None when it was left out."""
    return None if isinstance(value, UnsetType) else value


def is_given(value: object) -> bool:
    """Whether the input says something other than null."""
    return value is not UNSET and value is not None


class InputCheck:
    """Reads the values of one input for a principal and collects what is wrong with them.

    Every method takes the value and the GraphQL name of its field, and gives a value of the right form
    even when it refuses: what is made of it is thrown away once there are `problems`.
    """

    def __init__(
        self, principal: Principal, *, path: tuple[str, ...] = (), problems: list[Problem] | None = None
    ) -> None:
        self.principal = principal
        self.problems: list[Problem] = [] if problems is None else problems
        self._path = path

    def below(self, *steps: str | int) -> InputCheck:
        """The check of what lies below a field: `check.below("lines", 0)`."""
        path = (*self._path, *map(str, steps))
        return InputCheck(self.principal, path=path, problems=self.problems)

    def refuse(self, code: UserErrorCode, message: str, *field: str) -> None:
        """Note a problem with a field."""
        self.problems.append(Problem(code, message, (*self._path, *field)))

    def text(self, value: str | None, field: str, *, limit: int) -> str | None:
        """A line of at most `limit` characters without white space around it; None for a blank one."""
        return self._clean(value, field, limit=limit, never=_NO_LINE)

    def prose(self, value: str | None, field: str, *, limit: int) -> str | None:
        """As `text`, of any number of lines, each ending with a line feed."""
        lines = (given(value) or "").replace("\r\n", "\n")
        return self._clean(lines, field, limit=limit, never=_NO_PROSE)

    def _clean(self, value: str | None, field: str, *, limit: int, never: re.Pattern[str]) -> str | None:
        clean = (given(value) or "").strip()
        if len(clean) > limit:
            self.refuse(UserErrorCode.TOO_LONG, f"At most {limit:,} characters.", field)
        elif never.search(clean):
            self.refuse(UserErrorCode.INVALID, _MEANS[never], field)
        return clean or None

    def required_text(self, value: str, field: str, *, limit: int) -> str:
        """As `text`; REQUIRED when it is blank."""
        clean = self.text(value, field, limit=limit)
        if clean is None:
            self.refuse(UserErrorCode.REQUIRED, "This must not be blank.", field)
        return clean or ""

    def formed(
        self, value: str | None, field: str, *, limit: int, form: re.Pattern[str], means: str
    ) -> str | None:
        """As `text`; INVALID unless all of it has the form, which `means` says in words."""
        known = len(self.problems)
        clean = self.text(value, field, limit=limit)
        if clean is not None and len(self.problems) == known and not form.fullmatch(clean):
            self.refuse(UserErrorCode.INVALID, means, field)
        return clean

    def required_formed(
        self, value: str | None, field: str, *, limit: int, form: re.Pattern[str], means: str
    ) -> str:
        """As `formed`; REQUIRED when it is blank."""
        clean = self.formed(value, field, limit=limit, form=form, means=means)
        if clean is None:
            self.refuse(UserErrorCode.REQUIRED, "This must not be blank.", field)
        return clean or ""

    def email(self, value: str | None, field: str) -> str | None:
        """An e-mail address, or None."""
        return self.formed(value, field, limit=254, form=_EMAIL, means="This is not an e-mail address.")

    def whole(self, value: int, field: str, *, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        if not low <= value <= high:
            self.refuse(UserErrorCode.OUT_OF_RANGE, f"A whole number from {low:,} to {high:,}.", field)
        return value

    def money(self, value: Decimal | None, field: str, *, low: int = 0) -> int | None:
        """An amount in cents, of at least `low` cents and at most 10^13 whole units; or None."""
        amount = given(value)
        if amount is None:
            return None
        if abs(amount) <= _MOST_MONEY and amount != round(amount, 2):
            self.refuse(UserErrorCode.INVALID, "An amount has at most two decimals.", field)
            return low
        if not Decimal(low).scaleb(-2) <= amount <= _MOST_MONEY:
            message = f"An amount from {Decimal(low).scaleb(-2):,.2f} to {_MOST_MONEY:,}.00."
            self.refuse(UserErrorCode.OUT_OF_RANGE, message, field)
            return low
        return int(amount * 100)

    def key(self, value: str | None, field: str, *, of: str) -> UUID | None:
        """The key in a global id of the type `of`, or None. What is no such id is NOT_FOUND.

        Whether there is a row of that key, and whether the caller may see it, only the database says.
        """
        text = given(value)
        if text is None:
            return None
        try:
            return decode_id_of(of, text)
        except BadUserInput:
            self.refuse(UserErrorCode.NOT_FOUND, f"There is no such {of}.", field)
            return _NOWHERE

    def required_key(self, value: str | None, field: str, *, of: str) -> UUID:
        """As `key`; REQUIRED when it is missing."""
        if not is_given(value):
            self.refuse(UserErrorCode.REQUIRED, "This must be given.", field)
        return self.key(value, field, of=of) or _NOWHERE

    def count(self, value: int | None, field: str, *, low: int, high: int) -> int | None:
        """As `whole`, or None."""
        return None if value is None else self.whole(value, field, low=low, high=high)

    def decimal(
        self, value: Decimal | None, field: str, *, low: Decimal, high: Decimal, places: int
    ) -> Decimal | None:
        """A number from `low` to `high` with at most so many decimal places; or None."""
        if value is None:
            return None
        if not low <= value <= high:
            self.refuse(UserErrorCode.OUT_OF_RANGE, f"A number from {low:,} to {high:,}.", field)
            return low
        if value != round(value, places):
            self.refuse(UserErrorCode.INVALID, f"A number has at most {places} decimals here.", field)
        return value

    def date(self, value: dt.date | None, field: str) -> dt.date | None:
        """A day from 1900 to 2199; or None."""
        day = given(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            self.refuse(UserErrorCode.OUT_OF_RANGE, f"A day from {FIRST_DAY} to {LAST_DAY}.", field)
        return day

    def moment(self, value: dt.datetime | None, field: str) -> dt.datetime | None:
        """A moment of a day (in UTC) as `date` takes it; or None."""
        at = given(value)
        if at is not None:
            self.date(at.astimezone(dt.UTC).date(), field)
        return at

    def required(self, value: V | None, field: str) -> V | None:
        """The value as it is; REQUIRED when it is null."""
        if value is None:
            self.refuse(UserErrorCode.REQUIRED, "This must not be null.", field)
        return value

    def patch(self, given: object, **readers: Callable[[Any, str], object]) -> dict[str, object]:
        """The values of the fields that are given, null among them, each as its reader makes it; by attribute."""
        values = {name: getattr(given, name) for name in readers}
        return {
            name: readers[name](value, to_camel_case(name))
            for name, value in values.items()
            if value is not UNSET
        }

    def allow(self, value: object, field: str, *, allowed: bool) -> None:
        """NOT_ALLOWED when a field is given that is not this caller's to give."""
        if is_given(value) and not allowed:
            self.refuse(UserErrorCode.NOT_ALLOWED, "You may not set this.", field)


class MutationInput(Protocol[N_co]):
    """An input type: what `checked` makes of it is what the service takes."""

    def checked(self, check: InputCheck) -> N_co:
        """The service's value; it counts only while `check.problems` is empty."""
        ...
