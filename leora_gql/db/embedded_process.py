"""Whether the server of a cluster runs, and what to do about the traces of one that was killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil

from leora_gql.errors import OperatorError


def is_running(cluster: Path) -> bool:
    """Whether the process that the cluster's lock file names lives and is its server."""
    pid = _locked_by(cluster)
    return pid is not None and _serves(pid, cluster)


def forget_stale_lock(cluster: Path, *, socket_dir: Path) -> None:
    """Remove the lock files of a server that is gone, also when a process has its number (still, or again).

    PostgreSQL itself only sees through the first. Raises `OperatorError` while children of a
    killed server still hold the data.
    """
    lock = cluster / "postmaster.pid"
    if not lock.exists():
        return
    left = [process for process in _at_work_in(cluster) if process.is_running()]
    _, alive = psutil.wait_procs(left, timeout=10)
    if alive:
        numbers = ", ".join(str(process.pid) for process in alive)
        raise OperatorError(
            f"Processes of a killed PostgreSQL still use {cluster}: {numbers}. End them (kill {numbers})."
        )
    for left_behind in (lock, *socket_dir.glob(".s.PGSQL.*")):
        left_behind.unlink(missing_ok=True)


def _locked_by(cluster: Path) -> int | None:
    try:
        first = (cluster / "postmaster.pid").read_text().split("\n", 1)[0]
    except FileNotFoundError:
        return None
    return int(first) if first.strip().isdigit() else None


def _serves(pid: int, cluster: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return _is_of(process, cluster)
    except psutil.Error:
        return False


def _at_work_in(cluster: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if _is_of(process, cluster):
                yield process
        except psutil.Error:
            continue


def _is_of(process: psutil.Process, cluster: Path) -> bool:
    """PostgreSQL's processes work in the folder of their data."""
    return (
        process.status() != psutil.STATUS_ZOMBIE
        and process.name().startswith("postgres")
        and Path(process.cwd()) == cluster.resolve()
    )
