"""A private PostgreSQL server: real, empty, on a loopback port of its own."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import cores, memory_bytes

SECONDS_TO_START = 60


@dataclass(frozen=True)
class Server:
    """A running server: its port, and its first process; its superuser is ``postgres``."""

    port: int
    pid: int

    @property
    def conninfo(self) -> str:
        """What clients connect to, where no password is asked."""
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"


def binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL there is, if there is one."""
    debian = sorted(path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = [Path(found).parent for found in [shutil.which("initdb")] if found]
    return [*on_path, *debian][-1] if on_path or debian else None


def tuned() -> dict[str, str]:
    """Give the settings of a server that has the machine to itself and can be filled again.

    They are what the manual advises for analysis.
    """
    gib = memory_bytes() // 2**30
    return {
        "shared_buffers": f"{max(gib // 4, 1)}GB",
        "effective_cache_size": f"{max(gib // 2, 1)}GB",
        "work_mem": f"{max(gib * 1024 // 24, 64)}MB",
        "hash_mem_multiplier": "2",
        "maintenance_work_mem": f"{max(gib * 1024 // 16, 64)}MB",
        "max_parallel_workers_per_gather": str(cores()),
        "max_parallel_workers": str(cores()),
        "max_parallel_maintenance_workers": str(cores()),
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "16GB",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "random_page_cost": "1.1",
        "jit": "off",
    }


@contextmanager
def running(
    folder: Path,
    settings: Mapping[str, str],
    options: Sequence[str | Path] = ("--locale", "C", "--auth", "trust"),
) -> Iterator[Server]:
    """Run a server with its files in a new folder; stop it and remove them.

    ``options`` are initdb's, of the locale and of who may connect. Where root starts it, it runs
    as an unprivileged user.
    """
    where = binaries()
    if where is None:
        raise FileNotFoundError("no PostgreSQL is installed here: install the package postgresql")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    user = _unprivileged()
    if user:
        os.chown(folder, user["user"], user["group"])
    port = _free_port()
    try:
        subprocess.run(
            [
                *(where / "initdb", "--pgdata", folder / "data", "--username", "postgres"),
                *("--encoding", "UTF8", "--no-sync", *options),
            ],
            check=True,
            capture_output=True,
            cwd="/",
            **user,
        )
        set_to = [f"-c{name}={value}" for name, value in settings.items()]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [where / "postgres", "-D", folder / "data", "-k", "", "-p", str(port), *set_to],
                stdout=log,
                stderr=log,
                cwd="/",
                **user,
            )
        try:
            _wait_until_ready(where, port, folder)
            yield Server(port, process.pid)
        finally:
            process.send_signal(signal.SIGQUIT)  # at once, whoever is still connected
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(where: Path, port: int, folder: Path) -> None:
    ready = [where / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q"]
    give_up = time.monotonic() + SECONDS_TO_START
    while subprocess.run(ready, check=False).returncode != 0:
        if time.monotonic() > give_up:
            raise TimeoutError(f"PostgreSQL does not start:\n{(folder / 'log').read_text()}")
        time.sleep(0.1)


def _unprivileged() -> dict[str, Any]:
    """Whom to run the server as: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
