"""Has a home forget a person: the ids are replaced, what tells of the person emptied.

Amounts, days and counts stay, and so do all totals. A tombstone comes first, so that whatever
is left undone by a kill is done by the next ``forget`` or run.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.errors import InputError
from orchestration.home_lock import held, user_name
from orchestration.json_lines import append_lines
from orchestration.privacy.identifiers import NORMALISED, hashed_identifier
from orchestration.privacy.ids_of_people import begin, belongings, follow, pseudonym, raw_tables
from orchestration.privacy.rewriting import (
    clean_sqlite,
    clean_text,
    cleaner,
    ids_in,
    rewrite_database,
    rewrite_release,
)
from orchestration.privacy.tombstones import FILE_NAME, Tombstones, tombstones_of
from orchestration.release_files import STORAGE_VERSION
from orchestration.releases import DATABASE_NAME, releases_of
from orchestration.warehouse import open_warehouse, warehouse_path

RECORD = "forgotten.jsonl"
NO_TEXTS = {".duckdb", ".parquet", ".db", ".lock", ".wal", ".msgpack"}


@dataclass(frozen=True)
class Forgotten:
    """What was done to forget a person, without an id of theirs.

    ``pseudonym`` is what stands for the customer now; ``rows`` are those changed, by file and
    table.
    """

    at: str
    by: str
    pseudonym: str
    rows: dict[str, dict[str, int]]

    @property
    def row_count(self) -> int:
        """Rows changed altogether."""
        return sum(count for tables in self.rows.values() for count in tables.values())


def forget(
    home: Path, customer_id: str, on_progress: Callable[[str], None] = lambda message: None
) -> Forgotten:
    """Forget a customer, given as delivered or as it is in the warehouse, in all of a home.

    ``rows`` is empty where nothing is left to do. ``InputError`` for a customer nobody knows.
    """
    with held(home, "warehouse forget"):
        warehouse = warehouse_path(home)
        if not warehouse.exists():
            raise InputError(f"{home}: there is no warehouse; use `warehouse run` first.")
        with closing(open_warehouse(warehouse)) as connection:
            tombstones = tombstones_of(home, connection, is_needed=True)
            its_pseudonym = _bury(connection, tombstones, customer_id)
        shutil.rmtree(home / "asof", ignore_errors=True)
        rows = forget_everywhere(home, tombstones, on_progress)
        done = Forgotten(datetime.now(UTC).isoformat(), user_name(), its_pseudonym, rows)
        if rows:
            append_lines(home / RECORD, [asdict(done)])
        return done


def forget_everywhere(
    home: Path, tombstones: Tombstones, on_progress: Callable[[str], None]
) -> dict[str, dict[str, int]]:
    """Apply the tombstones to all that a home keeps; return the rows changed."""
    databases = sorted(releases_of(home).glob(f"[!.]*/{DATABASE_NAME}"))
    warehouses = sorted(home.glob("warehouse*.duckdb"))  # and what a rebuild put aside
    for warehouse in warehouses:
        open_warehouse(warehouse).close()  # with the tables there are to be by now
    on_progress("logs and reports")
    ids: dict[str, str] = {}
    # while the ids are still there to be looked for
    for database in (*warehouses, *databases):
        ids |= ids_in(database, tombstones)
    rows = {"texts": _clean_texts(home, ids)}
    for release in (database.parent for database in databases):
        on_progress(f"release {release.name}")
        rows[f"releases/{release.name}"] = rewrite_release(release, tombstones, STORAGE_VERSION)
    # last: as long as the ids are in there, they can be found
    for warehouse in warehouses:
        on_progress(warehouse.name)
        rows[warehouse.name] = rewrite_database(warehouse, tombstones)
    return {file: tables for file, tables in rows.items() if tables}


def catch_up(home: Path, warehouse: Path) -> None:
    """Apply tombstones a warehouse file has not seen: after a kill, or where it is an old copy."""
    if not (home / FILE_NAME).exists() or not warehouse.exists():
        return
    with closing(open_warehouse(warehouse)) as connection:
        tombstones = tombstones_of(home, connection)
        is_done = tombstones.is_up_to_date(connection)
    if not is_done:
        rewrite_database(warehouse, tombstones)


def _bury(connection: duckdb.DuckDBPyConnection, tombstones: Tombstones, customer_id: str) -> str:
    """Give all ids of the person a tombstone; return the pseudonym of the customer."""
    hashes = connection.execute(
        "select " + ", ".join(hashed_identifier("$1", kind) for kind in NORMALISED), [customer_id]
    ).fetchone()
    customers = " union ".join(
        f"select {column} as id from {table}"
        for kind, table in raw_tables().items()
        for column in ("customer_id", "merged_into_customer_id")
        if column in _columns(connection, table)
    )
    # a hash may have an id_prefix before it
    found = connection.execute(
        f"select id from ({customers}) where id = $1"
        " or exists (select 1 from (select unnest($2) as hash) where ends_with(id, hash))",
        [customer_id, [one for one in hashes if one]],
    ).fetchall()
    # the hash by itself too, by which the person is known again where it had a prefix
    names = dict.fromkeys([one for (one,) in found] + [customer_id, *filter(None, hashes)])
    pseudonyms = [
        connection.execute(f"select {pseudonym('$1')}", [name]).fetchone()[0] for name in names
    ]
    if not found:
        for one in pseudonyms:
            if connection.execute(
                "select 1 from tombstones where id_kind = 'customer' and pseudonym = $1", [one]
            ).fetchone():
                return one
        raise InputError(
            f"{customer_id} is no customer of this warehouse. Give the id as it is delivered, or"
            " as it is in raw.billing_customers (with the id_prefix of its system, if any)."
        )
    begin(connection)
    matched = [one for (one,) in found]
    aliases = [one for one in hashes if one and any(id_.endswith(one) for id_ in matched)]
    for one in {*matched, *aliases}:
        connection.execute(
            f"insert or ignore into forgotten select 'customer', $1, {pseudonym('$1')}", [one]
        )
    follow(connection, belongings(raw_tables()))
    tombstones.add_new(connection)
    return pseudonyms[0]


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {row[0] for row in connection.execute(f"describe {table}").fetchall()}


def _clean_texts(home: Path, ids: dict[str, str]) -> dict[str, int]:
    """Clean logs, reports and Dagster's history; return the files (or values) changed."""
    cleaned = cleaner(ids)
    changed: dict[str, int] = {}
    if not ids:
        return changed
    for folder, folders, names in os.walk(home):
        place = Path(folder)
        if place == home:
            folders[:] = [name for name in folders if name not in ("dbt",)]
        for path in sorted(place / name for name in names):
            top = path.relative_to(home).parts[0]
            if path.is_symlink() or path.name in (FILE_NAME, RECORD):
                continue
            if path.suffix == ".db":
                count = clean_sqlite(path, cleaned)
            else:
                count = path.suffix not in NO_TEXTS and clean_text(path, cleaned)
            if count:
                changed[top] = changed.get(top, 0) + int(count)
    return changed
