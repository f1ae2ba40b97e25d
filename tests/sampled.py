"""A sample written once for a module of tests, and its files as tables of text."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contract import Kind, contract
from orchestration.sample import SampleSummary, write_sample


@dataclass(frozen=True)
class Sample:
    folder: Path
    summary: SampleSummary
    tables: duckdb.DuckDBPyConnection

    def count(self, query: str) -> int:
        return len(self.rows(f"select 1 {query}"))

    def rows(self, query: str) -> list[tuple]:
        return self.tables.execute(query).fetchall()

    def value(self, query: str) -> float:
        return float(self.rows(query)[0][0])


def table(kind: Kind) -> str:
    return kind.id.replace(".", "_")


def header(folder: Path, kind: Kind) -> list[str]:
    headers = {
        path.open(encoding="utf-8").readline().strip()
        for path in (folder / kind.area / kind.name).iterdir()
    }
    assert len(headers) == 1
    return headers.pop().split(",")


def sampled(folder: Path, customers: int, months: int, seed: int) -> Iterator[Sample]:
    """Write a sample; instants without an offset are local in its tables."""
    summary = write_sample(folder, customers, months, seed)
    with closing(duckdb.connect()) as tables:
        tables.execute("set timezone = 'America/Sao_Paulo'")
        for kind_id in summary.files:
            kind = contract()[kind_id]
            tables.execute(f"""
                create table {table(kind)} as
                select
                    * exclude (filename),
                    parse_filename(filename) as name,
                    '{kind_id}/' || name as file_name,
                    left(name, 10)::date as export_day
                from read_csv(
                    '{folder}/{kind.area}/{kind.name}/*.csv',
                    all_varchar = true, header = true, filename = true, delim = ',',
                    auto_detect = false,
                    columns = {{{", ".join(f"'{c}': 'varchar'" for c in header(folder, kind))}}}
                )
            """)
        yield Sample(folder, summary, tables)
