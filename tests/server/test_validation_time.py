"""Documents made to be costly: each fills what the staff may send, and is answered within a bounded amount of work.

Work is the number of functions that are called, since time says more about the machine: a million of them
take some 150 ms.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLSyntaxError, parse

from leora_gql.schema import product_schema
from leora_gql.server.failures import formatted
from leora_gql.server.limits import widest_limits
from leora_gql.server.validation import MAX_TEXT, Checked, check
from leora_gql.settings import Settings

MOST_WORK = 1_100_000
SCHEMA = product_schema()._schema
LIMITS = widest_limits(Settings(_env_file=None))

Make = Callable[[int], str]


def many(each: Callable[[int], str], *, around: str = "%s", after: Make = lambda _: "") -> Make:
    """`around` with so many of `each` in it, and what is to follow."""
    return lambda count: around % " ".join(each(n) for n in range(count)) + after(count)


def same(text: str, *, around: str = "%s") -> Make:
    return lambda count: around % " ".join([text] * count)


def nested(before: str, after: str, *, around: str) -> Make:
    return lambda count: around % (before * count + after * count)


def chain(body: str, *, on: str = "Query", start: str = "{ ...F0 }") -> Make:
    """Fragments that lead from one to the next: `body` formats the next's number."""
    return lambda count: start + " ".join(
        f"fragment F{n} on {on} {{ {body.format(n=n + 1)} }}" for n in range(count)
    ) + f" fragment F{count} on {on} {{ __typename }}"  # fmt: skip


def web(count: int) -> str:
    """Every fragment spreads all that come after it."""
    spreads = [" ".join(f"...F{n}" for n in range(first + 1, count)) for first in range(count)]
    return "{ ...F0 }" + " ".join(
        f"fragment F{n} on Query {{ __typename {after} }}" for n, after in enumerate(spreads)
    )


LISTS = "{ orders(where: {%s}) { totalCount } }"

HOSTILE: dict[str, Make] = {
    "one leaf again and again": same("apiVersion", around="{ %s }"),
    "one object again and again": same("viewer { id }", around="{ %s }"),
    "one nest again and again": same("orders { nodes { customer { orders { nodes { id } } } } }", around="{ %s }"),
    "introspection again and again": same("types { fields { type { name } } }", around="{ __schema { %s } }"),
    "one field with other arguments": many(lambda n: f"orders(first: {n + 1}) {{ totalCount }}", around="{ %s }"),
    "one field with long arguments": same(
        "orders(where: {or: [{status: {eq: DRAFT}}]}) { totalCount }", around="{ %s }"),
    "one alias for other fields": many(lambda n: f"a: {('apiVersion', '__typename')[n % 2]}", around="{ %s }"),
    "aliases": many(lambda n: f"a{n}: apiVersion", around="{ %s }"),
    "unused fragments": many(lambda n: f"fragment F{n} on Query {{ apiVersion }}", around="{ apiVersion } %s"),
    "fragments in one place": many(lambda n: f"...F{n}", around="{ %s }", after=many(
        lambda n: f"fragment F{n} on Query {{ viewer {{ id }} }}")),
    "fragments in a chain": chain("...F{n}"),
    "fragments that double": chain("...F{n} ...F{n}"),
    "fragments that double below aliases": chain("a: manager {{ ...F{n} }} b: manager {{ ...F{n} }}", on="User",
                                                 start="{ viewer { ...F0 } }"),
    "fragments that all spread all": web,
    "fragments in a circle": many(lambda n: f"fragment F{n} on Query {{ ...F{n + 1} }}", around="{ ...F0 } %s",
                                  after=lambda count: f"fragment F{count} on Query {{ ...F0 }}"),
    "fragments of themselves": many(lambda n: f"fragment F{n} on Query {{ ...F{n} }}", around="{ ...F0 } %s"),
    "fragments that there are not": many(lambda n: f"...F{n}", around="{ %s }"),
    "inline fragments": same("... on Query { viewer { id } }", around="{ %s }"),
    "inline fragments of other types": same(
        "... on Order { id } ... on Customer { id }", around='{ node(id: "") { %s } }'),
    "inline fragments of types that there are not": many(lambda n: f"... on X{n} {{ id }}", around="{ %s }"),
    "inline fragments within each other": nested("... { ", "}", around="{ apiVersion ... { %s apiVersion } }"),
    "operations": many(lambda n: f"query Q{n} {{ apiVersion }}"),
    "operations without a name": same("{ apiVersion }"),
    "operations of one name": same("query Q { apiVersion }"),
    "operations that spread one chain": many(lambda n: f"query Q{n} {{ ...F0 }}", after=chain("...F{n}", start="")),
    "operations that use what they lack": many(lambda n: f"query Q{n} {{ ...F0 }}", after=many(
        lambda n: f"orders(first: $v{n}) {{ totalCount }}", around="fragment F0 on Query { %s }")),
    "variables": many(lambda n: f"$v{n}: ID", around="query (%s)", after=many(
        lambda n: f"$v{n}", around="{ nodes(ids: [%s]) { id } }")),
    "variables that are not used": many(lambda n: f"$v{n}: Int", around="query (%s) { apiVersion }"),
    "variables of one name": same("$v: Int", around="query (%s) { apiVersion }"),
    "variables with defaults": many(lambda n: f"$v{n}: [Int] = [1 2 3]", around="query (%s) { apiVersion }"),
    "a variable of a deep type": lambda count: f"query ($v: {'[' * count}Int{']' * count}) {{ apiVersion }}",
    "a long list": same('"a"', around="{ nodes(ids: [%s]) { id } }"),
    "a long list of what does not fit": same("1.5", around="{ nodes(ids: [%s]) { id } }"),
    "a deep list": nested("[", "]", around="{ nodes(ids: %s) { id } }"),
    "arguments that there are not": many(lambda n: f"firs{n}: 1", around="{ orders(%s) { totalCount } }"),
    "one argument again and again": same("first: 1", around="{ orders(%s) { totalCount } }"),
    "input fields that there are not": many(lambda n: f"numbe{n}: 1", around=LISTS),
    "one input field again and again": same("status: {eq: DRAFT}", around=LISTS),
    "many conditions": same("{status: {eq: DRAFT}}", around=LISTS % "and: [%s]"),
    "deep conditions": lambda count: LISTS % ("not: {" * count + "}" * count),
    "enum values that there are not": many(lambda n: f"DRAF{n}", around=LISTS % "status: {in: [%s]}"),
    "fields that there are not": many(lambda n: f"order{n}", around="{ %s }"),
    "fields that there are not on an object": many(lambda n: f"nam{n}", around="{ tenant { %s } }"),
    "deep fields": nested("customer { orders { nodes {", "}}}", around="{ orders { nodes { %s } } }"),
    "directives": same("@include(if: true)", around="{ apiVersion %s }"),
    "directives that there are not": many(lambda n: f"@x{n}", around="{ apiVersion %s }"),
    "definitions of types": many(lambda n: f"type T{n} {{ a: Int }}"),
    "subscriptions": many(lambda n: f"a{n}: x", around="subscription { %s }"),
}  # fmt: skip
"""Documents by what is many in them."""


def fits(document: str) -> bool:
    try:
        parse(document, max_lexical_tokens=LIMITS.tokens)
    except GraphQLSyntaxError:
        return False
    return len(document) <= MAX_TEXT


def largest(make: Make) -> str:
    """The document with as many of its parts as can be sent."""
    count = 1
    while fits(make(2 * count)):
        count *= 2
    for bit in (2**power for power in reversed(range(count.bit_length()))):
        if bit < count and fits(make(count + bit)):
            count += bit
    return make(count)


@dataclass
class Work:
    """How many functions were called."""

    calls: int = 0


@contextmanager
def counted() -> Iterator[Work]:
    work = Work()

    def note(_: Any, kind: str, __: Any) -> None:
        work.calls += kind in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield work
    finally:
        sys.setprofile(before)


def checked(document: str) -> Checked:
    return check(SCHEMA, document, LIMITS)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_costly_document_takes_bounded_work(name: str) -> None:
    document = largest(HOSTILE[name])
    with counted() as work:
        found = checked(document)
    assert work.calls < MOST_WORK
    assert all(error.extensions and "code" in error.extensions for error in found.errors)


@pytest.mark.parametrize("name", [name for name in HOSTILE if "again and again" in name])
def test_what_is_repeated_beyond_reason_is_refused(name: str) -> None:
    assert checked(largest(HOSTILE[name])).document is None


def test_work_that_was_cut_short_is_told_as_such() -> None:
    (error,) = checked(largest(HOSTILE["one object again and again"])).errors
    assert error.extensions == {"code": "OPERATION_TOO_EXPENSIVE"}
    assert error.message.startswith("Validating the document takes too long.")


def test_ordinary_repetition_is_no_such_document() -> None:
    assert checked(same("viewer { id }", around="{ %s }")(40)).errors == ()
    twenty = many(lambda n: f"...F{n}", around="{ viewer { %s } }", after=many(
        lambda n: f"fragment F{n} on User {{ id email firstName lastName manager {{ id email }} }}"))  # fmt: skip
    assert checked(twenty(20)).errors == ()


def test_only_a_few_errors_are_told_of_one_value() -> None:
    """Each of them quotes the whole value."""
    assert len(checked(HOSTILE["input fields that there are not"](1_000)).errors) == 3


MEBIBYTE = 1024 * 1024
GARBAGE = {
    "nothing but NUL": "\x00",
    "nothing but braces": "{",
    "nothing but blanks": " ",
    "nothing but commas": ",",
    "nothing but comments": "#\n",
    "nothing but names": "a ",
    "nothing but spreads": "...",
    "nothing but numbers": "{ a(b: 1)} ",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_a_mebibyte_of_garbage_is_not_read(name: str) -> None:
    garbage = GARBAGE[name] * (MEBIBYTE // len(GARBAGE[name]))
    with counted() as work:
        (error,) = checked(garbage).errors
    assert error.extensions == {"code": "OPERATION_TOO_EXPENSIVE"}
    assert work.calls < 100


VALUES = {
    "a name": "{ %s }", "an alias": "{ %s: apiVersion }", "a variable": "query ($%s: Int) { apiVersion }",
    "a type": "{ ... on %s { id } }", "a directive": "{ apiVersion @%s }", "a fragment": "{ ...%s }",
    "an argument": "{ orders(%s: 1) { totalCount } }", "an input field": LISTS % "%s: 1",
    "an enum value": LISTS % "status: {eq: %s}", "a comment": "{ nosuchfield } # %s",
    "text": '{ nodes(ids: "%s") { nosuchfield } }', "block text": '{ nodes(ids: """%s""") { nosuchfield } }',
    "open text": '{ nodes(ids: "%s', "text for a date": LISTS % 'placedAt: {eq: "%s"}',
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize(
    "filling", ["a", "\\u0041", "\\u{41}", "\\n", '\\"""', "\n", "é", " cannot represent"]
)
def test_one_long_piece_of_text_is_read_and_told_of_in_time(name: str, filling: str) -> None:
    """What a single call does with much text no count of calls shows: so this is timed, generously."""
    document = VALUES[name].replace("%s", filling * ((MAX_TEXT - 60) // len(filling)))
    start = time.process_time()
    found = checked(document)
    told = [formatted(error, request_id="r") for error in found.errors]
    assert time.process_time() - start < 1
    assert all(len(error["message"]) <= 501 for error in told)


NUMBERS = [
    "1e999",
    "-1e999",
    "9" * 10_000,
    "9" * 10_000 + "e5",
    "1e" + "9" * 10_000,
    "0." + "0" * 10_000 + "1",
]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:8])
@pytest.mark.parametrize("place", ["total: {eq: %s}", "total: {in: [%s]}", "version: {eq: %s}"])
def test_a_number_that_nothing_holds_is_bad_input(place: str, number: str) -> None:
    errors: tuple[GraphQLError, ...] = checked(LISTS % place.replace("%s", number)).errors
    codes = {error.extensions["code"] for error in errors if error.extensions}
    assert codes == {"BAD_USER_INPUT"}
    assert errors[0].path == ["orders"]
