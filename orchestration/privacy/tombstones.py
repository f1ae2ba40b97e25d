"""Those who were forgotten, so that no export brings them back.

``<home>/tombstones.jsonl`` has a line per id: its kind, its pseudonym and the fingerprint of the
secret. A pseudonym is a keyed hash, so whether an id was forgotten can be told of an id that one
has, and no id be told from the file.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import InputError
from orchestration.json_lines import append_lines, whole_lines
from orchestration.privacy.declared_identifiers import keep_to_one_secret
from orchestration.privacy.ids_of_people import (
    begin,
    belongings,
    find_tombstoned,
    follow,
    id_columns,
    pseudonym,
    pseudonymise,
    raw_tables,
)
from orchestration.privacy.keyed_hash import SECRET_VARIABLE, fingerprint, give_key, secret

FILE_NAME = "tombstones.jsonl"
# what stands between the values of a line, and around them
_TOKENS = "string_split_regex({}, '[,;|\\t\"]')"


@dataclass(frozen=True)
class Tombstones:
    """The tombstones of a home, in use on a connection to its warehouse."""

    path: Path
    key: bytes

    def applied_to_arriving(
        self, connection: duckdb.DuckDBPyConnection, kind: str, rows: str
    ) -> str:
        """Pseudonymise shaped rows of an export kind before they land; return their SELECT.

        What newly turns out to belong to those forgotten gets a tombstone too, and is
        pseudonymised in what has landed before.
        """
        table = "shaped"
        connection.execute(f"""
            create or replace temp table {table} as
            select * replace (case when problem is not null then line_text end as line_text)
            from ({rows})
        """)
        begin(connection)
        find_tombstoned(connection, {table: id_columns(kind)})
        follow(connection, [*belongings(raw_tables()), *belongings({kind: table})])
        pseudonymise(connection, kind, table)
        # where this changes what has landed, the next run rewrites the file without what was there
        if self.add_new(connection) and not pseudonymise_raw(connection):
            note_applied(connection)
        return f"""
            select * replace (
                {kept_line("line_text")} as line_text,
                if(
                    {forgotten_line("line_text")},
                    struct_pack(
                        column_name := problem.column_name,
                        value := cast(null as varchar),
                        reason := problem.reason
                    ),
                    problem
                ) as problem
            )
            from {table}
        """

    def add_new(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Give those in ``forgotten`` without a tombstone one, on disk before anything else."""
        new = connection.execute(
            "select distinct id_kind, pseudonym from forgotten"
            " anti join tombstones using (id_kind, pseudonym) order by all"
        ).fetchall()
        if new:
            made_with = fingerprint(self.key)
            append_lines(
                self.path,
                (
                    {"id_kind": kind, "pseudonym": its_pseudonym, "secret": made_with}
                    for kind, its_pseudonym in new
                ),
            )
            _fill(connection, new)
        return len(new)

    def is_up_to_date(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Tell whether all tombstones were applied to raw."""
        applied = connection.execute(
            "select max(tombstone_count) from raw.secret_fingerprints"
        ).fetchone()
        return applied == connection.execute("select count(*) from tombstones").fetchone()


def tombstones_of(
    home: Path, connection: duckdb.DuckDBPyConnection, is_needed: bool = False
) -> Tombstones | None:
    """Make the tombstones of a home ready on a connection to its warehouse.

    None where there are none, unless they are needed. ``InputError`` without their secret.
    """
    path = home / FILE_NAME
    if not path.exists() and not is_needed:
        return None
    key = secret("To forget a person" if is_needed else f"{path}, which keeps people forgotten,")
    if any(line["secret"] != fingerprint(key) for line in _lines(path)):
        raise InputError(
            f"{SECRET_VARIABLE} is not the secret of {path}: those forgotten would come back."
            " Set the secret it was made with."
        )
    keep_to_one_secret(connection, key)
    tombstones = tombstones_in_use(connection, path, key)
    if connection.execute("select count(*) from raw.files").fetchone() == (0,):
        note_applied(connection)  # nothing has landed that they would concern
    return tombstones


def tombstones_in_use(connection: duckdb.DuckDBPyConnection, path: Path, key: bytes) -> Tombstones:
    """Make tombstones ready on a connection."""
    give_key(connection, key)
    connection.execute(
        "create or replace temp table tombstones"
        " (id_kind varchar, pseudonym varchar, primary key (id_kind, pseudonym))"
    )
    _fill(connection, {(line["id_kind"], line["pseudonym"]) for line in _lines(path)})
    return Tombstones(path, key)


def forgotten_line(value: str) -> str:
    """Hold in SQL for a line of text in which an id of those forgotten stands."""
    return (
        f"coalesce(list_has_any(list_transform({_TOKENS.format(value)},"
        f" lambda token: {pseudonym('trim(token)')}), getvariable('forgotten_pseudonyms')), false)"
    )


def kept_line(value: str) -> str:
    """Give in SQL a line of text, NULL where it is of one forgotten."""
    return f"if({forgotten_line(value)}, null, {value})"


def _lines(path: Path) -> list[dict[str, str]]:
    """Read the tombstones."""
    lines = []
    for number, line in enumerate(whole_lines(path), start=1):
        try:
            lines.append(json.loads(line))
        except ValueError:
            raise InputError(f"{path} line {number} is no tombstone; restore the file.") from None
    return lines


def _fill(connection: duckdb.DuckDBPyConnection, tombstones: Iterable[tuple[str, str]]) -> None:
    rows = list(tombstones)
    if rows:
        connection.execute(
            "insert or ignore into tombstones select unnest($1), unnest($2)",
            [[kind for kind, _ in rows], [its_pseudonym for _, its_pseudonym in rows]],
        )
    connection.execute(
        "set variable forgotten_pseudonyms = (select list(distinct pseudonym) from tombstones)"
    )


def pseudonymise_raw(connection: duckdb.DuckDBPyConnection, prefix: str = "") -> dict[str, int]:
    """Replace the ids in ``forgotten`` in all raw tables; return the rows changed by table."""
    changed = {
        table.removeprefix(prefix): pseudonymise(connection, kind, table)
        for kind, table in raw_tables(prefix).items()
    }
    changed["raw.rejected_rows"] = connection.execute(
        f"update {prefix}raw.rejected_rows set line_text = null, value = null"
        f" where {forgotten_line('line_text')}"
    ).fetchone()[0]
    return {table: count for table, count in changed.items() if count}


def note_applied(connection: duckdb.DuckDBPyConnection, prefix: str = "") -> None:
    """Write down in a warehouse that raw holds nothing that has a tombstone."""
    connection.execute(
        f"update {prefix}raw.secret_fingerprints"
        " set tombstone_count = (select count(*) from tombstones)"
    )
