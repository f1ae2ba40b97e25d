"""What `warehouse` says, and the exit code it ends with."""

import fcntl
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from whole_runs import contents, write

from orchestration.command_line import main

EXPORTS = {
    "billing/contracts/2026-03-01.csv": """
        contract_id,customer_id,originated_date,principal_amount
        a,a,2026-01-01,100
        b,b,2026-01-01,100
        """,
    "billing/instalments/2026-03-01.csv": """
        instalment_id,contract_id,due_date,amount
        a1,a,2026-02-01,100
        b1,b,2026-02-01,1500
        """,
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
THE_DEBTS = """
    contract_id,customer_id,originated_date
    nobody,nobody,2026-01-01
    """

Warehouse = Callable[..., tuple[int, str]]


@pytest.fixture
def warehouse(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Warehouse:
    """Run the command in this process; give its exit code and all it said, on one line."""

    def run(*arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["warehouse", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, " ".join((said.out + said.err).split())

    return run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with exports and, once a test has run it, a home."""
    path = tmp_path_factory.mktemp("command_line")
    write(path / "exports", EXPORTS)
    return path


def _run(warehouse: Warehouse, place: Path, *options: str) -> tuple[int, str]:
    return warehouse("run", "--exports", place / "exports", "--home", place / "home", *options)


def test_a_run_that_releases_prints_the_figures_and_where_everything_is(warehouse, place):
    code, said = _run(warehouse, place)
    assert code == 0, said
    assert "Cash collected Feb 2026 BRL 1,364.50" in said
    assert "3 files loaded: 36 rows, 1 rejected." in said
    assert "Unknown columns, left out: colour." in said
    assert "Files no source system claims: notes.txt." in said
    assert "As of 2026-03-01, known at 2026-03-01." in said
    release, report, log = re.search(r"Release (\S+) Audit (\S+) Log (\S+)", said).groups()
    assert (Path(release) / "collections.duckdb").is_file()
    assert Path(report).is_file()
    lines = [json.loads(line) for line in Path(log).read_text().splitlines()]
    assert any("OK created sql table model main.fct_cash" in line["message"] for line in lines)


def test_a_run_about_the_past_has_a_home_of_its_own(warehouse, place):
    before = contents(place / "home" / "releases")
    code, said = _run(warehouse, place, "--as-of", "2026-02-20")
    own = place / "home" / "asof" / "as_of=2026-02-20"
    assert code == 0, said
    assert "As of 2026-02-20, known at 2026-03-01." in said
    assert f"Release {own / 'published'}" in said
    assert contents(place / "home" / "releases") == before
    code, said = warehouse("kpis", "--home", own, "--kpi", "cash_collected")
    assert code == 0, said
    assert "Cash collected Feb 2026 * BRL 100.00" in said


def test_a_refused_release_is_exit_code_1_and_says_why(warehouse, place, tmp_path):
    before = contents(place / "home" / "releases")
    unknown_debts = EXPORTS | {
        "payment/payments/2026-03-02.csv": """
            payment_id,contract_id,amount,status,status_at
            p3,nobody,5000,cleared,2026-03-01
            """
    }
    write(tmp_path / "exports", unknown_debts)
    code, said = warehouse("run", "--exports", tmp_path / "exports", "--home", place / "home")
    assert code == 1, said
    assert "orphan" in said
    assert Path(re.search(r"The audit's report is (\S+)\.", said)[1]).is_file()
    assert "Traceback" not in said
    assert contents(place / "home" / "releases") == before


def test_a_killed_run_does_not_hold_up_the_next(warehouse, place):
    logs = place / "home" / "logs"
    known = set(logs.iterdir())
    command = "from orchestration.command_line import main; main()"
    options = ["run", "--exports", str(place / "exports"), "--home", str(place / "home")]
    process = subprocess.Popen([sys.executable, "-c", command, *options])
    while process.poll() is None and not _is_building(logs, known):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    # the debts that the payments were refused for come late
    write(place / "exports", {"billing/contracts/2026-03-02.csv": THE_DEBTS})
    code, said = _run(warehouse, place)
    assert code == 0, said


def _is_building(logs: Path, known: set[Path]) -> bool:
    return any(
        '"step": "models"' in line
        for path in set(logs.iterdir()) - known
        for line in path.read_text().splitlines()
    )


def test_one_run_at_a_time_works_on_a_home(warehouse, place):
    with (place / "home" / "run.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        code, said = _run(warehouse, place)
    assert code == 2, said
    assert "another run is at work there" in said


def test_the_published_figures_can_be_sliced(warehouse, place):
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
def test_figures_that_are_not_there_are_bad_input(warehouse, place, options, complaint):
    code, said = warehouse("kpis", "--home", place / "home", *options)
    assert code == 2, said
    assert complaint in said


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
def test_bad_options_are_exit_code_2_and_leave_nothing_behind(
    warehouse, place, tmp_path, options, complaint
):
    home = tmp_path / "home"
    code, said = warehouse("run", "--exports", place / "exports", "--home", home, *options)
    assert code == 2, said
    assert complaint in said
    assert "Traceback" not in said
    assert not home.exists()


def test_a_day_whose_exports_have_not_come_yet_cannot_be_described(warehouse, place):
    code, said = _run(warehouse, place, "--as-of", "2026-04-01")
    assert code == 2, said
    assert "--as-of 2026-04-01 is after the newest export day, 2026-03-0" in said


def test_files_found_wanting_are_exit_code_2_and_nothing_is_loaded(warehouse, tmp_path):
    lacking = EXPORTS | {"billing/contracts/2026-03-02.csv": "contract_id\nc"}
    write(tmp_path / "exports", lacking)
    code, said = _run(warehouse, tmp_path)
    assert code == 2, said
    assert "billing/contracts/2026-03-02.csv" in said
    assert "customer_id" in said
    assert not (tmp_path / "home" / "published").exists()


def test_anything_else_is_exit_code_3_with_the_traceback_in_the_log(warehouse, tmp_path):
    pigeon = EXPORTS | {
        "contact/contacts/2026-03-01.csv": """
            contact_id,customer_id,channel,direction,started_at
            c1,a,pigeon,outbound,2026-02-10 10:00:00
            """
    }
    write(tmp_path / "exports", pigeon)
    code, said = _run(warehouse, tmp_path)
    assert code == 3, said
    assert "the test accepted_values_fct_contacts_channel" in said
    assert "Traceback" not in said
    log = re.search(r"The log, with all details, is (\S+)\.", said)[1]
    assert "Traceback" in Path(log).read_text()
    assert not (tmp_path / "home" / "published").exists()
