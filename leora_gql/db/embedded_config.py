"""How the embedded PostgreSQL is set up: written anew at each start, so it follows the version."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

HOST_BASED_ACCESS = "local all all trust\n"
"""Only the socket, which only the server's account and root can reach; nothing over the network."""

_COMMON = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "192MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "min_wal_size": "96MB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "synchronous_commit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_min_messages": "warning",
    "log_statement": "none",
}

_PASSING = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "max_connections": "200"}


class Profile(Enum):
    """What the data is for."""

    DURABLE = "durable"
    """Kept: survives a crash whole, may lose the last moments before one of the machine."""
    PASSING = "passing"
    """Thrown away after use, as in tests: nothing waits for the disk."""


def configuration(profile: Profile, *, socket_dir: Path) -> str:
    """The text of `postgresql.conf`."""
    values = {**_COMMON, "unix_socket_directories": str(socket_dir)}
    if profile is Profile.PASSING:
        values |= _PASSING
    return "".join(f"{name} = '{_quoted(value)}'\n" for name, value in values.items())


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
