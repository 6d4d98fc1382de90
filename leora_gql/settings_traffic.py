"""The settings of what callers may send and hold: stored operations, rate limits, live connections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

DocumentPolicy = Literal["any", "apq", "trusted"]
"""What may run: any text; text together with its hash, and hashes; or only what an operator has loaded."""

OFF = "off"
MEMORY = "memory"
_LARGEST_WINDOW = 2**31 - 1
_REDIS = ("redis://", "rediss://")


_WINDOW = re.compile(
    r"\s*(\d+)\s*(?:/|per)\s*([1-9]\d*)?\s*(second|minute|hour|day|month|year)s?\s*", re.ASCII | re.IGNORECASE
)
_DAY = 24 * 60 * 60
_SECONDS = {
    "second": 1,
    "minute": 60,
    "hour": 60 * 60,
    "day": _DAY,
    "month": 30 * _DAY,
    "year": 360 * _DAY,
}


@dataclass(frozen=True, slots=True)
class Window:
    """So much cost in so many seconds."""

    amount: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read `3000000/minute` or `100 per 2 hours`. Raises `ValueError` for anything else."""
        match = _WINDOW.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no cost per time")
        amount, times, unit = match.groups()
        return cls(int(amount), int(times or 1) * _SECONDS[unit.lower()])


class TrafficSettings(BaseSettings):
    """A part of `Settings`."""

    portal_documents: DocumentPolicy = Field(default="any", examples=["trusted"])
    staff_documents: DocumentPolicy = Field(default="any", examples=["apq"])
    documents_dir: Path | None = Field(default=None, examples=["/etc/leora/documents"])

    rate_limit_tenant: str = Field(default="3000000/minute", examples=["3000000/minute"])
    rate_limit_principal: str = Field(default="300000/minute", examples=["300000/minute"])
    rate_limit_address: str = Field(default="1500000/minute", examples=["1500000/minute"])
    rate_limit_anonymous: str = Field(default="30000/minute", examples=["30000/minute"])
    rate_limit_storage: SecretStr = Field(
        default=SecretStr(MEMORY), examples=["redis://:password@redis.example.com:6379/0"]
    )

    socket_init_seconds: float = Field(default=3, gt=0, le=60, examples=["3"])
    socket_operations: int = Field(default=100, ge=1, le=10_000, examples=["100"])
    live_connections: int = Field(default=2000, ge=1, le=1_000_000, examples=["2000"])
    live_connections_per_principal: int = Field(default=100, ge=1, le=1_000_000, examples=["100"])
    live_buffer_bytes: int = Field(default=1024 * 1024, ge=1024, examples=["1048576"])
    live_buffer_messages: int = Field(default=256, ge=1, examples=["256"])

    @field_validator("portal_documents", "staff_documents", mode="before")
    @classmethod
    def _policy_without_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator(
        "rate_limit_tenant", "rate_limit_principal", "rate_limit_address", "rate_limit_anonymous"
    )
    @classmethod
    def _is_window(cls, value: str) -> str:
        if value.lower() == OFF:
            return OFF
        try:
            window = Window.parse(value)
        except ValueError:
            raise ValueError("is neither off nor a cost per time") from None
        if not 1 <= window.amount <= _LARGEST_WINDOW:
            raise ValueError(f"allows less than 1 or more than {_LARGEST_WINDOW}")
        return value

    @field_validator("rate_limit_storage")
    @classmethod
    def _is_storage(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text != MEMORY and not text.startswith(_REDIS):
            raise ValueError("is neither memory nor the address of a Redis server")
        return value
