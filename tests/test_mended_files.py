"""What was rejected or wrong comes in right once mapping or file are mended, and nothing twice."""

from contextlib import closing
from datetime import date
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest
from loading import rows
from whole_runs import write

from orchestration.contract import contract
from orchestration.errors import InputError
from orchestration.ingestion.assets import Ingested, ingest
from orchestration.settings import Settings
from orchestration.warehouse import warehouse_path

FILE = "2026-01-31.csv"
ROWS = "No,Client,Total\n1,a,10.50\n2,b,7.00\n,c,8.00\n"
MAPPING = """
    system: erp
    files:
      - path: "{day}*.csv"
        decimal_mark: ","
        kinds:
          billing.contracts:
            columns: {contract_id: No, customer_id: Client, principal_amount: Total}
"""
POINTS = MAPPING.replace('","', '"."')
KEYED = POINTS.replace("contract_id: No, ", "") + (
    "            expressions: {contract_id: \"coalesce(No, 'none of ' || Client)\"}\n"
)
LOADED = "select contract_id, principal_amount, export_day from raw.billing_contracts order by all"
BOOKS = "select rows_in, rows_loaded, rows_rejected from raw.files order by all"
REASONS = "select row_number, reason from raw.rejected_rows order by all"
DAY = date(2026, 1, 31)
TAKEN = [("1", "10.50", DAY), ("2", "7.00", DAY)]


class Place:
    """Exports of one system, the home they are loaded into, and how they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "exports").mkdir()

    def deliver(self, name: str, text: str) -> None:
        write(self.folder / "exports", {name: text})

    def load(self, mapping: str, *others: str, day: str | None = None) -> Ingested:
        """Load as a run does."""
        sources = []
        for number, settings in enumerate((mapping, *others)):
            sources.append(self.folder / f"{number}.yml")
            sources[-1].write_text(dedent(settings))
        settings = Settings(
            exports=str(self.folder / "exports"),
            home=str(self.folder / "home"),
            sources=list(map(str, sources)),
            first_day=day,
            last_day=day,
        )
        return ingest(settings, settings.days, contract())

    def rows(self, query: str) -> list[tuple]:
        with closing(duckdb.connect(warehouse_path(self.folder / "home"))) as connection:
            return rows(connection, query)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_mended_mapping_takes_the_rejected_rows_in_and_doubles_nothing(place):
    place.deliver(FILE, ROWS)
    place.load(MAPPING)
    point = "principal_amount has a point where a decimal comma is declared"
    missing = "contract_id is required and empty"
    assert place.rows(REASONS) == [(2, point), (3, point), (4, missing)]
    place.load(POINTS, day=str(DAY))
    assert place.rows(LOADED) == TAKEN
    assert place.rows(REASONS) == [(4, missing)]
    place.load(KEYED, day=str(DAY))
    assert place.rows(LOADED) == [*TAKEN, ("none of c", "8.00", DAY)]
    assert place.rows(REASONS) == []
    assert place.rows(BOOKS) == [(3, 3, 0)]
    assert place.load(KEYED).files == ()
    place.load(MAPPING)
    assert place.rows(LOADED) == []
    assert place.rows(BOOKS) == [(3, 0, 3)]


def test_a_run_of_another_day_leaves_what_is_rejected_for_later(place):
    place.deliver(FILE, ROWS)
    place.load(MAPPING)
    assert place.load(POINTS, day="2026-02-01").files == ()
    assert place.rows(BOOKS) == [(3, 0, 3)]
    place.load(POINTS)
    assert place.rows(BOOKS) == [(3, 2, 1)]


def test_a_corrected_file_replaces_its_rows_whatever_their_number(place):
    place.deliver(FILE, ROWS)
    place.load(POINTS)
    place.deliver(FILE, ROWS.replace("\n,c", "\n3,c") + "4,d,1.00\n")
    place.load(POINTS)
    assert place.rows(LOADED) == [*TAKEN, ("3", "8.00", DAY), ("4", "1.00", DAY)]
    assert place.rows(REASONS) == []
    place.deliver(FILE, ROWS.splitlines()[0] + "\n")
    place.load(POINTS)
    assert (place.rows(LOADED), place.rows(BOOKS)) == ([], [(0, 0, 0)])


def test_the_same_rows_in_another_file_are_kept_as_delivered_and_counted_once(place, statements):
    place.deliver(FILE, ROWS)
    place.deliver("2026-01-31_again.csv", ROWS)
    place.load(POINTS)
    assert place.rows(LOADED) == sorted(TAKEN * 2)
    assert place.rows(BOOKS) == [(3, 2, 1)] * 2
    assert staged(place, statements) == [("1", "10.50"), ("2", "7.00")]


def test_files_that_come_out_of_order_end_as_they_would_in_order(place, statements):
    later = ROWS.replace("10.50", "11.00").replace(",c", "3,c")
    place.deliver("2026-02-28.csv", later)
    place.load(POINTS)
    in_order = [("1", "11.00"), ("2", "7.00"), ("3", "8.00")]
    assert staged(place, statements) == in_order
    place.deliver(FILE, ROWS)
    place.load(POINTS)
    assert staged(place, statements) == in_order


def staged(place: Place, statements) -> list[tuple]:
    """What staging makes of the contracts, by the SQL of the models."""
    with closing(duckdb.connect(warehouse_path(place.folder / "home"))) as connection:
        for model in ("int_clock", "stg_billing__contracts"):
            connection.execute(statements.models[model])
        return rows(
            connection,
            "select contract_id, principal_amount::varchar from stg_billing__contracts order by 1",
        )


CUSTOMERS = """
    system: erp
    files:
      - path: "{day}*.csv"
        kinds: {billing.customers: {columns: {customer_id: Client}}}
"""


@pytest.mark.parametrize(
    ("mapping", "kinds"),
    [
        (CUSTOMERS, ["customers"]),
        (CUSTOMERS.replace("{day}*", "other_{day}"), []),
        (CUSTOMERS.replace("erp", "default"), ["contracts", "customers"]),
    ],
)
def test_a_withdrawn_mapping_takes_its_rows_with_it(place, mapping, kinds):
    place.deliver(FILE, ROWS)
    place.load(POINTS)
    loaded = place.load(mapping)
    is_of_the_system = "erp" in mapping
    assert loaded.withdrawn == ((f"{FILE} (billing.contracts, 3 rows)",) * is_of_the_system)
    assert place.rows("select kind from raw.files order by 1") == [(kind,) for kind in kinds]
    assert place.rows(LOADED) == ([] if is_of_the_system else TAKEN)
    assert len(place.rows(REASONS)) == (0 if is_of_the_system else 1)
    place.load(POINTS)
    assert place.rows(LOADED) == TAKEN


def test_a_corrected_export_day_moves_a_file(place):
    place.deliver("contracts.csv", ROWS)
    dated = POINTS.replace("{day}*", "contracts").replace(
        "decimal", "export_day: 2026-01-31\n        decimal"
    )
    place.load(dated)
    assert place.rows(LOADED) == TAKEN
    place.load(dated.replace("01-31", "01-30"))
    assert {day for *_, day in place.rows(LOADED)} == {date(2026, 1, 30)}
    assert place.rows(BOOKS) == [(3, 2, 1)]


def test_what_a_file_gave_that_was_moved_away_or_is_not_asked_for_stays(place):
    place.deliver(FILE, ROWS)
    place.deliver("2026-02-28.csv", ROWS)
    place.load(POINTS)
    assert place.load(CUSTOMERS, day="2026-02-28").withdrawn == (
        "2026-02-28.csv (billing.contracts, 3 rows)",
    )
    (place.folder / "exports" / FILE).unlink()
    assert place.load(CUSTOMERS).withdrawn == ()
    assert place.rows(LOADED) == TAKEN


def test_nothing_is_taken_out_where_a_file_is_refused(place):
    place.deliver(FILE, ROWS)
    place.load(POINTS)
    with pytest.raises(InputError, match="has no column 'Debtor'"):
        place.load(CUSTOMERS.replace("Client", "Debtor"))
    assert place.rows(LOADED) == TAKEN
