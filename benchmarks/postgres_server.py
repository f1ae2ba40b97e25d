"""A private PostgreSQL server, set up for analysis on this machine as its manual advises."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import cores, memory_bytes

SECONDS_TO_START = 60


@dataclass(frozen=True)
class Server:
    """A running server: its version, what clients connect to, its first process and settings."""

    version: str
    conninfo: str
    pid: int
    settings: dict[str, str]


def binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL there is, if there is one."""
    debian = sorted(path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = [Path(found).parent for found in [shutil.which("initdb")] if found]
    return [*on_path, *debian][-1] if on_path or debian else None


def tuned() -> dict[str, str]:
    """Give the settings of a server that has the machine to itself and can be filled again."""
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
def running(folder: Path) -> Iterator[Server]:
    """Run a server with its files in a new folder; stop it and remove them."""
    where = binaries()
    if where is None:
        raise FileNotFoundError("no PostgreSQL is installed here: install the package postgresql")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    user = _unprivileged()
    if user:
        os.chown(folder, user["user"], user["group"])
    settings, port = tuned(), _free_port()
    try:
        subprocess.run(
            [
                *(where / "initdb", "--pgdata", folder / "data", "--username", "postgres"),
                *("--encoding", "UTF8", "--locale", "C", "--auth", "trust", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd="/",
            **user,
        )
        options = [f"-c{name}={value}" for name, value in settings.items()]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [where / "postgres", "-D", folder / "data", "-k", "", "-p", str(port), *options],
                stdout=log,
                stderr=log,
                cwd="/",
                **user,
            )
        try:
            _wait_until_ready(where, port, folder)
            version = subprocess.check_output([where / "postgres", "--version"], text=True).split()
            conninfo = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
            yield Server(version[2], conninfo, process.pid, settings)
        finally:
            process.send_signal(signal.SIGQUIT)
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


def _unprivileged() -> dict[str, int]:
    """PostgreSQL does not run as root: say whom it runs as instead."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
