"""Writes files anew without the ids of those who were forgotten.

A row that is changed or deleted stays legible in the free blocks of its file, so that every file
is copied and the copy takes its place with one rename.
"""

import ctypes
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import duckdb

from orchestration.privacy.ids_of_people import (
    BELONGINGS,
    Belonging,
    among,
    begin,
    belongings,
    find_tombstoned,
    follow,
    id_columns,
    id_kind,
    raw_tables,
    replace_ids,
)
from orchestration.privacy.tombstones import (
    Tombstones,
    note_applied,
    pseudonymise_raw,
    tombstones_in_use,
)
from orchestration.releases import DATABASE_NAME, flush
from orchestration.sql_text import literal

# Ids that are nobody's, beside those that hold ids of people within.
OF_NOBODY = {"agent_id", "cost_id", "revenue_id", "kpi_id", "release_id", "run_id"}
# By column: of which kinds the id before the first sign between is, and that after the last.
WITHIN = {
    "cash_id": (("payment",), ()),
    "cleared_cash_id": (("payment",), ()),
    "allocation_id": (("payment",), ("contract",)),
    "episode_id": (("contract", "customer"), ()),
}
SIGN_BETWEEN = "[: ]"
# What tells of a person; the region only where the rest stands beside it: elsewhere it is the
# slice a figure was counted in, whose sums must stay.
TELLING = ("birth_date", "time_zone", "preferred_channel", "reference")
MARTS = {
    "dim_contracts": "billing.contracts",
    "fct_instalments": "billing.instalments",
    "fct_agreements": "billing.agreements",
    "fct_contacts": "contact.contacts",
    "fct_promises": "contact.promises",
    "fct_surveys": "contact.surveys",
    "fct_complaints": "contact.complaints",
    "fct_portal_sessions": "payment.portal_sessions",
    "fct_cash": "payment.payments",
}
FEWEST_DIGITS_IN_TEXT = 6
# What a warehouse file holds that is none of the rows delivered.
MADE = ("main.", "raw.insight_")

Columns = Mapping[str, list[str]]


def rewrite_database(
    database: Path, tombstones: Tombstones, storage_version: str | None = None
) -> dict[str, int]:
    """Write a DuckDB file anew, if it holds ids that have a tombstone; return rows by table.

    What newly turns out to belong to those forgotten gets a tombstone.
    """
    changing, new = (database.with_name(f".{database.name}.{step}") for step in ("old", "new"))
    _delete(changing, new)
    shutil.copyfile(database, changing)
    with duckdb.connect() as connection:
        tombstones_in_use(connection, tombstones.path, tombstones.key)
        connection.execute(f"attach {literal(changing)} as old")
        changed = _change(connection, tombstones)
        if changed:
            version = f"(storage_version '{storage_version}')" if storage_version else ""
            connection.execute(f"attach {literal(new)} as new {version}")
            connection.execute("copy from database old to new; detach new")
        connection.execute("detach old")
    if changed:
        flush(new)
        new.replace(database)
        flush(database.parent)
    _delete(changing, new)
    return changed


def rewrite_release(release: Path, tombstones: Tombstones, storage_version: str) -> dict[str, int]:
    """Write a release anew beside itself, and swap the two; return rows by table."""
    partial = release.with_name(f".{release.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(release, partial, copy_function=os.link)
    changed = rewrite_database(partial / DATABASE_NAME, tombstones, storage_version)
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(partial / DATABASE_NAME)} as new (read_only)")
        for table in changed:
            name = table.removeprefix("main.")
            parquet = partial / "parquet" / f"{name}.parquet"
            parquet.unlink(missing_ok=True)  # the link; the release has the file yet
            connection.execute(f"copy new.main.{name} to {literal(parquet)} (format parquet)")
            flush(parquet)
    if changed:
        exchange(partial, release)
        flush(release.parent)
    shutil.rmtree(partial)
    return changed


def ids_in(database: Path, tombstones: Tombstones) -> dict[str, str]:
    """Give the pseudonyms of the ids in a DuckDB file that have a tombstone, or shall have."""
    with duckdb.connect() as connection:
        tombstones_in_use(connection, tombstones.path, tombstones.key)
        connection.execute(f"attach {literal(database)} as old (read_only)")
        _find(connection, _text_columns(connection))
        return dict(connection.execute("select id, pseudonym from forgotten").fetchall())


def _change(connection: duckdb.DuckDBPyConnection, tombstones: Tombstones) -> dict[str, int]:
    columns = _text_columns(connection)
    _find(connection, columns)
    tombstones.add_new(connection)
    changed = {}
    if "raw.rejected_rows" in columns:
        changed = pseudonymise_raw(connection, "old.")
        note_applied(connection, "old.")
    made = {table: names for table, names in columns.items() if table.startswith(MADE)}
    for table, names in made.items():
        rows = replace_ids(connection, f"old.{table}", _kinds(names))
        for name in names:
            if name.endswith("_id") and not id_kind(name) and name not in OF_NOBODY:
                rows = max(rows, _replace_within(connection, f"old.{table}", name))
        if rows:
            changed[table] = rows
            _empty(connection, table)
    return changed


def _find(connection: duckdb.DuckDBPyConnection, columns: Columns) -> None:
    begin(connection)
    raw = raw_tables("old.") if "raw.rejected_rows" in columns else {}
    find_tombstoned(connection, {table: id_columns(kind) for kind, table in raw.items()})
    find_tombstoned(
        connection,
        {
            f"old.{table}": _kinds(names)
            for table, names in columns.items()
            if table.startswith(MADE)
        },
    )
    marts = [
        (f"old.main.{table}", _limited(BELONGINGS[kind], columns[f"main.{table}"]))
        for table, kind in MARTS.items()
        if f"main.{table}" in columns
    ]
    follow(connection, [*belongings(raw), *marts])


def _limited(belonging: Belonging, columns: list[str]) -> Belonging:
    return Belonging(
        tuple(column for column in belonging.ids if column in columns),
        tuple(column for column in belonging.to if column in columns),
    )


def _text_columns(connection: duckdb.DuckDBPyConnection) -> Columns:
    """Give the columns of text by table, as "main.dim_customers", views left out."""
    rows = connection.execute(
        """
        select columns.schema_name || '.' || columns.table_name, list(column_name)
        from duckdb_columns() as columns
        inner join duckdb_tables() as tables using (database_name, schema_name, table_name)
        where database_name = 'old' and data_type = 'VARCHAR'
        group by all
        """
    ).fetchall()
    return dict(rows)


def _kinds(names: list[str]) -> dict[str, str]:
    return {name: kind for name in names if (kind := id_kind(name))}


def _replace_within(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> int:
    """Replace ids at the beginning and the end of composed ones: P1:1:K1, account K1."""
    pieces = f"string_split_regex({column}, '{SIGN_BETWEEN}')"
    candidates = connection.execute(f"""
        select distinct {column} from {table}
        where {column} in (select id from forgotten) or list_has_any({pieces}, (
            select list(piece)
            from (select unnest(string_split_regex(id, '{SIGN_BETWEEN}')) as piece from forgotten)
        ))
    """).fetchall()
    by_kind: dict[str, dict[str, str]] = {}
    for kind, one, its_pseudonym in connection.execute("from forgotten").fetchall():
        by_kind.setdefault(kind, {})[one] = its_pseudonym
    first, last = WITHIN.get(column, (tuple(by_kind), tuple(by_kind)))
    heads = {one: name for kind in first for one, name in by_kind.get(kind, {}).items()}
    tails = {one: name for kind in last for one, name in by_kind.get(kind, {}).items()}
    renamed = {old: _renamed(old, heads, tails) for (old,) in candidates}
    pairs = {old: new for old, new in renamed.items() if old != new}
    if not pairs:
        return 0
    connection.execute(
        "create or replace temp table renamed as select unnest($1) as old, unnest($2) as new",
        [list(pairs), list(pairs.values())],
    )
    return connection.execute(
        f"update {table} as changed set {column} = renamed.new from renamed"
        f" where changed.{column} = renamed.old"
    ).fetchone()[0]


def _renamed(value: str, heads: Mapping[str, str], tails: Mapping[str, str]) -> str:
    whole = {**tails, **heads}
    if value in whole:
        return whole[value]
    cuts = [match.start() for match in re.finditer(SIGN_BETWEEN, value)]
    for cut in reversed(cuts):
        if value[:cut] in heads:
            rest = value[cut:]
            return heads[value[:cut]] + rest[0] + _tail_renamed(rest[1:], tails)
    return _tail_renamed(value, tails)


def _tail_renamed(value: str, tails: Mapping[str, str]) -> str:
    starts = [0, *(match.end() for match in re.finditer(SIGN_BETWEEN, value))]
    start = next((start for start in starts if value[start:] in tails), None)
    return value if start is None else value[:start] + tails[value[start:]]


def _empty(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Empty what tells of the person, in rows by customer or payment."""
    names = {
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where database_name = 'old'"
            " and schema_name || '.' || table_name = $1",
            [table],
        ).fetchall()
    }
    key = "payment_id" if "reference" in names else "customer_id"
    emptied = [name for name in TELLING if name in names]
    if key not in names or not emptied:
        return
    if key == "customer_id" and "region" in names:
        emptied.append("region")
    values = ", ".join(f"{name} = null" for name in emptied)
    connection.execute(f"update old.{table} set {values} where {among(key, 'pseudonym')}")


def exchange(one: Path, other: Path) -> None:
    """Swap two directories in one step, where the system can; else in three."""
    at_fdcwd, swap = -100, 2
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename and not rename(at_fdcwd, os.fsencode(one), at_fdcwd, os.fsencode(other), swap):
        return
    aside = other.with_name(f"{one.name}.aside.partial")
    other.rename(aside)
    one.rename(other)
    aside.rename(one)


def cleaner(ids: Mapping[str, str]) -> Callable[[str], str]:
    """Return what replaces ids in a text.

    Few digits may be any number: they are an id only where a column of ids is said before them.
    """
    if not ids:
        return lambda text: text
    is_number = re.compile(rf"\d{{1,{FEWEST_DIGITS_IN_TEXT - 1}}}")
    numbers = [one for one in ids if is_number.fullmatch(one)]
    names = [one for one in ids if one not in numbers]
    patterns = []
    if names:
        patterns.append(rf"(?<![\w.-])(?:{_any(names)})(?![\w-]|\.\d)")
    if numbers:
        patterns.append(rf"(?<=_id = )(?:{_any(numbers)})(?![\w-]|\.\d)")
    pattern = re.compile("|".join(patterns))
    return lambda text: pattern.sub(lambda match: ids[match.group()], text)


def _any(ids: list[str]) -> str:
    return "|".join(re.escape(one) for one in sorted(ids, key=len, reverse=True))


def clean_text(path: Path, cleaned: Callable[[str], str]) -> bool:
    """Write a file of text anew where ids stand in it; tell whether."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    if (new := cleaned(text)) == text:
        return False
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(new, encoding="utf-8")
    flush(partial)
    partial.replace(path)
    return True


def clean_sqlite(path: Path, cleaned: Callable[[str], str]) -> int:
    """Replace ids in all texts of an SQLite file, and leave no free pages; return the values."""
    count = 0
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.create_function("cleaned", 1, cleaned, deterministic=True)
        for table, column in list(_sqlite_texts(connection)):
            count += connection.execute(
                f'update "{table}" set "{column}" = cleaned("{column}")'
                f' where typeof("{column}") = \'text\' and cleaned("{column}") <> "{column}"'
            ).rowcount
        if count:
            connection.execute("pragma wal_checkpoint(truncate)")
            connection.execute("vacuum")
    return count


def _sqlite_texts(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
    for (table,) in tables:
        for _, column, *_ in connection.execute(f'pragma table_info("{table}")').fetchall():
            yield table, column


def _delete(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
