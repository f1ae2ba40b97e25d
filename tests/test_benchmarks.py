import os
import shutil
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from benchmarks import limit, ours
from benchmarks.__main__ import RIVALS_PYTHON
from benchmarks.exports import Copies, multiply, take_last_day
from benchmarks.figures import COLUMNS, TEN, differences
from benchmarks.measuring import Measured, ProcessError, in_turn, measure
from benchmarks.postgres_server import binaries, running, tuned
from benchmarks.report import page
from benchmarks.rivals import figures_of, scripts
from orchestration.contract import contract
from orchestration.ingestion.assets import ingest
from orchestration.releases import release_file
from orchestration.settings import Settings
from orchestration.sql_text import literal

CONTACTS = 1_234
PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def multiplied(sample_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three times the sample, with contacts that no number of whole repeats comes to."""
    out = tmp_path_factory.mktemp("multiplied")
    rows = multiply(sample_exports, out, Copies(3, 3 * _sampled(sample_exports) + CONTACTS))
    assert rows["contact/contacts"] == 3 * _sampled(sample_exports) + CONTACTS
    return out


def _sampled(exports: Path) -> int:
    return _one(f"select count(*) from {_rows(exports, 'contact/contacts')}")


def _rows(exports: Path, kind: str) -> str:
    return f"read_csv({literal(exports / kind / '*.csv')}, all_varchar = true)"


def _one(query: str) -> object:
    ((value,),) = duckdb.sql(query).fetchall()
    return value


def test_there_are_as_many_contact_rows_as_asked_for(
    sample_exports: Path, multiplied: Path
) -> None:
    asked_for = 3 * _sampled(sample_exports) + CONTACTS
    assert _one(f"select count(*) from {_rows(multiplied, 'contact/contacts')}") == asked_for


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("billing/contracts", "contract_id"),
        ("billing/instalments", "instalment_id"),
        ("payment/payments", "payment_id"),
        ("contact/agents", "agent_id"),
    ],
)
def test_every_copy_has_the_rows_and_ids_of_the_sample(
    kind: str, key: str, sample_exports: Path, multiplied: Path
) -> None:
    of_sample = _one(f"select (count(*), count(distinct {key})) from {_rows(sample_exports, kind)}")
    of_copies = _one(f"select (count(*), count(distinct {key})) from {_rows(multiplied, kind)}")
    assert of_copies == tuple(3 * count for count in of_sample)


@pytest.mark.parametrize(
    ("kind", "name", "named"),
    [
        ("billing/contracts", "customer_id", "billing/customers"),
        ("contact/contacts", "customer_id", "billing/customers"),
        ("contact/contact_events", "contact_id", "contact/contacts"),
        ("contact/promises", "contact_id", "contact/contacts"),
        ("payment/payments", "contract_id", "billing/contracts"),
    ],
)
def test_a_copy_names_rows_of_its_own(kind: str, name: str, named: str, multiplied: Path) -> None:
    strays = f"select {name} from {_rows(multiplied, kind)} where {name} is not null"
    known = f"select {name} from {_rows(multiplied, named)}"
    assert _one(f"select count(*) from ({strays} except {known})") == 0


def test_a_repeated_contact_is_later_and_so_is_what_was_reported_of_it(multiplied: Path) -> None:
    for kind, moment in (("contact/contacts", "started_at"), ("contact_events", "occurred_at")):
        rows = _rows(multiplied, kind if "/" in kind else f"contact/{kind}")
        hours = _one(
            f"""
            select list(distinct hours order by hours)
            from (
                select date_diff(
                    'second', first.{moment}::timestamptz, again.{moment}::timestamptz
                ) / 3600 as hours
                from (select contact_id, min({moment}) as {moment} from {rows} group by all)
                    as first
                inner join (
                    select contact_id, min({moment}) as {moment} from {rows} group by all
                ) as again on first.contact_id || 'r1' = again.contact_id
            )
            """
        )
        assert hours == [1.0]


def test_a_history_is_the_same_so_many_days_earlier(sample_exports: Path, tmp_path: Path) -> None:
    copies = Copies(1, _sampled(sample_exports), mark="q1", days_back=91)
    multiply(sample_exports, tmp_path / "exports", copies)
    for kind, moment in (("billing/instalments", "due_date"), ("payment/payments", "status_at")):
        earlier = f"select max(left({moment}, 10)::date) from {_rows(tmp_path / 'exports', kind)}"
        now = f"select max(left({moment}, 10)::date) - 91 from {_rows(sample_exports, kind)}"
        assert _one(earlier) == _one(now)
    days = sorted(path.name[:10] for path in (tmp_path / "exports").glob("contact/contacts/*"))
    assert days[-1] == "2026-03-31"
    take_last_day(tmp_path / "exports", tmp_path / "day")
    assert {path.name[:10] for path in (tmp_path / "day").glob("**/*.csv")} == {"2026-03-31"}
    assert not list((tmp_path / "exports").glob("**/2026-03-31*"))


def _write_published(release: Path, out: Path, change: str = "numerator") -> None:
    """Write the ten KPIs as a contender would; ``change`` is what it has for the numerator."""
    wanted = [(kpi_id, dimension) for kpi_id, names in TEN.items() for dimension in names]
    with closing(duckdb.connect(release, read_only=True)) as connection:
        connection.execute(
            f"""
            copy (
                select kpi_id, period_start as month, dimension, member, part,
                    {change} as numerator, denominator
                from kpi_values
                where period_grain = 'month' and list_contains({wanted}, (kpi_id, dimension))
            ) to {literal(out)} (header)
            """
        )


def test_figures_equal_to_the_published_ones_do_not_differ(
    sample_home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "figures.csv"
    _write_published(release_file(sample_home), out)
    assert out.read_text().splitlines()[0] == ",".join(COLUMNS)
    assert differences(out, release_file(sample_home)) == []


@pytest.mark.parametrize(
    "change",
    [
        "numerator + case when kpi_id = 'response_rate' and member = 'all' then 1 else 0 end",
        "numerator + case when kpi_id = 'cash_collected' and dimension = 'currency'"
        " then 0.01 else 0 end",
        "numerator + case when kpi_id = 'cash_collected' then 0.02 else 0 end",
        "case when kpi_id != 'automation_share' then numerator end",
    ],
)
def test_figures_that_differ_are_told(change: str, sample_home: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.csv"
    _write_published(release_file(sample_home), out, change)
    assert differences(out, release_file(sample_home)) != []


def test_a_kpi_that_is_missing_is_told(sample_home: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.csv"
    _write_published(release_file(sample_home), out)
    kept = [line for line in out.read_text().splitlines() if "offer_acceptance" not in line]
    out.write_text("\n".join(kept))
    assert "offer_acceptance_rate" in differences(out, release_file(sample_home))[0]


def test_the_memory_of_children_counts() -> None:
    child = "import time; held = bytearray(300_000_000); time.sleep(1)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    measured = measure([sys.executable, "-c", parent])
    assert 300_000_000 < measured.peak_bytes < 600_000_000
    assert measured.seconds > 1


def test_a_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(ProcessError, match="no such luck"):
        measure([sys.executable, "-c", "raise SystemExit('no such luck')"])


def test_the_median_counts_and_who_fails_is_out() -> None:
    seconds = iter([3.0, 1.0, 2.0])

    def fail() -> Measured:
        raise ProcessError("wrong figures")

    measures = {"one": lambda: Measured(next(seconds), 1), "other": fail}
    failed: dict[str, str] = {}
    assert in_turn(measures, 3, lambda said: None, failed) == {"one": Measured(2.0, 1)}
    assert failed == {"other": "wrong figures"}
    with pytest.raises(ProcessError):
        in_turn({"other": fail}, 1, lambda said: None)


def test_a_ratio_that_is_missed_is_said_to_be() -> None:
    row = {"seconds": 3.0, "peak_bytes": 0, "notes": [], "least": None, "most": None}
    rows = [
        {**row, "name": "slow", "ratio": 2.1, "most": 2.0},
        {**row, "name": "quick", "ratio": 1.9, "most": 2.0},
        {**row, "name": "rival", "ratio": 2.9, "least": 3.0},
    ]
    circumstances = {"repeats": 3, "day": "-", "load": 0.0, "machine": "-", "versions": "-"}
    written = page({"empty": {"1000000": {**circumstances, "rows": rows}}})
    assert "| slow | 3.0 |  | 2.10 times | at most 2 times, missed |" in written
    assert "| quick | 3.0 |  | 1.90 times | at most 2 times |" in written
    assert "| rival | 3.0 |  | 2.90 times | at least 3 times, missed |" in written


@pytest.mark.soak
def test_the_bare_build_builds_what_the_job_builds(
    sample_exports: Path, sample_home: Path, tmp_path: Path
) -> None:
    settings = Settings(exports=str(sample_exports), home=str(tmp_path / "loaded"))
    ingest(settings, None, contract())
    limit.compile_statements(settings.warehouse, tmp_path / "statements.json", tmp_path / "dbt")
    bare = tmp_path / "bare.duckdb"
    limit.bare_build(tmp_path / "statements.json", settings.warehouse, bare)
    with closing(duckdb.connect(bare)) as connection:
        connection.execute(f"attach {literal(release_file(sample_home))} as released (read_only)")
        for one, other in (("main", "released.main"), ("released.main", "main")):
            rows = f"select * from {one}.kpi_values except select * from {other}.kpi_values"
            assert connection.execute(f"select count(*) from ({rows})").fetchone() == (0,)


@pytest.mark.soak
def test_the_bare_read_reads_every_row(multiplied: Path, tmp_path: Path) -> None:
    limit.bare_read(multiplied, tmp_path / "bare.duckdb")
    with closing(duckdb.connect(tmp_path / "bare.duckdb")) as connection:
        read = connection.execute("select count(*) from contact_contacts").fetchone()[0]
    assert read == _one(f"select count(*) from {_rows(multiplied, 'contact/contacts')}")


@pytest.mark.soak
def test_everyone_computes_the_published_figures(multiplied: Path, tmp_path: Path) -> None:
    if not RIVALS_PYTHON.exists() or not binaries() or not shutil.which("java"):
        pytest.skip("needs .venv-bench (make .venv-bench/installed), PostgreSQL and Java")
    os.environ["PYTHONPATH"] = str(PROJECT)
    ours.first_run(multiplied, tmp_path / "home")
    release = release_file(tmp_path / "home")
    ours.ten_kpis(multiplied, tmp_path / "ten", figures_of("ours", tmp_path))
    with running(tmp_path / "postgres", tuned()) as server:
        rivals = scripts(RIVALS_PYTHON, multiplied, tmp_path, server)
        for compute in rivals.values():
            compute()
    assert {name: differences(figures_of(name, tmp_path), release) for name in rivals} == {
        name: [] for name in rivals
    }
    assert differences(figures_of("ours", tmp_path), release) == []
