"""Making a tenant: what it starts with, and what cannot be made."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

from leora_gql.auth.passwords import Passwords
from leora_gql.auth.permissions import SYSTEM_ROLES
from leora_gql.cli.main import build_app
from leora_gql.db.model import new_id
from leora_gql.db.owner import as_owner
from leora_gql.domains.tenancy.service import NewTenant, create_tenant
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings
from tests.seed.reading import read


async def make(url: URL, new: NewTenant, *, bound_to: UUID | None = None) -> dict[str, UUID]:
    async with as_owner(url, bound_to or new.id) as connection, AsyncSession(bind=connection) as session:
        return await create_tenant(session, new)


async def test_a_tenant_starts_with_settings_counters_sequences_and_the_system_roles(own_url: URL) -> None:
    new = NewTenant(slug="blue-cellar", name="Blue Cellar", settings={"timezone": "Europe/Vienna"})
    await make(own_url, new)
    settings = await read(own_url, "SELECT * FROM leora.tenant_settings WHERE tenant_id = :id", id=new.id)
    assert (settings[0]["timezone"], settings[0]["payment_terms_days"]) == ("Europe/Vienna", 30)
    head = await read(
        own_url,
        "SELECT event_sequence, audit_sequence, invoice_number, audit_hash FROM leora.tenant_heads"
        " WHERE tenant_id = :id",
        id=new.id,
    )
    assert head == [{"event_sequence": 0, "audit_sequence": 0, "invoice_number": 0, "audit_hash": None}]
    sequences = await read(
        own_url,
        "SELECT relname FROM pg_class WHERE relkind = 'S' AND relname LIKE :name",
        name=f"%{new.id.hex}",
    )
    assert len(sequences) == 2


async def test_its_roles_hold_exactly_what_the_catalogue_says(own_url: URL) -> None:
    new = NewTenant(slug="blue-cellar", name="Blue Cellar")
    await make(own_url, new)
    held = await read(
        own_url,
        "SELECT r.name, r.kind, r.is_system, r.is_default, array_agg(p.permission_key) AS keys FROM leora.roles r"
        " JOIN leora.role_permissions p ON p.tenant_id = r.tenant_id AND p.role_id = r.id"
        " WHERE r.tenant_id = :id GROUP BY 1, 2, 3, 4",
        id=new.id,
    )
    assert {
        row["name"]: (row["kind"], row["is_system"], row["is_default"], set(row["keys"])) for row in held
    } == {role.name: (role.kind.value, True, role.is_default, set(role.permissions)) for role in SYSTEM_ROLES}


async def test_a_slug_is_given_once(own_url: URL) -> None:
    with pytest.raises(IntegrityError, match="uq_tenants_slug"):
        await make(own_url, NewTenant(slug="well-crafted", name="Another"))


async def test_even_the_owner_makes_no_tenant_but_the_one_it_is_bound_to(own_url: URL) -> None:
    new = NewTenant(slug="blue-cellar", name="Blue Cellar")
    with pytest.raises(DBAPIError, match="row-level security"):
        await make(own_url, new, bound_to=new_id())
    assert await read(own_url, "SELECT 1 FROM leora.tenants WHERE slug = 'blue-cellar'") == []


@pytest.fixture
def environment(own_url: URL, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> URL:
    """The environment of a command, with a database of one's own."""
    monkeypatch.setenv("LEORA_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", own_url.render_as_string(hide_password=False))
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    return own_url


def create(*words: str, password: str = "") -> tuple[int, str, BaseException | None]:
    command = ["tenant", "create", *words]
    result = CliRunner().invoke(build_app(command), command, input=f"{password}\n" if password else None)
    return result.exit_code, result.stdout, result.exception


async def admins(url: URL) -> list[dict[str, str]]:
    return await read(
        url,
        "SELECT u.email, u.password_hash FROM leora.users u"
        " JOIN leora.user_roles x ON x.tenant_id = u.tenant_id AND x.user_id = u.id"
        " JOIN leora.roles r ON r.tenant_id = x.tenant_id AND r.id = x.role_id AND r.name = 'admin'"
        " JOIN leora.tenants t ON t.id = u.tenant_id AND t.slug = 'blue-cellar'",
    )


def test_the_command_makes_a_tenant_with_an_admin_who_can_sign_in(environment: URL) -> None:
    code, said, _ = create(
        "blue-cellar",
        "--name",
        "Blue Cellar",
        "--admin-email",
        "admin@blue.test",
        "--password-stdin",
        password="seven blue bottles",
    )
    assert code == 0
    assert "Made the tenant blue-cellar" in said
    people = asyncio.run(admins(environment))
    assert [row["email"] for row in people] == ["admin@blue.test"]
    assert asyncio.run(Passwords().verify("seven blue bottles", people[0]["password_hash"]))


@pytest.mark.parametrize(
    ("words", "password", "sentence"),
    [
        (("well-crafted", "--name", "Again"), "", "already"),
        (("Not A Slug", "--name", "X"), "", "slug"),
        (("blue-cellar", "--name", " "), "", "name"),
        (("blue-cellar", "--name", "B", "--admin-email", "nobody"), "", "e-mail"),
        (("blue-cellar", "--name", "B", "--admin-email", "a@b.test"), "", "password"),
        (("blue-cellar", "--name", "B", "--admin-email", "a@b.test", "--password-stdin"), "short", "12"),
        (("blue-cellar", "--name", "B", "--currency", "usd"), "", "currency"),
        (("blue-cellar", "--name", "B", "--timezone", "Mars/Olympus"), "", "time zone"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_sentence(
    environment: URL, words: tuple[str, ...], password: str, sentence: str
) -> None:
    code, _, error = create(*words, password=password)
    assert code == 1
    assert isinstance(error, OperatorError)
    assert sentence in str(error)
