"""A PostgreSQL server for tests: real, empty, and with a password."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from benchmarks.postgres_server import binaries, running

PASSWORD = "Gr3at:s/ec@ret?"


@dataclass(frozen=True)
class Server:
    """A running server; its superuser is ``postgres``, its password ``PASSWORD``."""

    port: int

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
    """Start a server, stop and remove it."""
    if binaries() is None:
        pytest.skip("no PostgreSQL server here: install the Debian package postgresql")
    with tempfile.TemporaryDirectory(prefix="postgres-") as directory:
        place = Path(directory)
        place.chmod(0o711)  # for the user it runs as
        (place / "password").write_text(PASSWORD)
        (place / "password").chmod(0o644)
        options = [
            *("--locale", "C.UTF-8", "--auth", "scram-sha-256"),
            *("--pwfile", place / "password"),
        ]
        with running(place / "server", {"fsync": "off"}, options) as server:
            yield Server(server.port)
