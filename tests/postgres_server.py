"""A private PostgreSQL server: real, empty, on a socket and a loopback port of its own."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

PASSWORD = "Gr3at:s/ec@ret?"
SECONDS_TO_START = 60


@dataclass(frozen=True)
class Server:
    """A running server; its superuser is ``postgres``, its password ``PASSWORD``."""

    port: int
    directory: Path = field(repr=False)

    def url(
        self, database: str = "postgres", user: str = "postgres", password: str = PASSWORD
    ) -> str:
        """Return the URL of a database, over TCP and with the password."""
        login = f"{user}:{quote(password, safe='')}"
        return f"postgresql://{login}@127.0.0.1:{self.port}/{database}"

    def rows(self, sql: str, database: str = "postgres", user: str = "postgres") -> list[tuple]:
        """Run a statement in a session of its own and return its rows, if it has any."""
        with connected(self.url(database, user)) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """Open a session that commits each statement."""
    from adbc_driver_postgresql import dbapi

    connection = dbapi.connect(url, autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, as an unprivileged user where root runs the tests; stop and remove it."""
    binaries = _binaries()
    directory = Path(tempfile.mkdtemp(prefix="postgres-"))
    nobody = _unprivileged()
    if nobody:
        os.chown(directory, nobody["user"], nobody["group"])
    (directory / "password").write_text(PASSWORD)
    (directory / "password").chmod(0o644)
    port = _free_port()
    try:
        subprocess.run(
            [
                *(binaries / "initdb", "--pgdata", directory / "data", "--username", "postgres"),
                *("--pwfile", directory / "password", "--encoding", "UTF8", "--locale", "C.UTF-8"),
                *("--auth-local", "trust", "--auth-host", "scram-sha-256", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            cwd="/",
            **nobody,
        )
        with (directory / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    *(binaries / "postgres", "-D", directory / "data", "-k", directory),
                    *("-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
                ],
                stdout=log,
                stderr=log,
                cwd="/",
                **nobody,
            )
        try:
            _wait_until_ready(binaries, port, directory)
            yield Server(port, directory)
        finally:
            server.send_signal(signal.SIGQUIT)  # at once, whoever is still connected
            server.wait()
    finally:
        shutil.rmtree(directory)


def _binaries() -> Path:
    places = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        *(Path(found).parent for found in [shutil.which("initdb")] if found),
    ]
    for place in places:
        if (place / "initdb").exists():
            return place
    pytest.skip("no PostgreSQL server here: install the Debian package postgresql")


def _unprivileged() -> dict[str, Any]:
    """Whom to run the server as: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_until_ready(binaries: Path, port: int, directory: Path) -> None:
    give_up_at = time.monotonic() + SECONDS_TO_START
    ready = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ready, check=False).returncode:
        if time.monotonic() > give_up_at:
            pytest.fail(f"PostgreSQL did not start: {(directory / 'log').read_text()}")
        time.sleep(0.1)
