"""Changing a tenant's settings: every field, every refusal, lost updates, what is told, who may."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.api import ADMIN, BUYER, MANAGER, OTHER_ADMIN, REP, Api
from tests.domains.noted import key_of, noted, refusals, unchanged
from tests.graph.principals import Runner

FIELDS = """
defaultCurrency timezone taxRate shippingFlatRate freeShippingThreshold minimumOrderAmount paymentTermsDays
defaultWarehouse revenueHealthDropPercent minimumOrdersForHealth minimumOrdersForPace paceWarningMultiplier
paceCriticalMultiplier sampleAllowancePerRep sampleApprovalAbove portalEnabled portalInvoicesEnabled
orderNumberPrefix invoiceNumberPrefix
"""
UPDATE = f"""
mutation ($input: UpdateTenantSettingsInput!) {{
  updateTenantSettings(input: $input) {{
    tenant {{ id slug settings {{ {FIELDS} version }} }}
    userErrors {{ code message field }}
  }}
}}
"""
NEW = {
    "defaultCurrency": "EUR",
    "timezone": "Europe/Paris",
    "taxRate": "0.08875",
    "shippingFlatRate": "15.50",
    "freeShippingThreshold": None,
    "minimumOrderAmount": "0.01",
    "paymentTermsDays": 45,
    "defaultWarehouse": "DOCK 9",
    "revenueHealthDropPercent": "12.5",
    "minimumOrdersForHealth": 5,
    "minimumOrdersForPace": 4,
    "paceWarningMultiplier": "2",
    "paceCriticalMultiplier": "2.75",
    "sampleAllowancePerRep": 0,
    "sampleApprovalAbove": 100_000,
    "portalEnabled": False,
    "portalInvoicesEnabled": False,
    "orderNumberPrefix": "",
    "invoiceNumberPrefix": "FACT-2026-",
}
WRITTEN = {
    **NEW,
    "taxRate": "0.088750",
    "revenueHealthDropPercent": "12.50",
    "paceWarningMultiplier": "2.00",
}


@pytest.fixture
async def settings_now(api: Api) -> AsyncGenerator[dict[str, Any]]:
    """The demo tenant's settings, which are put back afterwards."""
    found = (await api.data(f"{{ tenant {{ settings {{ {FIELDS} }} }} }}", as_=ADMIN))["tenant"]["settings"]
    yield found
    await update(api, **found)


async def update(api: Api, as_: str = ADMIN, /, **given: Any) -> dict[str, Any]:
    """The payload of an answer without errors."""
    return (await api.data(UPDATE, {"input": given}, as_=as_))["updateTenantSettings"]


async def version(runner: Runner) -> int:
    rows = await runner.sql(
        "SELECT version FROM leora.tenant_settings WHERE tenant_id = :tenant", tenant=await runner.tenant()
    )
    return rows[0]["version"]


async def test_every_setting_can_be_changed(api: Api, runner: Runner, settings_now: dict[str, Any]) -> None:
    before = await version(runner)
    async with noted(runner) as found:
        payload = await update(api, MANAGER, version=before, **NEW)
    assert payload["userErrors"] == []
    assert payload["tenant"]["slug"] == "well-crafted"
    assert payload["tenant"]["settings"] == {**WRITTEN, "version": before + 1}
    differing = {name for name in NEW if settings_now[name] != WRITTEN[name]}
    assert (found.event["type"], found.event["entity_type"]) == ("settings.updated", "Tenant")
    assert found.event["entity_id"] == key_of(payload["tenant"]["id"])
    assert found.event["payload"] == {name: NEW[name] for name in differing}
    assert (found.entry["operation"], found.entry["action"]) == ("updateTenantSettings", "UPDATE")
    assert found.entry["changes"]["timezone"] == {
        "before": settings_now["timezone"],
        "after": "Europe/Paris",
    }
    assert set(found.entry["changes"]) == differing


async def test_what_is_left_out_stays(api: Api, runner: Runner, settings_now: dict[str, Any]) -> None:
    before = await version(runner)
    payload = await update(api, paymentTermsDays=7)
    assert payload["tenant"]["settings"] == {**settings_now, "paymentTermsDays": 7, "version": before + 1}
    async with unchanged(runner, "tenant_settings"):
        assert (await update(api, paymentTermsDays=7))["userErrors"] == []


@pytest.mark.usefixtures("settings_now")
async def test_the_portal_opens_and_closes_at_once(api: Api) -> None:
    viewer = "{ viewer { __typename } }"
    assert (await api.data(viewer, as_=BUYER)) == {"viewer": {"__typename": "PortalUser"}}
    await update(api, portalEnabled=False)
    assert (await api(viewer, as_=BUYER)).codes == ["UNAUTHENTICATED"]
    await update(api, portalEnabled=True)
    assert (await api.data(viewer, as_=BUYER)) == {"viewer": {"__typename": "PortalUser"}}


REFUSED: list[tuple[dict[str, Any], tuple[str, list[str]]]] = [
    *(({name: None}, ("REQUIRED", [name])) for name in NEW if name != "freeShippingThreshold"),
    ({"defaultCurrency": "usd"}, ("INVALID", ["defaultCurrency"])),
    ({"defaultCurrency": "US"}, ("INVALID", ["defaultCurrency"])),
    ({"defaultCurrency": "DOLLAR"}, ("TOO_LONG", ["defaultCurrency"])),
    ({"timezone": "America/Atlantis"}, ("INVALID", ["timezone"])),
    ({"timezone": "../etc/passwd"}, ("INVALID", ["timezone"])),
    ({"timezone": "x" * 101}, ("TOO_LONG", ["timezone"])),
    ({"taxRate": "-0.01"}, ("OUT_OF_RANGE", ["taxRate"])),
    ({"taxRate": "1"}, ("OUT_OF_RANGE", ["taxRate"])),
    ({"taxRate": "1e30"}, ("OUT_OF_RANGE", ["taxRate"])),
    ({"taxRate": "0.088755"}, ("INVALID", ["taxRate"])),
    ({"shippingFlatRate": "-1"}, ("OUT_OF_RANGE", ["shippingFlatRate"])),
    ({"shippingFlatRate": "1.005"}, ("INVALID", ["shippingFlatRate"])),
    ({"freeShippingThreshold": "1e30"}, ("OUT_OF_RANGE", ["freeShippingThreshold"])),
    ({"minimumOrderAmount": "-0.01"}, ("OUT_OF_RANGE", ["minimumOrderAmount"])),
    ({"paymentTermsDays": -1}, ("OUT_OF_RANGE", ["paymentTermsDays"])),
    ({"paymentTermsDays": 366}, ("OUT_OF_RANGE", ["paymentTermsDays"])),
    ({"defaultWarehouse": " "}, ("REQUIRED", ["defaultWarehouse"])),
    ({"defaultWarehouse": "x" * 101}, ("TOO_LONG", ["defaultWarehouse"])),
    ({"revenueHealthDropPercent": "100.01"}, ("OUT_OF_RANGE", ["revenueHealthDropPercent"])),
    ({"revenueHealthDropPercent": "1.005"}, ("INVALID", ["revenueHealthDropPercent"])),
    ({"minimumOrdersForHealth": 0}, ("OUT_OF_RANGE", ["minimumOrdersForHealth"])),
    ({"minimumOrdersForPace": 1}, ("OUT_OF_RANGE", ["minimumOrdersForPace"])),
    ({"paceWarningMultiplier": "0"}, ("OUT_OF_RANGE", ["paceWarningMultiplier"])),
    ({"paceCriticalMultiplier": "100"}, ("OUT_OF_RANGE", ["paceCriticalMultiplier"])),
    ({"paceCriticalMultiplier": "1.00"}, ("OUT_OF_RANGE", ["paceCriticalMultiplier"])),
    ({"paceWarningMultiplier": "99"}, ("OUT_OF_RANGE", ["paceWarningMultiplier"])),
    ({"paceWarningMultiplier": "3", "paceCriticalMultiplier": "2.99"},
     ("OUT_OF_RANGE", ["paceCriticalMultiplier"])),
    ({"sampleAllowancePerRep": -1}, ("OUT_OF_RANGE", ["sampleAllowancePerRep"])),
    ({"sampleApprovalAbove": 100_001}, ("OUT_OF_RANGE", ["sampleApprovalAbove"])),
    ({"orderNumberPrefix": "so-"}, ("INVALID", ["orderNumberPrefix"])),
    ({"orderNumberPrefix": "12345678901"}, ("TOO_LONG", ["orderNumberPrefix"])),
    ({"invoiceNumberPrefix": "A B"}, ("INVALID", ["invoiceNumberPrefix"])),
    ({"version": 0, "paymentTermsDays": 9}, ("CONFLICT", ["version"])),
]  # fmt: skip


async def test_a_bad_setting_is_refused_at_its_field(api: Api, runner: Runner) -> None:
    async with unchanged(runner, "tenant_settings"):
        for given, expected in REFUSED:
            payload = await update(api, **{"portalEnabled": False, **given})
            assert (payload["tenant"], refusals(payload)) == (None, [expected]), given


async def test_each_tenant_has_settings_of_its_own(
    api: Api, runner: Runner, settings_now: dict[str, Any]
) -> None:
    query = (
        "SELECT s.* FROM leora.tenant_settings s JOIN leora.tenants t ON t.id = s.tenant_id"
        " WHERE t.slug = 'cellar-door'"
    )
    before = await runner.sql(query)
    await update(api, paymentTermsDays=8)
    assert await runner.sql(query) == before
    theirs = await update(api, OTHER_ADMIN, paymentTermsDays=before[0]["payment_terms_days"])
    assert theirs["tenant"]["slug"] == "cellar-door"


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_manage_settings_is_forbidden(api: Api, runner: Runner, account: str) -> None:
    async with unchanged(runner, "tenant_settings"):
        answer = await api(UPDATE, {"input": {"paymentTermsDays": 1}}, as_=account)
    assert (answer.data, answer.codes) == ({"updateTenantSettings": None}, ["FORBIDDEN"])
    assert answer.errors[0]["extensions"]["requiredPermission"] == "settings.manage"
