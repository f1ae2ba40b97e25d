"""Writes exports with so many contact rows, and the rest in proportion.

One invented portfolio is sampled and multiplied: a copy of it is another portfolio of the same
size, with ids of its own. Of three contacts two are further attempts, one and two hours after the
one the sample has, with what was reported of their messages; a few of the calls are withdrawn. Only
exchange rates are the same for all copies.

    python -m benchmarks.exports --out FOLDER --contacts 1000000
"""

import argparse
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import yaml

from orchestration.contract import IS_DELETED, contract
from orchestration.sample import write_sample
from orchestration.sql_text import literal, quoted

CUSTOMERS, MONTHS, SEED = 25_000, 12, 7
# of fewer, chance alone makes days that the audit finds strange
FEWEST_CUSTOMERS = 3_000
CONTACTS_OF_A_COPY = 1_000_000
WITHDRAWN_OF = 100
CONTACTS, EVENTS, RATES = "contact/contacts", "contact/contact_events", "payment/fx_rates"
MOMENT = {CONTACTS: "started_at", EVENTS: "occurred_at"}
# of a person, whom no date of an export tells apart
KEPT_DATES = ("birth_date", "hired_date", "left_date")


@dataclass(frozen=True)
class Copies:
    """Copies of a portfolio: how many, with how many contact rows in all.

    Where ``mark`` is set, it is in every id. All happens ``days_back`` days earlier than sampled.
    """

    number: int
    contacts: int
    mark: str = ""
    days_back: int = 0


def write_exports(scratch: Path, out: Path, contacts: int) -> dict[str, int]:
    """Write exports with so many contact rows; return the rows of every kind."""
    copies = Copies(max(round(contacts / CONTACTS_OF_A_COPY), 1), contacts)
    customers = min(CUSTOMERS, max(CUSTOMERS * contacts // CONTACTS_OF_A_COPY, FEWEST_CUSTOMERS))
    return multiply(sampled(scratch, customers, MONTHS), out, copies)


def write_history(scratch: Path, out: Path, contacts: int, times: int) -> list[Path]:
    """Write a quarter's exports and the same volume for each of the quarters before it.

    ``contacts`` are those of a quarter. A quarter is 13 weeks and comes from a system of its own,
    as its first export tells of all that was before it. Returns the YAML files of the systems.
    """
    world = sampled(
        scratch, max(CUSTOMERS * 4 * contacts // CONTACTS_OF_A_COPY, FEWEST_CUSTOMERS), 3
    )
    systems = []
    for quarter in range(times):
        name = f"quarter_{quarter}"
        mark = f"q{quarter}" if quarter else ""
        multiply(world, out / name, Copies(1, contacts, mark, 91 * quarter))
        files = [
            {"path": f"{name}/{kind.area}/{kind.name}/{{day}}*.csv", "kinds": {kind.id: {}}}
            for kind in contract().values()
        ]
        systems.append(out.with_name(f"{out.name}_{name}.yml"))
        systems[-1].write_text(yaml.safe_dump({"system": name, "files": files}))
    return systems


def take_last_day(exports: Path, aside: Path) -> None:
    """Move the files of the newest export day aside, in folders like those they were in."""
    paths = sorted(exports.glob("**/*.csv"))
    last = max(path.name[:10] for path in paths)
    for path in (path for path in paths if path.name.startswith(last)):
        target = aside / path.relative_to(exports)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


def sampled(scratch: Path, customers: int, months: int) -> Path:
    """Sample a portfolio, unless that was done before."""
    world = scratch / f"sample-{customers}-{months}"
    if not world.exists():
        unfinished = world.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        write_sample(unfinished, customers, months, SEED, lambda said: None)
        unfinished.rename(world)
    return world


def multiply(world: Path, out: Path, copies: Copies) -> dict[str, int]:
    """Write the copies of a portfolio into an empty folder; return the rows of every kind."""
    rows: dict[str, int] = {}
    with duckdb.connect() as connection:
        _number_contacts(connection, world, copies)
        for path in sorted(world.glob("*/*/*.csv")):
            kind = path.parent.relative_to(world).as_posix()
            day = date.fromisoformat(path.name[:10]) - timedelta(days=copies.days_back)
            target = out / kind / f"{day}{path.name[10:]}"
            target.parent.mkdir(parents=True, exist_ok=True)
            query = _rows_of(connection, kind, path, copies)
            written = connection.execute(f"copy ({query}) to {literal(target)} (header)")
            rows[kind] = rows.get(kind, 0) + written.fetchone()[0]
    return rows


def _number_contacts(connection: duckdb.DuckDBPyConnection, world: Path, copies: Copies) -> None:
    """Say how often each contact row of each copy is repeated, so that they come to the number."""
    connection.execute(
        f"""
        create temp table contact_rows as
        select *, row_number() over (order by md5(contact_id), path, line) as place
        from (
            select *, row_number() over () as line
            from read_csv({literal(world / CONTACTS / "*.csv")}, all_varchar = true,
                filename = 'path')
        )
        """
    )
    sampled_rows = connection.execute("select count(*) from contact_rows").fetchone()[0]
    further, rest = divmod(
        copies.contacts - sampled_rows * copies.number, sampled_rows * copies.number
    )
    if further < 0:
        raise ValueError(
            f"{copies.number} copies of {sampled_rows:,} contact rows are more than"
            f" {copies.contacts:,}: ask for more contacts, or sample fewer customers."
        )
    connection.execute(
        f"""
        create temp table repeated_rows as
        select
            place,
            contact_id,
            copy,
            {further} + (copy * {sampled_rows} + place <= {rest})::int as repeats
        from contact_rows
        cross join range({copies.number}) as copies (copy);

        create temp table repeated_contacts as
        select contact_id, copy, max(repeats) as repeats
        from repeated_rows
        group by contact_id, copy;
        """
    )


def _rows_of(connection: duckdb.DuckDBPyConnection, kind: str, path: Path, copies: Copies) -> str:
    """Write the query that gives the rows of all copies of a file."""
    read = f"read_csv({literal(path)}, all_varchar = true)"
    every_repeat = "cross join unnest(range(repeats + 1)) as repeats_of (repeat)"
    if kind == RATES:
        source = f"{read} as sampled cross join (select 0 as copy, 0 as repeat)"
    elif kind == CONTACTS:
        source = (
            f"(select * from contact_rows where path = {literal(path)}) as sampled"
            f" inner join repeated_rows on sampled.place = repeated_rows.place {every_repeat}"
        )
    elif kind == EVENTS:
        source = (
            f"{read} as sampled inner join repeated_contacts"
            f" on sampled.contact_id = repeated_contacts.contact_id {every_repeat}"
        )
    else:
        source = (
            f"{read} as sampled cross join range({copies.number}) as copies (copy)"
            " cross join (select 0 as repeat)"
        )
    with path.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
    if kind == CONTACTS:
        names.append(IS_DELETED)
    values = ", ".join(f"{_value(name, kind, copies)} as {quoted(name)}" for name in names)
    return f"select {values} from {source}"


def _value(name: str, kind: str, copies: Copies) -> str:
    """Write what a copy has in a column, NULL where the sample has nothing."""
    if name == IS_DELETED:
        # of a message, what was reported of it would be an orphan
        is_withdrawn = f"channel = 'voice' and repeat > 0 and sampled.place % {WITHDRAWN_OF} = 0"
        return f"case when {is_withdrawn} then 'true' end"
    value = f"sampled.{quoted(name)}"
    if name.endswith("_id") or name == "reference":
        marked = (
            f"{value} || {literal(copies.mark)} || case when copy > 0 then 'c' || copy else '' end"
        )
        if kind in MOMENT and name == "contact_id":
            marked += " || case when repeat > 0 then 'r' || repeat else '' end"
        return marked
    if name == MOMENT.get(kind):
        # the seconds before an offset; a day alone stays one
        value = f"""case
            when repeat = 0 or length({value}) = 10 then {value}
            else strftime(left({value}, 19)::timestamp + to_hours(repeat), '%Y-%m-%d %H:%M:%S')
                || substr({value}, 20)
        end"""
    is_date = name.endswith(("_at", "_date")) or name == "valid_from"
    if copies.days_back and is_date and name not in KEPT_DATES:
        return f"""strftime(left({value}, 10)::date - {copies.days_back}, '%Y-%m-%d')
            || substr({value}, 11)"""
    return value


def main() -> None:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="new folder for the exports")
    parser.add_argument("--contacts", type=int, default=CONTACTS_OF_A_COPY)
    arguments = parser.parse_args()
    scratch = arguments.out.absolute().parent
    for kind, rows in write_exports(scratch, arguments.out, arguments.contacts).items():
        print(f"{kind:<32} {rows:>12,} rows")


if __name__ == "__main__":
    main()
