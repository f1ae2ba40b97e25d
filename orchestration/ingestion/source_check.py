"""Whether a source YAML file would load, tried on the newest file of each of its patterns.

Files are found, read, mapped and scanned by the functions a run uses, into a warehouse file that
is thrown away; what staging thinks of the values is asked in staging's own SQL.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath

import duckdb

from orchestration.contract import Column, Kind, contract
from orchestration.errors import InputError
from orchestration.ingestion.exports import Delivery, find_deliveries, read_content
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.filling import LoadedFile
from orchestration.ingestion.headers import read_headers
from orchestration.ingestion.loading import load
from orchestration.ingestion.mapping import unused_columns
from orchestration.ingestion.plain_files import plain_files
from orchestration.ingestion.rejections import Rejected, Which, collect, collected
from orchestration.ingestion.sources import load_source
from orchestration.slices import Table
from orchestration.sql_text import literal
from orchestration.warehouse import open_warehouse

MOST_VALUES = 5


@dataclass(frozen=True)
class Pattern:
    """A pattern and the files it claims; no ``first_day`` where it claims none."""

    path: str
    files: int
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True)
class ForeignValues:
    """Values of a column that knows only certain ones; a build would stop at them."""

    column: Column
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class KindSample:
    """What a file would give a kind: ``first_rows`` under the columns of ours it fills.

    ``repeated`` is the number of rows that another row of the file with their key takes over from,
    and ``contradicting`` how many of these are not alike with it in all.
    """

    file: LoadedFile
    kind: Kind
    first_rows: Table
    unmapped: tuple[str, ...]
    empty: tuple[str, ...]
    rejected: Rejected
    foreign: tuple[ForeignValues, ...]
    repeated: int
    contradicting: int


@dataclass(frozen=True)
class FileSample:
    """What a file would give all its kinds; ``unused`` are its columns that nothing takes."""

    delivery: Delivery
    unused: tuple[str, ...]
    kinds: tuple[KindSample, ...]


@dataclass(frozen=True)
class Checked:
    """What a YAML file does with the files there are.

    ``nearly`` are files that nobody claims and a pattern of the YAML nearly matches;
    ``problems`` are what a run would be refused or stopped for.
    """

    patterns: tuple[Pattern, ...]
    unclaimed: tuple[str, ...]
    nearly: tuple[tuple[str, str], ...]
    files: tuple[FileSample, ...]
    problems: tuple[str, ...]


def check_source(path: Path, exports: Path, most_rows: int | None, shown: int) -> Checked:
    """Try a YAML file; raise ``InputError`` where it cannot be read, or names of files are wrong.

    ``most_rows`` limits what is read of a file, ``shown`` the first rows and examples.
    """
    system = load_source(path)
    found = find_deliveries(exports, [system])
    by_spec = [
        (spec, [one for one in found.deliveries if one.spec is spec]) for spec in system.files
    ]
    problems: list[str] = []
    if not found.deliveries:
        problems.append(
            f"{path}: none of the {len(found.unclaimed):,} files below {exports} is one of"
            f" {', '.join(repr(spec.path) for spec in system.files)}; mend the path, or name the"
            " folder the exports are in with --exports."
        )
    with _throw_away_warehouse() as connection, plain_files(connection) as plain:
        headers, found_wanting = read_headers(
            connection, plain, [_with_content(one) for one in found.deliveries]
        )
    problems += [problem for of_file in found_wanting.values() for problem in of_file]
    files = []
    for _, deliveries in by_spec:
        if deliveries and not found_wanting[deliveries[-1].path]:
            older = dict.fromkeys(name for one in deliveries for name in headers.get(one.path, ()))
            header = headers[deliveries[-1].path]
            try:
                files.append(_sample(deliveries[-1], header, tuple(older), most_rows, shown))
            except InputError as error:
                problems += error.problems
    problems += [
        _foreign_problem(sample, values)
        for file in files
        for sample in file.kinds
        for values in sample.foreign
    ]
    return Checked(
        tuple(_pattern(spec, deliveries) for spec, deliveries in by_spec),
        found.unclaimed,
        tuple(
            (name, spec.path)
            for name in found.unclaimed
            for spec in system.files
            if _is_nearly(name, spec)
        ),
        tuple(files),
        tuple(problems),
    )


def _pattern(spec: FileSpec, deliveries: Sequence[Delivery]) -> Pattern:
    days = [delivery.export_day for delivery in deliveries]
    return Pattern(spec.path, len(days), min(days, default=None), max(days, default=None))


@contextmanager
def _throw_away_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a warehouse for a moment: a file, so that what does not fit into memory has a place."""
    with (
        tempfile.TemporaryDirectory(prefix="warehouse-check-") as folder,
        closing(open_warehouse(Path(folder, "warehouse.duckdb"))) as connection,
    ):
        yield connection


def _is_nearly(name: str, spec: FileSpec) -> bool:
    """Tell whether only the case of a name, or its folder, keeps a pattern from matching it."""
    in_any_folder = "**/" + PurePosixPath(spec.path).name
    return any(
        re.fullmatch(pattern.pattern, name, re.IGNORECASE)
        for pattern in (
            spec.path_pattern,
            spec.model_copy(update={"path": in_any_folder}).path_pattern,
        )
        if "{day}" not in spec.path or "(?P<day>" in pattern.pattern
    )


def _with_content(delivery: Delivery) -> Delivery:
    return replace(delivery, content=read_content(delivery.path))


def _sample(
    delivery: Delivery,
    header: tuple[str, ...],
    known: tuple[str, ...],
    most_rows: int | None,
    shown: int,
) -> FileSample:
    """Load a file into a warehouse of its own, and look at what landed.

    ``known`` are the columns the files of its pattern have: a run would know them.
    """
    spec = delivery.spec
    with _throw_away_warehouse() as connection:
        connection.execute(
            "insert into raw.files (source_system, path_pattern, column_names) values (?, ?, ?)",
            [delivery.system.system, spec.path, json.dumps(known)],
        )
        loaded = load(connection, [_with_content(delivery)], most_rows=most_rows)
        kinds = [_kind_sample(connection, header, spec, file, shown) for file in loaded]
    return FileSample(delivery, unused_columns(header, spec), tuple(kinds))


def _kind_sample(
    connection: duckdb.DuckDBPyConnection,
    header: tuple[str, ...],
    spec: FileSpec,
    file: LoadedFile,
    shown: int,
) -> KindSample:
    kind = contract()[f"{file.area}.{file.kind}"]
    names = [column.name for column in kind.columns]
    filled = connection.execute(
        f"select {', '.join(f'count({name})' for name in names)} from {kind.table}"
    ).fetchone()
    mapping = spec.kinds[kind.id]
    mapped = {name.lower() for name in header} if mapping.is_by_name else mapping.mapped
    there = [name for name, count in zip(names, filled, strict=True) if count]
    empty = [name for name in names if name in mapped and name not in there]
    rows = connection.execute(
        f"select {', '.join(there) or 'null'} from {kind.table} order by row_number limit {shown}"
    ).fetchall()
    collect(connection, Which(kind=kind.id), [kind])
    keys, whole = (f"count(distinct ({', '.join(of)}))" for of in (kind.key, names))
    repeated, contradicting = connection.execute(
        f"select count(*) - {keys}, {whole} - {keys} from {kind.table}"
    ).fetchone()
    return KindSample(
        file,
        kind,
        Table(there, rows, file.rows_loaded),
        tuple(name for name in names if name not in mapped),
        tuple(empty) if file.rows_loaded else (),
        collected(connection, shown),
        tuple(_foreign(connection, kind)),
        repeated,
        contradicting,
    )


def _foreign(connection: duckdb.DuckDBPyConnection, kind: Kind) -> list[ForeignValues]:
    """Find values that are none of those their column knows, the most frequent first."""
    found = []
    for column in kind.columns:
        if column.values:
            known = ", ".join(map(literal, column.values))
            values = connection.execute(
                f"select {column.name}, count(*) from {kind.table}"
                f" where lower({column.name}) not in ({known})"
                f" group by 1 order by 2 desc, 1 limit {MOST_VALUES}"
            ).fetchall()
            if values:
                found.append(ForeignValues(column, tuple(values)))
    return found


def _foreign_problem(sample: KindSample, foreign: ForeignValues) -> str:
    values = ", ".join(f"'{value}' ({count:,} rows)" for value, count in foreign.values)
    column = foreign.column
    return (
        f"{sample.file.file_name}: {sample.kind.id}.{column.name} has {values}, and may only be"
        f" {', '.join(column.values)}; a run would stop at it. Translate it in the YAML by an"
        f" expression, as {column.name}: case \"Their column\" when '{foreign.values[0][0]}' then"
        f" '{column.values[0]}' ... else \"Their column\" end."
    )
