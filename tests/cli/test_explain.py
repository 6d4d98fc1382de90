"""`leora explain` as a person types it."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text

from leora_gql.cli.main import main
from leora_gql.db.addresses import connected
from leora_gql.secrets_file import SECRET_NAMES
from leora_gql.settings import Settings
from tests.accounts import Company, make_company
from tests.api import BUYER, REP

ORDERS = """query Orders($like: String) {
  orders(first: 2, where: {number: {startsWith: $like}}) { nodes { number } pageInfo { endCursor } }
}
"""
INVOICES = "{ invoices(first: 2) { nodes { number } } }"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def leora(
    direct_url: URL,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Run:
    """Explains a document on the seeded database; gives the exit code and what was printed on both streams."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("DATABASE_URL", direct_url.render_as_string(hide_password=False))
    monkeypatch.setenv("CURSOR_KEY", settings.cursor_key.get_secret_value())
    monkeypatch.setattr("signal.signal", lambda number, handler: None)

    def run(document: str, *words: str) -> tuple[int, str, str]:
        (tmp_path / "operation.graphql").write_text(document)
        with pytest.raises(SystemExit) as ended:
            main(["explain", "operation.graphql", *words])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


@pytest.fixture
def read(leora: Run) -> Callable[..., Any]:
    """The same, for machines."""

    def run(document: str, *words: str) -> Any:
        code, out, err = leora(document, "--json", *words)
        assert code == 0, err
        return json.loads(out)

    return run


def suppliers_called(name: str, url: URL) -> int:
    async def count() -> int:
        async with connected(url) as connection:
            counting = text("SELECT count(*) FROM leora.suppliers WHERE name = :name")
            return int(await connection.scalar(counting, {"name": name}))

    return asyncio.run(count())


def test_a_compiled_query_is_shown_whole(leora: Run) -> None:
    code, out, err = leora(ORDERS, "--variables", '{"like": "SO"}')
    assert (code, err) == (0, "")
    summary, reads, parameters, sql, plan = out.split("\n\n")
    assert summary.splitlines() == [
        "query Orders",
        "  as    admin@wellcrafted.test, staff of well-crafted",
        "  cost  4 at most; 50,000 may be",
        "  way   compiled",
    ]
    assert reads.splitlines()[:2] == [
        "Reads",
        "  orders  first 2 Order where number starts_with $3 by id asc",
    ]
    assert parameters.splitlines() == [
        "Parameters",
        "  $1  bytea    <key>",
        "  $2  bytea    <key>",
        '  $3  varchar  "SO"',
    ]
    assert "FROM leora.orders AS t0" in sql
    assert plan.startswith("Plan, estimated (--analyze measures), as leora_staff\n")
    assert "tenant_id = (InitPlan" in plan
    assert "Planning Time" in plan
    assert "actual time" not in plan


def test_analyze_runs_and_measures(leora: Run) -> None:
    _, out, _ = leora(INVOICES, "--analyze")
    assert "Plan, measured, as leora_staff" in out
    assert "actual time=" in out
    assert "Buffers:" in out
    assert "Execution Time" in out


def test_a_buyer_has_the_portals_login_policies_and_limits(read: Callable[..., Any]) -> None:
    staff, buyer = read(INVOICES), read(INVOICES, "--as", BUYER)
    assert buyer["as"] == {"email": BUYER, "audience": "PORTAL", "tenant": "well-crafted"}
    assert buyer["login"] == "leora_portal"
    assert buyer["cost"] == {"requested": 3, "limit": 10_000}
    assert "customer_id = (InitPlan" in "\n".join(buyer["plan"])
    assert "customer_id" not in "\n".join(staff["plan"])


def test_why_a_query_is_not_compiled_is_said(leora: Run) -> None:
    code, out, _ = leora("{ viewer { __typename } }")
    assert code == 0
    assert "  way   resolved (hand_written): viewer has a resolver written by hand." in out
    assert "SQL" not in out
    code, out, _ = leora("{ skus(first: 1) { nodes { cost } } }", "--as", REP)
    assert code == 0
    assert "  way   resolved (denied): This needs the permission catalog.cost." in out


def test_with_the_compiler_off_everything_is_resolved(
    read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPILER", "off")
    assert read(INVOICES)["reason"] == "switched_off"


def test_what_needs_no_row_has_no_sql(read: Callable[..., Any]) -> None:
    found = read("query Nothing { __typename }")
    assert (found["operation"], found["way"]) == ("Nothing", "compiled")
    assert "sql" not in found


def test_a_mutation_is_priced_and_not_done(read: Callable[..., Any], direct_url: URL) -> None:
    found = read(
        'mutation { createSupplier(input: {name: "Never"}) { supplier { id } userErrors { code } } }',
        "--analyze",
    )
    assert (found["way"], found["reason"]) == ("resolved", "mutation")
    assert found["cost"]["requested"] > 10
    assert suppliers_called("Never", direct_url) == 0


def test_what_would_be_refused_is_told_with_its_place(leora: Run) -> None:
    code, out, err = leora("{\n  nope\n  orders(first: 1) { nodes { neither } }\n}")
    assert (code, out) == (1, "")
    assert "The operation would be refused:" in err
    assert "2:3 Cannot query field 'nope' on type 'Query'." in err
    assert "3:30 Cannot query field 'neither' on type 'Order'." in err
    code, _, err = leora("{ orders(first: ")
    assert (code, "1:17 Syntax Error" in err) == (1, True)


def test_what_is_too_expensive_is_told(leora: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF_MAX_COST", "100")
    code, _, err = leora("{ orders(first: 100) { nodes { lines(first: 100) { nodes { id } } } } }")
    assert (code, "The operation would cost" in err, "at most 100 may be" in err) == (1, True, True)


def test_trusted_documents_bind_callers_and_not_the_operator(
    read: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAFF_DOCUMENTS", "trusted")
    assert read(INVOICES)["way"] == "compiled"


def test_the_document_can_come_from_standard_input(
    leora: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(INVOICES))
    with pytest.raises(SystemExit) as ended:
        main(["explain", "-"])
    assert (ended.value.code, "  way   compiled" in capsys.readouterr().out) == (0, True)


def test_of_several_operations_one_is_named_and_variables_can_be_a_file(
    leora: Run, read: Callable[..., Any], tmp_path: Path
) -> None:
    both = ORDERS + "query Other { __typename }"
    assert "say which" in leora(both)[2]
    (tmp_path / "variables.json").write_text('{"like": "SO-1"}')
    found = read(both, "--operation", "Orders", "--variables", "variables.json")
    assert found["operation"] == "Orders"
    assert found["parameters"][2] == {"name": "$3", "type": "varchar", "value": "SO-1"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--as", "nobody@x.test"], "Nobody in the tenant well-crafted has the e-mail nobody@x.test."),
        (["--as", BUYER, "--audience", "staff"], "Nobody in the tenant well-crafted has the e-mail"),
        (["--tenant", "no-such", "--as", REP], "There is no tenant no-such."),
        (["--tenant", "no-such"], "Say as whom in the tenant no-such: --as EMAIL."),
        (["--variables", "{"], "--variables is not JSON"),
        (["--variables", "missing.json"], "missing.json cannot be read: No such file or directory."),
        (["--variables", "list.json"], "variables is no object"),
    ],
)
def test_what_is_asked_wrongly_is_told(leora: Run, tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "list.json").write_text("[1]")
    code, out, err = leora(INVOICES, *words)
    assert (code, out, said in err) == (1, "", True), err


def test_outside_development_nobody_is_assumed(
    leora: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEORA_ENV", "production")
    for name in SECRET_NAMES:
        monkeypatch.setenv(name.upper(), getattr(settings, name).get_secret_value())
    assert "Say as whom in the tenant well-crafted: --as EMAIL." in leora(INVOICES)[2]
    assert "  way   compiled" in leora(INVOICES, "--as", REP)[1]


@pytest.fixture
async def company(direct_url: URL) -> Company:
    """A tenant where one e-mail is that of a member of staff, disabled since, and of a buyer."""
    made = await make_company(direct_url)
    await made.add_user("both@x.test", status="DISABLED")
    await made.add_buyer("both@x.test")
    return made


def test_an_account_is_found_as_signing_in_would(
    company: Company, leora: Run, read: Callable[..., Any]
) -> None:
    who = ("--tenant", company.slug, "--as", "both@x.test")
    assert "Both staff and a buyer have both@x.test: say --audience" in leora(INVOICES, *who)[2]
    assert "both@x.test could not sign in" in leora(INVOICES, *who, "--audience", "staff")[2]
    assert read(INVOICES, *who, "--audience", "portal")["as"]["audience"] == "PORTAL"


def test_no_key_is_printed(leora: Run, settings: Settings) -> None:
    printed = "".join(leora(ORDERS, *words)[1] for words in ((), ("--json",), ("--analyze",)))
    assert settings.cursor_key.get_secret_value() not in printed
    assert "\\x" not in printed
    assert printed.count("<key>") == 6
