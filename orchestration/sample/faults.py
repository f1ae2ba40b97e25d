"""What goes wrong with exports, done to the newest ones of a sample.

A fault changes what was delivered on the newest day of a kind, or on the newest days. The same
sample, fault, size and seed give the same bytes.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.errors import InputError
from orchestration.policies import policy
from orchestration.sql_text import literal

# changes the files of an exports directory by a size and a seed
Change = Callable[[Path, float, int], None]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong: by default as much as ``size``, of what ``size_is`` says."""

    name: str
    does: str
    size: float
    size_is: str
    changes: tuple[Change, ...]


def inject(exports: Path, name: str, seed: int) -> None:
    """Do to a sample what ``name`` says: a fault, or a fault and its size as "orphans=0.1".

    Raises InputError where there is no such fault, or no file it could befall.
    """
    fault, size = parsed(name)
    for change in fault.changes:
        change(exports, size, seed)


def parsed(name: str) -> tuple[Fault, float]:
    """Return the fault that is meant and its size; InputError lists those there are."""
    word, _, size = name.partition("=")
    fault = next((fault for fault in FAULTS if fault.name == word), None)
    if fault is None:
        known = ", ".join(fault.name for fault in FAULTS)
        raise InputError(f"--fault {name}: there is no fault called {word!r}; there are {known}.")
    try:
        return fault, float(size) if size else fault.size
    except ValueError:
        raise InputError(
            f"--fault {name}: {size!r} is no number; {word} takes {fault.size_is}, as in"
            f" {word}={fault.size:g}."
        ) from None


def newest_files(exports: Path, kind: str, days: int = 1) -> list[Path]:
    """List the files of a kind, as "payment.payments", of its newest export day, or days."""
    folder = exports.joinpath(*kind.split("."))
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise InputError(f"{folder}: there is no export for the fault to befall; make it larger.")
    export_days = sorted({path.name[:10] for path in files})
    return [path for path in files if path.name[:10] in export_days[-days:]]


def _in_rows(kind: str, select: str, name: str = "{day}{rest}") -> Change:
    """Rewrite the newest files of a kind as what ``select`` makes of ``delivered``.

    That has the columns as text, ``line`` and a ``chance`` from 0 to 1 drawn for each row;
    ``earlier`` are the rows of the files before. In ``select`` stands ``{size}``.
    """

    def change(exports: Path, size: float, seed: int) -> None:
        newest = newest_files(exports, kind)
        earlier = [path for path in sorted(newest[0].parent.glob("*.csv")) if path < newest[0]]
        for path in newest:
            with closing(duckdb.connect()) as connection:
                columns = _read(connection, "delivered", [path], seed)
                if "from earlier" in select:
                    _read(connection, "earlier", earlier, seed)
                target = path.with_name(name.format(day=path.name[:10], rest=path.name[10:]))
                connection.execute(
                    f"copy (select {columns}"
                    f" from ({select.format(size=size, day=path.name[:10])})"
                    f" order by line, {columns})"
                    f" to {literal(target)} (format csv, header, delimiter ',')"
                )

    return change


def _read(
    connection: duckdb.DuckDBPyConnection, table: str, paths: Sequence[Path], seed: int
) -> str:
    """Read files as a table with ``line`` and ``chance``; return the list of their columns."""
    header = paths[0].open(encoding="utf-8").readline().strip().split(",")
    connection.execute(
        f"""
        create table {table} as
        select
            *,
            row_number() over () as line,
            md5_number_lower(concat_ws(':', ?, line)) / pow(2.0, 64) as chance
        from read_csv(
            ?, columns = ?, auto_detect = false, header = true, delim = ',', quote = '"'
        )
        """,
        [seed, [str(path) for path in paths], dict.fromkeys(header, "varchar")],
    )
    return ", ".join(header)


def _cut(kind: str) -> Change:
    """Keep so much of the newest files of a kind, to the middle of a line."""

    def change(exports: Path, size: float, seed: int) -> None:
        for path in newest_files(exports, kind):
            content = path.read_bytes()
            line_start = content.rindex(b"\n", 0, int(len(content) * size)) + 1
            line_end = content.index(b"\n", line_start)
            path.write_bytes(content[: (line_start + line_end) // 2])

    return change


def _swap_headers(kind: str, one: str, other: str) -> Change:
    """Give two columns of the newest files of a kind each other's names."""
    swapped = {one: other, other: one}

    def change(exports: Path, size: float, seed: int) -> None:
        for path in newest_files(exports, kind, days=int(size)):
            header, _, rows = path.read_text(encoding="utf-8").partition("\n")
            names = [swapped.get(column, column) for column in header.split(",")]
            path.write_text(f"{','.join(names)}\n{rows}", encoding="utf-8")

    return change


def _forget_rates(exports: Path, size: float, seed: int) -> None:
    """Leave out the rates of the newest days, so many more than one may be old."""
    files = newest_files(exports, "payment.fx_rates", days=len(list(exports.rglob("*.csv"))))
    last_day = date.fromisoformat(files[-1].name[:10])
    missing_from = last_day - timedelta(int(policy("fx_max_age_days")) + int(size) - 1)
    for path in files:
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        place = header.split(",").index("rate_date")
        kept = [row for row in rows if row.split(",")[place] < missing_from.isoformat()]
        if len(kept) < len(rows):
            path.write_text("\n".join([header, *kept, ""]), encoding="utf-8")


SHARE = "a share of the rows"
PAYMENTS = "payment.payments"
DELIVERED_HIT = "from delivered where chance < {size}"
LATER = "strftime(left({column}, 19)::timestamp + {by}, '%Y-%m-%d %H:%M:%S')"


def _shifted(*columns: str) -> str:
    """Write SQL that puts local instants so many hours later, and leaves those with an offset."""
    moved = (
        f"case when length({column}) = 19 then"
        f" {LATER.format(column=column, by='to_hours({size}::int)')} else {column} end as {column}"
        for column in columns
    )
    return f"select * replace ({', '.join(moved)}) from delivered"


FAULTS = (
    Fault(
        "duplicates",
        "rows of a payments file stand in it twice",
        0.3,
        SHARE,
        (_in_rows(PAYMENTS, f"from delivered union all {DELIVERED_HIT}"),),
    ),
    Fault(
        "doubled_file",
        "a payments file comes again on its day, under another name",
        1,
        SHARE,
        (_in_rows(PAYMENTS, DELIVERED_HIT, name="{day}_again{rest}"),),
    ),
    Fault(
        "contradictions",
        "payments come twice on a day, with another amount each time",
        0.3,
        SHARE,
        (
            _in_rows(
                PAYMENTS,
                "from delivered union all"
                " select * replace ((amount::decimal(18, 2) + 1)::varchar as amount)"
                " from delivered where chance < {size}",
            ),
        ),
    ),
    Fault(
        "orphans",
        "payments name contracts that were never delivered",
        0.5,
        SHARE,
        (
            _in_rows(
                PAYMENTS,
                "select * replace (if(chance < {size}, 'X' || payment_id, contract_id)"
                " as contract_id) from delivered",
            ),
        ),
    ),
    Fault(
        "reversed_payments",
        "payments are reversed, twice, before they cleared",
        0.3,
        SHARE,
        (
            _in_rows(
                PAYMENTS,
                "from delivered union all"
                " select delivered.* replace ('reversed' as status,"
                " (left(status_at, 10)::date - days_before)::varchar as status_at)"
                " from delivered cross join (select unnest([1, 2]) as days_before)"
                " where chance < {size} and status = 'cleared'",
            ),
        ),
    ),
    Fault(
        "wrong_zone",
        "instants of contacts and payments are told in UTC without saying so",
        3,
        "hours",
        (
            _in_rows("contact.contacts", _shifted("started_at", "updated_at")),
            _in_rows(PAYMENTS, _shifted("status_at", "paid_at")),
        ),
    ),
    Fault(
        "missing_rate",
        "no rates of exchange come, for longer than a rate may be old",
        2,
        "the days without a rate that serves",
        (_forget_rates,),
    ),
    Fault(
        "overlapping_periods",
        "a dispute is opened again and again, under other ids, and never closed",
        10,
        "the times",
        (
            _in_rows(
                "billing.disputes",
                "from delivered union all"
                " (select one.* replace ('X' || time || dispute_id as dispute_id,"
                " '{day}' as opened_date, null as closed_date, line + 1000000 + time as line)"
                " from (from earlier order by chance, line limit 1) as one"
                " cross join range({size}::int) as times (time))",
            ),
        ),
    ),
    Fault(
        "negative_amounts",
        "payments come with their sign turned round",
        0.5,
        SHARE,
        (
            _in_rows(
                PAYMENTS,
                "select * replace (if(chance < {size}, (-amount::decimal(18, 2))::varchar, amount)"
                " as amount) from delivered",
            ),
        ),
    ),
    Fault(
        "future_dates",
        "payments are dated a year ahead",
        0.3,
        SHARE,
        (
            _in_rows(
                PAYMENTS,
                "select * replace (if(chance < {size},"
                " (left(status_at, 4)::int + 1)::varchar || substr(status_at, 5), status_at)"
                " as status_at) from delivered",
            ),
        ),
    ),
    Fault(
        "half_file",
        "a payments file breaks off in the middle of a line",
        0.5,
        "the share that is there",
        (_cut(PAYMENTS),),
    ),
    Fault(
        "swapped_columns",
        "two columns of the payments have each other's names: customer_id and contract_id",
        1,
        "the newest days",
        (_swap_headers(PAYMENTS, "customer_id", "contract_id"),),
    ),
    Fault(
        "swapped_dates",
        "two columns of the instalments have each other's names: due_date and issued_date",
        1,
        "the newest days",
        (_swap_headers("billing.instalments", "due_date", "issued_date"),),
    ),
    Fault(
        "cents",
        "amounts of payments come in cents and not in units",
        100,
        "how many times the amount",
        (
            _in_rows(
                PAYMENTS,
                "select * replace ((amount::decimal(18, 2) * {size})::decimal(18, 0)::varchar"
                " as amount) from delivered",
            ),
        ),
    ),
    Fault(
        "identifiers",
        "the reference of payments holds e-mail addresses, which nobody declared",
        0.3,
        SHARE,
        (
            _in_rows(
                PAYMENTS,
                "select * replace (if(chance < {size}, payment_id || '@example.com', reference)"
                " as reference) from delivered",
            ),
        ),
    ),
)
