"""The settings: every problem named at once, with an example, and no secret in what is printed."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from leora_gql.errors import OperatorError
from leora_gql.settings import Settings, decode_key, load_settings, split_list

STRONG = base64.b64encode(bytes(range(100, 132))).decode()


def load(data_dir: Path, **given: object) -> Settings:
    return load_settings(_env_file=None, data_dir=data_dir, **given)


def strong() -> dict[str, str]:
    return {
        "jwt_signing_keys": f"k1:HS256:{STRONG}",
        "refresh_keys": f"k1:{STRONG}",
        "cursor_key": STRONG,
        "audit_key": STRONG,
        "encryption_key": STRONG,
    }


def test_all_problems_are_told_at_once_each_with_an_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "99999")
    monkeypatch.setenv("LEORA_ENV", "prod")
    monkeypatch.setenv("DATABASE_URL", "mysql://ada:hunter2@host/leora")
    monkeypatch.setenv("DB_STATEMENT_CACHE", "many")
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example,b.example")
    with pytest.raises(OperatorError) as caught:
        load(tmp_path)
    told = str(caught.value)
    assert "LEORA_ENV should be 'development', 'production' or 'test'. Example: LEORA_ENV=production" in told
    assert "PORT should be less than or equal to 65535. Example: PORT=4000" in told
    assert (
        "DATABASE_URL is the address of a mysql database, not of PostgreSQL. Example: DATABASE_URL=" in told
    )
    assert "DB_STATEMENT_CACHE is neither auto nor a number" in told
    assert "CORS_ORIGINS 'b.example' is not an origin" in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("DATABASE_URL", "postgresql://ada:hunter2@host", "does not name a database"),
        ("DIRECT_URL", "hunter2", "is not an address of a database"),
        ("CURSOR_KEY", "hunter2!", "is not base64"),
        ("SMTP_URL", "https://ada:hunter2@mail.example.com", "is not the smtp:// or smtps:// address"),
        ("SMTP_URL", "smtp://ada:hunter2@mail.example.com", "SMTP_URL needs MAIL_FROM and PUBLIC_URL"),
        ("PUBLIC_URL", "hunter2", "is not an http(s) address"),
        ("REFRESH_KEYS", "hunter2", "one of them has not two parts"),
        ("JWT_SIGNING_KEYS", "k1:hunter2", "one of them has not three parts"),
        ("DEFAULT_TENANT_SLUG", "Well Crafted", "should match pattern"),
        ("DATABASE_POOL_SIZE", "0", "should be greater than or equal to 7"),
        ("JWKS_URL", "ftp://host", "is not an http"),
    ],
)
def test_a_wrong_value_is_explained_and_never_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(OperatorError) as caught:
        load(tmp_path)
    assert name in str(caught.value)
    assert why in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_external_issuer_needs_its_audience_too(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="JWKS_URL needs EXTERNAL_ISSUER and EXTERNAL_AUDIENCE"):
        load(tmp_path, jwks_url="https://auth.example/jwks.json")


def test_an_empty_variable_counts_as_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("PORT", "")
    settings = load(tmp_path)
    assert (settings.database_url, settings.port) == (None, 4000)


def test_development_secrets_are_made_once_and_kept_to_the_owner(tmp_path: Path) -> None:
    first, second = load(tmp_path / "new"), load(tmp_path / "new")
    assert first.refresh_keys == second.refresh_keys
    assert first.cursor_key != first.audit_key
    assert stat.S_IMODE((tmp_path / "new" / "secrets.json").stat().st_mode) == 0o600
    first.require_strong_secrets()


def test_a_secret_that_is_missing_in_the_file_is_added_and_the_others_stay(tmp_path: Path) -> None:
    before = load(tmp_path)
    path = tmp_path / "secrets.json"
    kept = json.loads(path.read_text())
    del kept["audit_key"]
    path.write_text(json.dumps(kept))
    after = load(tmp_path)
    assert after.refresh_keys == before.refresh_keys
    assert after.audit_key != before.audit_key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_secrets_file_says_what_deleting_it_means(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(OperatorError, match=r"secrets\.json is damaged\. Delete it"):
        load(tmp_path)


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match="cannot be kept: Not a directory"):
        load(tmp_path / "file")


def test_production_makes_no_secrets_and_asks_for_each(tmp_path: Path) -> None:
    settings = load(tmp_path, environment="production")
    with pytest.raises(OperatorError) as caught:
        settings.require_strong_secrets()
    for name in strong():
        assert f"{name.upper()} is not set. Example: {name.upper()}=" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["cursor_key", "audit_key", "encryption_key"])
@pytest.mark.parametrize(
    ("key", "why"),
    [
        (bytes(range(31)), "shorter than 32 bytes"),
        (b"a" * 64, "demo value"),
        (b"please-change-me-please-change-me-0123456789", "demo value"),
    ],
)
def test_weak_secrets_are_refused_without_being_shown(
    tmp_path: Path, name: str, key: bytes, why: str
) -> None:
    weak = base64.b64encode(key).decode()
    settings = load(tmp_path, environment="production", **{**strong(), name: weak})
    with pytest.raises(OperatorError) as caught:
        settings.require_strong_secrets()
    assert name.upper() in str(caught.value)
    assert why in str(caught.value)
    assert weak not in str(caught.value)


def test_short_keys_in_lists_are_refused(tmp_path: Path) -> None:
    short = base64.b64encode(bytes(range(16))).decode()
    lists = {"jwt_signing_keys": f"a:HS256:{STRONG},b:HS256:{short}", "refresh_keys": f"a:{STRONG},b:{short}"}
    settings = load(tmp_path, environment="production", **{**strong(), **lists})
    with pytest.raises(OperatorError) as caught:
        settings.require_strong_secrets()
    assert str(caught.value).count("shorter than 32 bytes") == 2


def test_strong_secrets_pass(tmp_path: Path) -> None:
    load(tmp_path, environment="production", **strong()).require_strong_secrets()


def test_settings_do_not_print_their_secrets(tmp_path: Path) -> None:
    settings = load(tmp_path, database_url="postgresql://ada:hunter2@host/leora", **strong())
    assert "hunter2" not in repr(settings)
    assert STRONG not in repr(settings)


@pytest.mark.parametrize(
    ("explorer", "environment", "shown"),
    [
        ("auto", "development", True),
        ("auto", "production", False),
        ("on", "production", True),
        ("off", "development", False),
    ],
)
def test_the_explorer_is_off_in_production_unless_asked_for(
    tmp_path: Path, explorer: str, environment: str, shown: bool
) -> None:
    assert load(tmp_path, explorer=explorer, environment=environment).explorer_enabled is shown


def test_keys_may_be_url_safe_and_unpadded() -> None:
    raw = bytes([251, 239, 190, 255] * 8)
    assert decode_key(base64.urlsafe_b64encode(raw).decode().rstrip("=")) == raw


def test_lists_are_json_or_separated_by_commas() -> None:
    assert split_list('["a:b", "c"]') == ["a:b", "c"]
    assert split_list(" a:b , c ,") == ["a:b", "c"]
