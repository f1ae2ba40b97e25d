"""A small home that serves a release, as the release step leaves it."""

from pathlib import Path

import duckdb

from orchestration.releases import DATABASE_NAME, releases_of, serve

TABLES = """
create table release as select '{release_id}' as release_id, timestamp '2026-01-31 12:00:00' as
    released_at, {number}::bigint as number;
comment on table release is 'One row: this release.';
create table fct_cash as
select
    'P' || range as cash_id, 'C' || range % 100 as contract_id, date '2026-01-20' as booked_date,
    (range * 0.01)::decimal(18, 2) as amount, {number}::bigint as number
from range(20000);
comment on table fct_cash is 'One row per movement: it''s cash; all of it.';
comment on column fct_cash.amount is 'Money; the owner''s "currency".';
create table kpi_values as
select
    'cash_collected' as kpi_id, 'day' as period_grain, date '2026-01-01' + range::integer as
    period_start, 'all' as dimension, 'all' as member, 'all' as part, {number}::bigint as number
from range(300);
create table nothing_yet (id varchar, amount decimal(18, 2));
"""


def make_release(home: Path, number: int, *changes: str) -> str:
    """Serve release ``number`` from ``home``: each row of its tables holds the number."""
    release_id = f"{number:06d}-20260131T120000Z-made"
    directory = releases_of(home) / release_id
    directory.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(directory / DATABASE_NAME) as connection:
        for statement in (TABLES.format(release_id=release_id, number=number), *changes):
            connection.execute(statement)
    serve(home, directory)
    return release_id
