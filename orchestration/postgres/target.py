"""The PostgreSQL that releases are copied to: its URL, a session, its errors as sentences.

A URL may hold a password, and what libpq says of a URL may quote it: nothing of either is shown
or logged before it went through ``Target.redacted``.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from orchestration.errors import InputError, MachineError

if TYPE_CHECKING:
    from adbc_driver_postgresql.dbapi import Connection
    from pyarrow import RecordBatchReader

TARGET_VARIABLE = "WAREHOUSE_TO"
DRIVER = "adbc_driver_postgresql"
SCHEMES = ("postgresql://", "postgres://")
WRITTEN_AS = "write it as postgresql://user:password@host:5432/database"
SECRET_PARAMETERS = ("password", "sslpassword", "passfile")

CANNOT_CONNECT = (
    "Check that the server runs, and host, port, database, user and password: it may be in the"
    " URL, in PGPASSWORD or in ~/.pgpass."
)
ADVICE = {
    "42501": "The role that copies lacks a right: docs/postgres.md lists what it needs.",
    "53100": "The disk of that server is full: free space for two releases at once.",
    "2BP01": "Something of your own rests on what the next release replaces: drop it first.",
}


class PostgresError(MachineError):
    """A release did not get to PostgreSQL; ``problems`` hold no secret.

    ``sqlstate`` is the server's code, None where the server said nothing.
    """

    def __init__(self, *problems: str, sqlstate: str | None = None) -> None:
        super().__init__(problems)
        self.sqlstate = sqlstate


@dataclass(frozen=True)
class Target:
    """A database of PostgreSQL; ``shown`` names it without its password."""

    url: str = field(repr=False)
    shown: str
    secrets: tuple[str, ...] = field(repr=False)

    def redacted(self, text: str) -> str:
        """Blot out the password in a text."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text

    @contextmanager
    def explaining(self, doing: str, advice: str = "") -> Iterator[None]:
        """Turn what the driver raises into a ``PostgresError`` that says what was being done."""
        from adbc_driver_manager import Error

        try:
            yield
        except Error as error:
            said = self.redacted(_essence(str(error)))
            hint = advice or ADVICE.get(error.sqlstate or "", "")
            raise PostgresError(
                f"{self.shown}: PostgreSQL could not {doing}: {said}. {hint}".rstrip(),
                sqlstate=error.sqlstate,
            ) from None


@dataclass(frozen=True)
class Session:
    """A session of a target; what is not committed in it at its end did not happen."""

    target: Target
    connection: "Connection"

    def run(self, statement: str, doing: str) -> list[tuple]:
        """Run a statement and return its rows; ``doing`` completes "could not"."""
        with self.target.explaining(doing), self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def fill(self, schema: str, table: str, rows: "RecordBatchReader") -> None:
        """Append a stream of rows to a table."""
        with self.target.explaining(f"take in {table}"), self.connection.cursor() as cursor:
            cursor.adbc_ingest(table, rows, mode="append", db_schema_name=schema)

    def commit(self) -> None:
        """Make lasting what was done since the last commit."""
        with self.target.explaining("commit"):
            self.connection.commit()

    def roll_back(self) -> None:
        """Undo what was done since the last commit."""
        with self.target.explaining("roll back"):
            self.connection.rollback()


@contextmanager
def session(target: Target) -> Iterator[Session]:
    """Open a session."""
    from adbc_driver_postgresql import dbapi

    with target.explaining("be reached", CANNOT_CONNECT):
        connection = dbapi.connect(target.url)
    try:
        yield Session(target, connection)
    finally:
        connection.close()


def target_of(url: str) -> Target:
    """Read a URL; raise ``InputError`` for one that is none, without quoting it."""
    if not url.startswith(SCHEMES):
        raise InputError(f"--to, {TARGET_VARIABLE}: that is no URL of PostgreSQL; {WRITTEN_AS}.")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InputError(f"--to, {TARGET_VARIABLE}: {WRITTEN_AS}.") from None
    login, at, place = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    if "@" in parts.path + parts.query + parts.fragment or parts.fragment:
        raise InputError(
            f"--to, {TARGET_VARIABLE}: {WRITTEN_AS}, with %2F for / in the password, %3F for ?"
            " and %23 for #."
        )
    plain = unquote(password)
    given = [value for name, value in parse_qsl(parts.query) if name in SECRET_PARAMETERS]
    # a password is written anew, so that libpq reads it whole whatever is in it
    login = quote(unquote(user), safe="") + (f":{quote(plain, safe='')}" if plain else "")
    secrets = {url, password, plain, quote(plain, safe=""), *given}
    return Target(
        url=parts._replace(netloc=f"{login}{at}{place}").geturl(),
        shown=f"postgresql://{user}{at}{place}{parts.path}",
        secrets=tuple(sorted(filter(None, secrets), key=len, reverse=True)),
    )


def check_target(url: str) -> None:
    """Raise ``InputError`` for what is wrong with a URL or with what it takes to use it."""
    target_of(url)
    if find_spec(DRIVER) is None:
        raise InputError(
            "A release is copied to PostgreSQL by a driver that is not installed: install the"
            " extra `postgres`, with `pip install '.[postgres]'` where the project is."
        )


def _essence(message: str) -> str:
    """Cut a message of the driver down to what the server, or libpq, said: no value of a row."""
    said = re.search(r"(?:ERROR|FATAL|PANIC): +(.*)", message)
    detail = re.search(r"DETAIL: +(.* depends on .*)", message)
    if said is None:
        return message.removeprefix("IO: [libpq] Failed to connect: ").strip().splitlines()[0]
    return said[1] + (f" ({detail[1].rstrip('.')})" if detail else "")
