"""The product as real clients see it. Not collected by itself: `scripts/test --all` names this file."""

from collections.abc import Callable

import pytest

from leora_gql.demo import PASSWORD
from tests.conformance.product import PORTAL, ROOT, STAFF, Server

Check = Callable[..., None]

SCHEMA = str(ROOT / "schema.graphql")
NO_IDENTITY = (
    "Address,Availability,Permission,PermissionCheck,RateLimit,SalesRepContact,TenantSettings"
    ",WarehouseAvailability,CustomerStatement,StatementMovement,Price,LostPrice,PriceExplanation"
    ",AssignCustomersResult,UpsertPriceListEntriesResult,DeletePriceListEntriesResult"
)
"""Object types that are a part of another, or that have a key of their own."""


def test_graphiql_answers_a_query(check: Check, product: Server, chromium: str) -> None:
    check(
        "graphiql.mjs",
        product.url,
        CHROMIUM=chromium,
        AUTH=f"Bearer {product.token(STAFF)}",
        TENANT="well-crafted",
        QUERY="{ orders(first: 2) { nodes { number customer { name } } } }",
        EXPECT='"number"',
        EXPLORER="1",
        SUB="subscription { heartbeat(count: 2, intervalMs: 10) }",
        SUB_EXPECT='"heartbeat"',
        PNG="run/graphiql.png",
    )


def test_a_newcomer_signs_in_and_runs_the_examples(check: Check, product: Server, chromium: str) -> None:
    check("explorer.mjs", product.url, CHROMIUM=chromium, STAFF=STAFF, PORTAL=PORTAL, PASSWORD=PASSWORD)


def test_the_http_audits_pass(check: Check, product: Server) -> None:
    check("audits.mjs", product.url, STRICT="1")


def test_sockets_speak_graphql_transport_ws(check: Check, product: Server) -> None:
    check(
        "ws.mjs",
        product.url,
        AUTH=f"Bearer {product.token(STAFF)}",
        TENANT="well-crafted",
        INIT_TIMEOUT="3",
        MAX_SUBS="100",
    )


def test_event_streams_speak_graphql_sse(check: Check, product: Server) -> None:
    check(
        "sse.mjs",
        product.url,
        AUTH=f"Bearer {product.token(STAFF)}",
        TENANT="well-crafted",
        NO_MULTIPART="1",
    )


def test_the_schema_passes_graphql_eslint(check: Check) -> None:
    check("clients/eslint.mjs", SCHEMA, NO_ID_TYPES=NO_IDENTITY)


def test_typescript_is_generated_from_the_schema(check: Check) -> None:
    check("clients/codegen.mjs", SCHEMA)


def test_relays_compiler_takes_the_schema(check: Check) -> None:
    check("clients/relay-compile.mjs", SCHEMA)


def test_graphql_inspector_finds_our_operations_valid(check: Check) -> None:
    check("clients/inspector.mjs", "validate", SCHEMA)


@pytest.mark.parametrize("stored", [{}, {"APQ": "1"}], ids=["plain", "persisted"])
def test_apollo_lists_creates_and_subscribes(check: Check, product: Server, stored: dict[str, str]) -> None:
    check("clients/apollo.mjs", product.url, AUTH=f"Bearer {product.token(STAFF)}", **stored)


@pytest.mark.parametrize("transport", [{}, {"GET": "1"}, {"SSE": "1"}], ids=["plain", "get", "sse"])
def test_urql_lists_creates_and_subscribes(check: Check, product: Server, transport: dict[str, str]) -> None:
    check("clients/urql.mjs", product.url, AUTH=f"Bearer {product.token(STAFF)}", **transport)


@pytest.mark.parametrize(
    ("account", "checks"), [(STAFF, "not_a_server_error"), (PORTAL, "no_5xx")], ids=["staff", "portal"]
)
def test_schemathesis_finds_no_fault_of_the_server(
    fuzz: Check, product: Server, account: str, checks: str
) -> None:
    """For buyers, who are denied much, only the status is looked at: a denial names its field, as a fault would."""
    fuzz(
        product.url,
        SCHEMA=SCHEMA,
        AUTH=f"Bearer {product.token(account)}",
        TENANT="well-crafted",
        CHECKS=checks,
        EXTRA="--exclude-name-regex ^Mutation\\.signOut",  # which would end the very session that is used
        MAX_EXAMPLES="20",
        MAX_TIME="60",
    )
