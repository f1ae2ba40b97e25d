"""Fills the raw tables of a kind with what ``landing`` and ``unreadable`` hold."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb
import pyarrow as pa

from orchestration.contract import Kind, contract
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.mapping import (
    is_of_kind,
    shaped_rows,
    takes_all_as_it_is,
    unknown_columns,
)
from orchestration.ingestion.sources import mapping_hash
from orchestration.privacy.identifiers import masked, masked_sql
from orchestration.privacy.tombstones import Tombstones, kept_line


@dataclass(frozen=True)
class LoadedFile:
    """What one file gave one kind; ``rows_in`` = ``rows_loaded`` + ``rows_rejected``.

    ``rows_left_out`` are those of its rows that are of other kinds.
    """

    area: str
    kind: str
    system: str
    export_day: date
    file_name: str
    rows_in: int
    rows_loaded: int
    rows_rejected: int
    rows_left_out: int
    unknown_columns: tuple[str, ...]


def mapping_hash_of(delivery: Delivery, kind: str) -> str:
    """Return a digest of how a delivery is read and mapped."""
    return mapping_hash(delivery.system, delivery.spec, contract()[kind])


def fill(
    connection: duckdb.DuckDBPyConnection,
    kind: Kind,
    group: Sequence[Delivery],
    header: tuple[str, ...],
    tombstones: Tombstones | None,
) -> list[LoadedFile]:
    """Replace what the files gave a kind by what ``landing`` and ``unreadable`` hold."""
    _forget(connection, kind)
    has_nul = any(delivery.content.has_nul for delivery in group)
    spec = group[0].spec
    of_file = (header, group[0].system, spec, kind)
    rows = shaped_rows(*of_file, has_nul)
    # a line that cannot be read has no columns to tell which of it the kind takes
    line = masked_sql("line_text") if takes_all_as_it_is(*of_file) else "cast(null as varchar)"
    if tombstones:
        rows = tombstones.applied_to_arriving(connection, kind.id, rows)
        line = kept_line(line)
    origin = "source_system, file_name, file_hash, export_day, loaded_at"
    of_kind = f"'{kind.area}' as area, '{kind.name}' as kind"
    inserted = connection.execute(f"""
        insert into {kind.table} by name
        select {origin}, rows.* exclude (path, problem, line_text)
        from ({rows}) as rows inner join arriving using (path)
        where problem is null
    """).fetchone()[0]
    if inserted < connection.execute("select count(*) from landing").fetchone()[0]:
        connection.execute(f"""
            insert into raw.rejected_rows by name
            select {of_kind}, {origin}, row_number, unnest(problem), line_text
            from ({rows}) as rows inner join arriving using (path)
            where problem is not null
        """)
    connection.execute(f"""
        insert into raw.rejected_rows by name
        select {of_kind}, {origin}, unreadable.* exclude (path) replace ({line} as line_text)
        from unreadable inner join arriving using (path)
    """)
    noted = connection.execute(f"""
        insert into raw.files by name
        with records as (
            select
                path, count_if(is_of_kind) as rows_in, count_if(not is_of_kind) as rows_left_out
            from (
                select
                    "#path" as path,
                    {is_of_kind(spec.kinds[kind.id])} is distinct from false as is_of_kind
                from landing
                union all
                select path, true from unreadable
            )
            group by all
        ),
        rejected as (
            select source_system, export_day, file_name, count(*) as rows_rejected
            from raw.rejected_rows
            where area = '{kind.area}' and kind = '{kind.name}'
            group by all
        )
        select
            arriving.* exclude (path), {of_kind},
            '{mapping_hash_of(group[0], kind.id)}' as mapping_hash,
            coalesce(rows_in, 0) as rows_in,
            coalesce(rows_rejected, 0) as rows_rejected,
            coalesce(rows_in, 0) - coalesce(rows_rejected, 0) as rows_loaded,
            coalesce(rows_left_out, 0) as rows_left_out
        from arriving
        left join records using (path)
        left join rejected using (source_system, export_day, file_name)
        returning source_system, export_day, file_name, rows_in, rows_loaded, rows_rejected,
            rows_left_out
    """).fetchall()
    if sum(rows_loaded for *_, rows_loaded, _, _ in noted) != inserted:
        raise RuntimeError(f"{kind.id}: {inserted} rows were loaded and not those of {noted}")
    unknown = unknown_columns(header, spec, kind)
    return [LoadedFile(kind.area, kind.name, *file, unknown) for file in noted]


def _forget(connection: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """Delete what the files in ``arriving`` once gave the kind."""
    identity = "source_system, export_day, file_name"
    of_kind = f"area = '{kind.area}' and kind = '{kind.name}'"
    arriving = f"({identity}) in (select ({identity}) from arriving)"
    known = connection.execute(f"delete from raw.files where {of_kind} and {arriving}").fetchone()[
        0
    ]
    if known:
        connection.execute(f"delete from raw.rejected_rows where {of_kind} and {arriving}")
        connection.execute(f"delete from {kind.table} where {arriving}")


def arriving_table(group: Sequence[Delivery], header: tuple[str, ...]) -> pa.Table:
    """Return a table of the files being read."""
    # what should be a header may be a person's row
    names = json.dumps([masked(name) for name in header], ensure_ascii=False)
    now = datetime.now(UTC).replace(tzinfo=None)
    columns = {
        "path": pa.array([str(delivery.path) for delivery in group], pa.string()),
        "source_system": [delivery.system.system for delivery in group],
        "export_day": [delivery.export_day for delivery in group],
        "file_name": [delivery.file_name for delivery in group],
        "file_hash": [delivery.content.sha256 for delivery in group],
        "size_bytes": [delivery.size_and_time[0] for delivery in group],
        "modified_at_ns": [delivery.size_and_time[1] for delivery in group],
        "path_pattern": [delivery.spec.path for delivery in group],
        "column_names": pa.array(
            [names if delivery.spec.has_header else None for delivery in group], pa.string()
        ),
        "is_full": [delivery.spec.delivery == "full" for delivery in group],
        "loaded_at": [now for _ in group],
    }
    return pa.table(columns)
