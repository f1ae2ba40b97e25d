"""What `warehouse` says, and the exit code it ends with."""

import fcntl
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from operating import EXPORTS as ONE_DAY
from running_commands import warehouse
from whole_runs import contents, query, reader, write

from orchestration.kpi_pages import read_kpis
from orchestration.publication import publish
from orchestration.releases import release_file
from orchestration.runs import past_runs

EXPORTS = ONE_DAY | {
    "payment/payments/2026-03-01.csv": """
        payment_id,contract_id,amount,status,status_at,colour
        p1,a,100,cleared,2026-02-20,blue
        p2,b,1234.5,cleared,2026-02-21,green
        ,b,9,cleared,2026-02-21,red
        """
    # enough sound rows beside the one without a key
    + "\n".join(f"q{number},b,1,cleared,2026-02-22," for number in range(30)),
    "notes.txt": "not an export",
}
ORPHANS = {
    "payment/payments/2026-03-02.csv": """
        payment_id,contract_id,amount,status,status_at
        p3,nobody,5000,cleared,2026-03-01
        """
}


def run(place: Path, *options: str) -> tuple[int, str]:
    return warehouse("run", "--exports", place / "exports", "--home", place / "home", *options)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    """A directory with exports and the home that a run made of them, and what it said."""
    place = tmp_path_factory.mktemp("command_line")
    write(place / "exports", EXPORTS)
    return place, *run(place)


@pytest.fixture
def place(first_run: tuple[Path, int, str]) -> Path:
    """The exports and the home; not to be written to."""
    return first_run[0]


@pytest.fixture
def own_place(place: Path, tmp_path: Path) -> Path:
    """A copy of the exports and the home."""
    return shutil.copytree(place, tmp_path / "own", symlinks=True)


def test_a_run_that_releases_prints_the_figures_and_where_everything_is(first_run):
    _, code, said = first_run
    assert code == 0, said
    assert "Cash collected Feb 2026 BRL 1,364.50" in said
    assert "3 files loaded: 36 rows, 1 rejected." in said
    assert "Unknown columns, left out: colour." in said
    assert "Files no source system claims: notes.txt." in said
    assert "As of 2026-03-01, known at 2026-03-01." in said
    release, drawn, report, log = re.search(
        r"Release (\S+) Pages (\S+) Audit (\S+) Log (\S+)", said
    ).groups()
    assert (Path(release) / "collections.duckdb").is_file()
    assert Path(drawn).is_file()
    assert Path(report).is_file()
    lines = [json.loads(line) for line in Path(log).read_text().splitlines()]
    assert any("OK created sql table model main.fct_cash" in line["message"] for line in lines)


def test_a_kpi_whose_exports_never_came_waits_for_them(place):
    release = release_file(place / "home")
    listed = query(
        release, "select kpi_id, is_available, waits_for, unavailable_en from kpi_catalog"
    )
    waiting = {kpi.kpi_id: ", ".join(sorted(kpi.meta.get("requires", []))) for kpi in read_kpis()}
    assert {kpi_id: waits_for or "" for kpi_id, _, waits_for, _ in listed} == waiting
    assert all(available != bool(waits or why) for _, available, waits, why in listed)
    there = {kpi_id for (kpi_id,) in query(release, "select distinct kpi_id from kpi_values")}
    assert {kpi_id for kpi_id in there if waiting[kpi_id]} == set()
    assert there >= {"cash_collected", "recovery_rate", "delinquency_rate"}
    for kpi_id, exports in waiting.items():
        if exports:
            code, said = warehouse("explain", kpi_id, "--period", "2026", "--home", place / "home")
            assert code == 2, said
            assert said == f"{kpi_id} has no values: it waits for the exports {exports}."


@pytest.mark.soak
def test_a_run_about_the_past_has_a_home_of_its_own(own_place):
    before = contents(own_place / "home" / "releases")
    code, said = run(own_place, "--as-of", "2026-02-20")
    past = own_place / "home" / "asof" / "as_of=2026-02-20"
    assert code == 0, said
    assert "As of 2026-02-20, known at 2026-03-01." in said
    assert f"Release {past / 'published'}" in said
    assert contents(own_place / "home" / "releases") == before
    code, said = warehouse("kpis", "--home", past, "--kpi", "cash_collected")
    assert code == 0, said
    assert "Cash collected Feb 2026 * BRL 100.00" in said


def test_a_refused_release_is_exit_code_1_and_says_why(own_place):
    before = contents(own_place / "home" / "releases")
    write(own_place / "exports", ORPHANS)
    code, said = run(own_place)
    assert code == 1, said
    assert "orphan" in said
    assert Path(re.search(r"The audit's report is (\S+)\.", said)[1]).is_file()
    assert "Traceback" not in said
    assert contents(own_place / "home" / "releases") == before


def test_a_killed_run_does_not_hold_up_the_next_and_no_reader_sees_it(own_place, tmp_path):
    home = own_place / "home"
    logs = home / "logs"
    known = set(logs.iterdir())
    command = "from orchestration.command_line import main; main()"
    options = ["run", "--exports", str(own_place / "exports"), "--home", str(home)]
    with reader(home, tmp_path / "stop") as seen:
        process = subprocess.Popen([sys.executable, "-c", command, *options])
        while process.poll() is None and not _is_building(logs, known):
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        code, said = run(own_place)
    assert code == 0, said
    assert [one.outcome for one in past_runs(home)] == ["released", "killed", "released"]
    assert seen["reads"] > 0
    assert not seen["wrong"]
    assert set(seen["seen"]) <= {path.name for path in (home / "releases").iterdir()}


def _is_building(logs: Path, known: set[Path]) -> bool:
    return any(
        '"step": "models"' in line
        for path in set(logs.iterdir()) - known
        for line in path.read_text().splitlines()
    )


def test_one_run_at_a_time_works_on_a_home(place):
    with (place / "home" / "run.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, said = run(place, "--wait", "0")
    assert code == 2, said
    assert "another run is at work there" in said


def test_the_published_figures_can_be_sliced(place):
    home = place / "home"
    code, said = warehouse("kpis", "--home", home, "--kpi", "cash_collected", "--grain", "year")
    assert code == 0, said
    assert "Cash collected 2026" in said
    code, said = warehouse("kpis", "--home", home, "--by", "portfolio")
    assert code == 0, said
    assert "KPI portfolio month value change trend" in said


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--kpi", "happiness"], "--kpi happiness: there is no such KPI, but"),
        (["--by", "colour"], "--by colour: that is no dimension of any KPI, but"),
        (["--grain", "decade"], "--grain decade: there is day, week, month, quarter, year."),
        (["--home", "nowhere"], "nowhere: nothing has been released there"),
    ],
)
def test_figures_that_are_not_there_are_bad_input(place, options, complaint):
    code, said = warehouse("kpis", "--home", place / "home", *options)
    assert code == 2, said
    assert complaint in said


def test_a_value_is_explained_from_its_rows(place):
    options = ["--period", "2026-02", "--top", "2", "--home", place / "home"]
    code, said = warehouse("explain", "cash_collected", *options)
    assert code == 0, said
    assert "Cash collected: cash_collected in 2026-02 How much net cash came in?" in said
    assert "numerator 1,364.50 = 1,364.50 from 32 rows dated within the period" in said
    assert "value 1,364.50 = BRL 1,364.50, which is what kpi_values says" in said
    assert "converted at the rate of their day: dim_fx_rates. previous -, target -" in said
    assert "complete, mature, rests on 32 rows" in said
    assert "Contributing most (2 of 32):" in said
    assert "2026-02-21" in said
    assert "unit_id: The allocation. fct_allocations holds it by allocation_id." in said


def test_a_slice_of_units_is_explained(place):
    options = ["--period", "2026-02-20", "--dimension", "portfolio", "--member", "unknown"]
    code, said = warehouse("explain", "delinquency_rate", *options, "--home", place / "home")
    assert code == 0, said
    assert "delinquency_rate in 2026-02-20, portfolio unknown" in said
    assert "numerator 1 = 1 from 1 units there at the end of 2026-02-20" in said
    assert "1 / 1 = 100.0%, which is what kpi_values says" in said
    assert "rests on 1 units, a small sample" in said


def test_what_is_behind_a_unit_is_listed(place):
    options = ["--period", "2026-02", "--unit", "p1:1:a", "--home", place / "home"]
    code, said = warehouse("explain", "cash_collected", *options)
    assert code == 0, said
    assert "Its rows in kpi_cash_collected:" in said
    assert "fct_allocations, allocation_id = p1:1:a:" in said
    assert "Contracts: contract_id account_id customer_id" in said
    assert "Payments and what undid them, the newest first:" in said


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["cash_collected"], "Missing option '--period'"),
        (["cash_collected", "--period", "soon"], "--period soon: that is no period; write"),
        (["cash_collected", "--period", "2019"], "--period 2019: there is no value for"),
        (["happiness", "--period", "2026"], "happiness: there is no such KPI, but"),
        (
            ["cash_collected", "--period", "2026", "--dimension", "portfolio"],
            "--dimension and --member go together; say both or neither.",
        ),
        (
            ["cash_collected", "--period", "2026-02", "--unit", "nobody"],
            "--unit nobody: no row of cash_collected in 2026-02 is of that unit_id.",
        ),
        (["cash_collected", "--period", "2026-02", "--top", "0"], "Invalid value for '--top'"),
    ],
)
def test_what_cannot_be_explained_is_bad_input(place, options, complaint):
    code, said = warehouse("explain", *options, "--home", place / "home")
    assert code == 2, said
    assert complaint in said
    assert "Traceback" not in said


def test_a_value_that_its_rows_do_not_give_is_exit_code_3(own_place):
    release = release_file(own_place / "home")
    with closing(duckdb.connect(release)) as connection:
        connection.execute("update kpi_values set value = value + 1, numerator = numerator + 1")
    options = ["--period", "2026-02", "--home", own_place / "home"]
    code, said = warehouse("explain", "cash_collected", *options)
    assert code == 3, said
    assert "by the rows of kpi_cash_collected its numerator is 1364.50" in said
    assert "but kpi_values has 1365.5000" in said


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (
            ["--as-of", "2026-03-02", "--known-at", "2026-03-01"],
            "--as-of 2026-03-02 is after --known-at 2026-03-01",
        ),
        (["--as-of", "yesterday"], "--as-of yesterday: that is no day; write it as 2026-01-31."),
        (["--day", "2026-03-01", "--to", "2026-03-02"], "--day goes without --from and --to"),
        (["--from", "2026-03-02", "--to", "2026-03-01"], "--from 2026-03-02 is after --to"),
        (["--exports", "nowhere"], "nowhere: there is no such directory"),
        (["--sources", "nowhere.yml"], "nowhere.yml"),
        (["--colour", "blue"], "No such option"),
    ],
)
def test_bad_options_are_exit_code_2_and_leave_nothing_behind(place, tmp_path, options, complaint):
    home = tmp_path / "home"
    code, said = warehouse("run", "--exports", place / "exports", "--home", home, *options)
    assert code == 2, said
    assert complaint in said
    assert "Traceback" not in said
    assert not home.exists()


def test_a_day_whose_exports_have_not_come_yet_cannot_be_described(place):
    code, said = run(place, "--as-of", "2026-04-01")
    assert code == 2, said
    assert "--as-of 2026-04-01 is after the newest export day, 2026-03-0" in said


def test_files_found_wanting_are_exit_code_2_and_nothing_is_loaded(tmp_path):
    lacking = EXPORTS | {"billing/contracts/2026-03-02.csv": "contract_id\nc"}
    write(tmp_path / "exports", lacking)
    code, said = run(tmp_path)
    assert code == 2, said
    assert "billing/contracts/2026-03-02.csv" in said
    assert "customer_id" in said
    assert not (tmp_path / "home" / "published").exists()


def test_anything_else_is_exit_code_3_with_the_traceback_in_the_log(tmp_path):
    pigeon = EXPORTS | {
        "contact/contacts/2026-03-01.csv": """
            contact_id,customer_id,channel,direction,started_at
            c1,a,pigeon,outbound,2026-02-10 10:00:00
            """
    }
    write(tmp_path / "exports", pigeon)
    code, said = run(tmp_path)
    assert code == 3, said
    assert "the test accepted_values_fct_contacts_channel" in said
    assert "Traceback" not in said
    log = re.search(r"The log, with all details, is (\S+)\.", said)[1]
    assert "Traceback" in Path(log).read_text()
    assert not (tmp_path / "home" / "published").exists()


def test_an_earlier_release_is_listed_and_served_again(own_place):
    home = own_place / "home"
    publish(home, home / "warehouse.duckdb", "another-run")
    code, said = warehouse("releases", "--home", home)
    assert code == 0, said
    newest, before = re.findall(r"(\* )?(\d{6}-\S+) \d{4}-", said)[:2]
    assert (newest[0], before[0]) == ("* ", "")
    code, said = warehouse("rollback", before[1], "--home", home)
    assert code == 0, said
    assert f"{home / 'published'} is now {before[1]}, as of 2026-03-0" in said
    assert (home / "published").resolve().name == before[1]
    code, said = warehouse("rollback", "9", "--home", home)
    assert code == 2, said
    assert f"9: no release of {home} begins so; there is" in said


@pytest.mark.soak
def test_an_override_lets_the_next_run_release_what_was_refused(own_place):
    home = own_place / "home"
    write(own_place / "exports", ORPHANS)
    until = str(date.today() + timedelta(days=3))
    words = ["--person", "Ana Souza", "--reason", "Old numbers", "--until", until, "--home", home]
    code, said = warehouse("override", "few_payments_are_orphans", *words)
    assert code == 0, said
    assert f"few_payments_are_orphans may fail until {until}, on the word of Ana Souza" in said
    code, said = run(own_place)
    assert code == 0, said
    assert f"Overridden by Ana Souza until {until} (Old numbers): few_payments_are_orphans" in said


@pytest.mark.parametrize(
    ("expectation", "person", "until", "complaint"),
    [
        ("nothing_is_wrong", "Ana", 3, "nothing_is_wrong: there is no critical expectation"),
        ("few_contacts_are_orphans", "Ana", 3, "there is no critical expectation of that name"),
        ("balances_are_possible", " ", 3, "an override needs a name and a reason"),
        ("balances_are_possible", "Ana", -2, "an override ends on a day from"),
        ("balances_are_possible", "Ana", 40, "what must hold for longer belongs in limits.yml"),
    ],
)
def test_an_override_that_names_too_little_is_bad_input(
    tmp_path, expectation, person, until, complaint
):
    words = ["--person", person, "--reason", "late", "--home", tmp_path]
    words += ["--until", str(date.today() + timedelta(days=until))]
    code, said = warehouse("override", expectation, *words)
    assert code == 2, said
    assert complaint in said
    assert not list(tmp_path.iterdir())
