"""Every setting, typed, from the environment and `.env`.

Wrong ones are reported all at once, each with the variable's name, what is wrong and an example;
the values themselves are never printed. Outside production, secrets that are not set are generated
once into `<DATA_DIR>/secrets.json`, readable by the owner only.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from leora_gql.errors import OperatorError
from leora_gql.secrets_file import SECRET_NAMES, generated_secrets
from leora_gql.settings_traffic import TrafficSettings

if TYPE_CHECKING:
    from sqlalchemy import URL

MINIMUM_KEY_BYTES = 32
_URL = "postgresql://leora_staff:password@db.example.com:5432/leora"
_KEY = "the output of: openssl rand -base64 32"
_DEMO_WORDS = (b"change", b"example", b"secret", b"demo", b"password", b"leora", b"test")
_NO_SECRET = SecretStr("")
_SLUG = "[a-z0-9]+(-[a-z0-9]+)*"
_LONGEST_SLUG = 63

DatabaseUrl = SecretStr | None


def is_tenant_slug(text: str) -> bool:
    """Whether a text has the form of a tenant's slug: at most 63 lower-case letters, digits, single hyphens."""
    return len(text) <= _LONGEST_SLUG and re.fullmatch(_SLUG, text) is not None


def decode_key(text: str) -> bytes:
    """The bytes of a base64 key, standard or URL-safe, padded or not. Raises ValueError."""
    cleaned = text.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(cleaned + "=" * (-len(cleaned) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("is not base64") from error


def split_list(text: str) -> list[str]:
    """The items of a JSON list of strings, or of a comma-separated one."""
    if not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        items: object = json.loads(text)
    except ValueError as error:
        raise ValueError("starts like a JSON list and is not one") from error
    if not isinstance(items, list):
        raise ValueError("is not a JSON list")  # noqa: TRY004 -- what pydantic turns into a problem
    return [str(item) for item in cast("list[object]", items)]


class Settings(TrafficSettings):
    """The settings of one process; a field's environment variable is its name in capitals."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    environment: Literal["development", "production", "test"] = Field(
        default="development", validation_alias="LEORA_ENV", examples=["production"]
    )

    database_url: DatabaseUrl = Field(default=None, examples=[_URL])
    direct_url: DatabaseUrl = Field(default=None, examples=[_URL.replace("leora_staff", "postgres")])
    shadow_database_url: DatabaseUrl = Field(default=None, examples=[_URL.replace("/leora", "/leora_shadow")])
    staff_database_url: DatabaseUrl = Field(default=None, examples=[_URL])
    portal_database_url: DatabaseUrl = Field(default=None, examples=[_URL.replace("_staff", "_portal")])
    portal_write_database_url: DatabaseUrl = Field(
        default=None, examples=[_URL.replace("_staff", "_portal_write")]
    )
    auth_database_url: DatabaseUrl = Field(default=None, examples=[_URL.replace("_staff", "_auth")])
    worker_database_url: DatabaseUrl = Field(default=None, examples=[_URL.replace("_staff", "_worker")])
    database_pool_size: int = Field(default=10, ge=7, le=200, examples=["10"])
    db_statement_cache: Literal["auto"] | Annotated[int, Field(ge=0, le=10_000)] = Field(
        default="auto", examples=["0"]
    )

    compiler: Literal["on", "off"] = Field(default="on", examples=["off"])

    default_tenant_slug: str = Field(default="well-crafted", pattern=f"^{_SLUG}$", examples=["well-crafted"])

    jwt_signing_keys: SecretStr = Field(
        default=_NO_SECRET, examples=["2026a:HS256:<base64 of 32 bytes>,2025b:EdDSA:/run/keys/2025b.pem"]
    )
    jwt_issuer: str = Field(default="leora", min_length=1, examples=["https://api.example.com"])
    jwt_audience: str = Field(default="leora-gql", min_length=1, examples=["leora-gql"])
    access_token_minutes: int = Field(default=15, ge=1, le=60, examples=["15"])
    jwks_url: str | None = Field(
        default=None, examples=["https://project.supabase.co/auth/v1/.well-known/jwks.json"]
    )
    external_issuer: str | None = Field(default=None, examples=["https://project.supabase.co/auth/v1"])
    external_audience: str | None = Field(default=None, examples=["authenticated"])
    refresh_keys: SecretStr = Field(default=_NO_SECRET, examples=["2026a:<base64 of 32 bytes>"])
    cursor_key: SecretStr = Field(default=_NO_SECRET, examples=[_KEY])
    audit_key: SecretStr = Field(default=_NO_SECRET, examples=[_KEY])
    encryption_key: SecretStr = Field(default=_NO_SECRET, examples=[_KEY])

    smtp_url: SecretStr | None = Field(default=None, examples=["smtp://user:password@mail.example.com:587"])
    mail_from: str | None = Field(default=None, examples=["Leora <no-reply@example.com>"])
    public_url: str | None = Field(default=None, examples=["https://app.example.com"])

    host: str = Field(default="127.0.0.1", min_length=1, examples=["0.0.0.0"])  # noqa: S104 -- an example
    port: int = Field(default=4000, ge=1, le=65535, examples=["4000"])
    explorer: Literal["on", "off", "auto"] = Field(default="auto", examples=["off"])
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), examples=["https://app.example.com,https://portal.example.com"]
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), examples=["10.0.0.0/8,127.0.0.1"]
    )
    body_limit_bytes: int = Field(default=1024 * 1024, ge=1024, le=64 * 1024 * 1024, examples=["1048576"])
    answer_limit_bytes: int = Field(default=8 * 1024 * 1024, ge=64 * 1024, le=1024**3, examples=["8388608"])
    variables_limit_nodes: int = Field(default=10_000, ge=1, le=1_000_000, examples=["10000"])
    request_timeout_seconds: float = Field(default=10, gt=0, le=300, examples=["10"])
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", examples=["info"])
    log_format: Literal["auto", "json", "console"] = Field(default="auto", examples=["json"])
    data_dir: Path = Field(default=Path(".leora"), examples=["/var/lib/leora"])

    portal_max_tokens: int = Field(default=2_000, ge=100, le=10_000, examples=["2000"])
    staff_max_tokens: int = Field(default=5_000, ge=100, le=10_000, examples=["5000"])
    portal_max_cost: int = Field(default=10_000, ge=100, examples=["10000"])
    staff_max_cost: int = Field(default=50_000, ge=100, examples=["50000"])
    max_depth: int = Field(default=12, ge=3, le=50, examples=["12"])
    max_aliases: int = Field(default=30, ge=0, examples=["30"])
    max_root_fields: int = Field(default=50, ge=1, examples=["50"])
    max_mutations: int = Field(default=4, ge=1, examples=["4"])
    max_directives: int = Field(default=50, ge=0, examples=["50"])

    @property
    def is_production(self) -> bool:
        """Whether this is LEORA_ENV=production."""
        return self.environment == "production"

    @property
    def explorer_enabled(self) -> bool:
        """Whether GraphiQL is served: EXPLORER=on, or auto outside production."""
        return self.explorer == "on" or (self.explorer == "auto" and not self.is_production)

    @property
    def documents_folder(self) -> Path:
        """Where the manifests of trusted documents are."""
        return self.documents_dir or self.data_dir / "documents"

    @field_validator(
        "database_url",
        "direct_url",
        "shadow_database_url",
        "staff_database_url",
        "portal_database_url",
        "portal_write_database_url",
        "auth_database_url",
        "worker_database_url",
    )
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            database_url(value)
        return value

    @field_validator("db_statement_cache", mode="before")
    @classmethod
    def _auto_or_number(cls, value: object) -> object:
        if isinstance(value, str) and value != "auto" and not value.isdigit():
            raise ValueError("is neither auto nor a number of statements (0: behind PgBouncer before 1.21)")
        return int(value) if isinstance(value, str) and value != "auto" else value

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _items(cls, value: object) -> object:
        return tuple(split_list(value)) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if origin != "*" and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.path):
                raise ValueError(f"{origin!r} is not an origin: scheme and host, nothing after")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError:
                raise ValueError(f"{network!r} is neither an address nor a network") from None
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_mail_server(value.get_secret_value()):
            raise ValueError("is not the smtp:// or smtps:// address of a mail server")
        return value

    @field_validator("jwks_url", "public_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("https://", "http://")):
            raise ValueError("is not an http(s) address")
        return value

    @field_validator("log_level", "environment", mode="before")
    @classmethod
    def _without_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("jwt_signing_keys")
    @classmethod
    def _are_signing_keys(cls, value: SecretStr) -> SecretStr:
        for item in split_list(value.get_secret_value()):
            if len(item.split(":", 2)) != 3:
                raise ValueError("is a list of kid:algorithm:key; one of them has not three parts")
        return value

    @field_validator("refresh_keys")
    @classmethod
    def _are_refresh_keys(cls, value: SecretStr) -> SecretStr:
        for item in split_list(value.get_secret_value()):
            kid, colon, key = item.partition(":")
            if not (kid and colon):
                raise ValueError("is a list of kid:base64; one of them has not two parts")
            decode_key(key)
        return value

    @field_validator("cursor_key", "audit_key", "encryption_key")
    @classmethod
    def _is_base64(cls, value: SecretStr) -> SecretStr:
        decode_key(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _external_is_whole(self) -> Self:
        if self.jwks_url and not (self.external_issuer and self.external_audience):
            raise ValueError(
                "JWKS_URL needs EXTERNAL_ISSUER and EXTERNAL_AUDIENCE beside it, so that only tokens"
                " made by that issuer for us count, e.g. EXTERNAL_AUDIENCE=authenticated"
            )
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.smtp_url and not (self.mail_from and self.public_url):
            raise ValueError(
                "SMTP_URL needs MAIL_FROM and PUBLIC_URL beside it: who mails are from, and where their links lead,"
                " e.g. MAIL_FROM=no-reply@example.com and PUBLIC_URL=https://app.example.com"
            )
        return self

    def require_strong_secrets(self) -> None:
        """Raise `OperatorError`, naming each secret that is missing, short, or a known demo value."""
        problems = [problem for name in SECRET_NAMES if (problem := self._weakness(name))]
        if problems:
            raise OperatorError(_report("The secrets are not fit for serving", problems))

    def _weakness(self, name: str) -> str | None:
        text = getattr(self, name).get_secret_value()
        if not text:
            return _problem(name, "is not set")
        for material in _key_materials(name, text):
            if len(material) < MINIMUM_KEY_BYTES:
                return _problem(name, f"holds a key shorter than {MINIMUM_KEY_BYTES} bytes")
            if len(set(material)) < 12 or any(word in material.lower() for word in _DEMO_WORDS):
                return _problem(name, "holds a demo value that anybody could guess")
        return None


def _key_materials(name: str, text: str) -> list[bytes]:
    """The symmetric keys of a secret: those that can be too short (PEM files are judged where they load)."""
    if name == "jwt_signing_keys":
        parts = [item.split(":", 2) for item in split_list(text)]
        return [decode_key(key) for _, algorithm, key in parts if algorithm.startswith("HS")]
    if name == "refresh_keys":
        return [decode_key(item.partition(":")[2]) for item in split_list(text)]
    return [decode_key(text)]


def database_url(value: SecretStr) -> URL:
    """The parsed address of a PostgreSQL database. Raises ValueError without quoting it."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(value.get_secret_value())
    except (ArgumentError, ValueError):
        raise ValueError("is not an address of a database") from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise ValueError(f"is the address of a {url.get_backend_name()} database, not of PostgreSQL")
    if not url.database:
        raise ValueError("does not name a database after the host")
    return url.set(drivername="postgresql")


def is_mail_server(url: str) -> bool:
    """Whether it is the address of an SMTP server."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def load_settings(**given: Any) -> Settings:
    """The settings from `given`, then the environment, then `.env`.

    Raises `OperatorError` with every problem that was found.
    """
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise OperatorError(_report("The settings are wrong", _problems(error))) from None
    settings = settings.model_copy(update={"data_dir": settings.data_dir.expanduser().absolute()})
    missing = [name for name in SECRET_NAMES if not getattr(settings, name).get_secret_value()]
    if settings.is_production or not missing:
        return settings
    made = generated_secrets(settings.data_dir)
    return settings.model_copy(update={name: SecretStr(made[name]) for name in missing})


def _problems(error: ValidationError) -> list[str]:
    fields = {variable(name): name for name in Settings.model_fields}
    problems: dict[str, str] = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        where = str(item["loc"][0]) if item["loc"] else ""
        what = item["msg"].removeprefix("Value error, ").replace("Input should", "should")
        name = fields.get(where, where)
        problems.setdefault(name, _problem(name, what) if name else what)
    return list(problems.values())


def _problem(name: str, what: str) -> str:
    field = Settings.model_fields.get(name)
    example = f" Example: {variable(name)}={field.examples[0]}" if field and field.examples else ""
    return f"{variable(name)} {what}.{example}"


def _report(title: str, problems: list[str]) -> str:
    return "\n".join([f"{title}:", *(f"  {problem}" for problem in problems)])


def variable(name: str) -> str:
    """The environment variable of a field."""
    alias = Settings.model_fields[name].validation_alias if name in Settings.model_fields else None
    return alias if isinstance(alias, str) else name.upper()
