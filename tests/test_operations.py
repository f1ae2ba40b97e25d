"""What a daily job meets: others at work, what passes, a damaged file, and whom to tell."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hand_made_warehouse import make_warehouse
from whole_runs import contents, query, warehouse_run, write

from orchestration import retries
from orchestration.contract import contract
from orchestration.errors import InputError, MachineError, RefusedError, TransientError
from orchestration.home_lock import held, holder_of
from orchestration.ingestion import ingest
from orchestration.progress import listening
from orchestration.publication import publish
from orchestration.rebuild import set_aside
from orchestration.run_log import log_path
from orchestration.runs import at_work, past_runs
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse, warehouse_path

EXPORTS = {
    "billing/contracts/2026-03-01.csv": """
        contract_id,customer_id,originated_date,principal_amount
        a,a,2026-01-01,100
        b,b,2026-01-01,100
        """,
    "billing/instalments/2026-03-01.csv": """
        instalment_id,contract_id,due_date,amount
        a1,a,2026-02-01,100
        b1,b,2026-02-01,100
        """,
    "payment/payments/2026-03-01.csv": """
        payment_id,contract_id,amount,status,status_at
        p1,a,100,cleared,2026-02-20
        """,
}
RUN_ID = "11111111-1111-1111-1111-111111111111"
HOLD = """
import sys, time
from pathlib import Path
from orchestration.home_lock import held
with held(Path(sys.argv[1]), "the-other"):
    print("held", flush=True)
    sys.stdin.readline()
    Path(sys.argv[1], "done").touch()
"""
LOCK = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("locked", flush=True)
sys.stdin.readline()
"""


def process(script: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start a script, and wait for its first line."""
    started = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout.readline()
    return started


def end_after(seconds: float, started: subprocess.Popen[str]) -> threading.Thread:
    def end() -> None:
        time.sleep(seconds)
        started.communicate("\n")

    thread = threading.Thread(target=end)
    thread.start()
    return thread


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SECONDS", (0.3,) * 10)


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, str]]]:
    """A place where a run that rebuilds a damaged warehouse was followed on its heels by another.

    And their exit codes and what they said.
    """
    place = tmp_path_factory.mktemp("operations")
    write(place / "exports", EXPORTS)
    (place / "home").mkdir()
    warehouse_path(place / "home").write_text("damaged" * 10_000)
    ended: list[tuple[int, str]] = []

    def run(*options: str) -> None:
        finished = warehouse_run(place / "exports", place / "home", *options)
        ended.append((finished.returncode, " ".join((finished.stdout + finished.stderr).split())))

    rebuilding = threading.Thread(target=run, args=["--rebuild"])
    rebuilding.start()
    while rebuilding.is_alive() and holder_of(place / "home") is None:
        time.sleep(0.05)
    run()
    rebuilding.join()
    return place, ended


@pytest.fixture
def place(two_runs: tuple[Path, list], tmp_path: Path) -> Path:
    """A copy of the exports and the home the two runs left."""
    return shutil.copytree(two_runs[0], tmp_path / "place", symlinks=True)


def settings_of(place: Path, **more: Any) -> Settings:
    return Settings(exports=str(place / "exports"), home=str(place / "home"), **more)


def test_a_damaged_warehouse_file_is_rebuilt_by_one_command(two_runs):
    place, ended = two_runs
    code, said = ended[0]
    assert code == 0, said
    assert "3 files loaded: 5 rows, 0 rejected." in said
    assert f"is kept as {place / 'home' / 'warehouse.aside.duckdb'}" in said
    assert query(warehouse_path(place / "home"), "select count(*) from fct_cash") == [(1,)]


def test_two_runs_started_together_queue_and_both_release(two_runs):
    place, ended = two_runs
    assert [code for code, _ in ended] == [0, 0], ended
    first, second = past_runs(place / "home")
    assert f"Waiting for run {first.run_id}" in ended[1][1]
    assert "Waiting" not in ended[0][1]
    assert (first.rows_loaded, second.rows_loaded) == (5, 0)
    assert len(list((place / "home" / "releases").iterdir())) == 2


def test_what_became_of_each_run_is_in_the_release(two_runs):
    home = two_runs[0] / "home"
    first, second = past_runs(home)
    assert first.outcome == second.outcome == "released"
    assert first.newest_export_days == {
        "billing.contracts": "2026-03-01",
        "billing.instalments": "2026-03-01",
        "payment.payments": "2026-03-01",
    }
    assert set(second.seconds_by_step) == {"landing", "building", "audit", "release"}
    assert sum(second.seconds_by_step.values()) <= second.seconds
    rows = query(
        home / "published" / "collections.duckdb",
        "select run_id, outcome, release_id, as_of::varchar, rows_in, rows_loaded, rows_rejected,"
        " rows_released, landing_seconds from release_runs order by started_at",
    )
    assert [row[:8] for row in rows] == [
        (
            run.run_id,
            "released",
            run.release_id,
            "2026-03-01",
            run.rows_in,
            run.rows_loaded,
            0,
            run.rows_released,
        )
        for run in (first, second)
    ]
    assert [row[8] for row in rows] == [run.seconds_by_step["landing"] for run in (first, second)]
    ((rows_released,),) = query(
        home / "published" / "collections.duckdb", "select row_count from release"
    )
    assert rows[-1][7] == rows_released


def test_a_run_logs_its_beginning_its_steps_and_its_end(two_runs):
    home = two_runs[0] / "home"
    (run, _) = past_runs(home)
    lines = [json.loads(line) for line in log_path(home, run.run_id).read_text().splitlines()]
    said = [line["message"] for line in lines]
    assert said[0] == f"Run {run.run_id} begins."
    assert said[-1].startswith(f"Run {run.run_id} ended after ")
    assert said[-1].endswith(": released.")
    for step, seconds in run.seconds_by_step.items():
        assert f"The step {step} ended after {seconds:.1f} seconds." in said


def test_who_waits_too_long_is_told_for_whom(tmp_path):
    other = process(HOLD, tmp_path)
    heard = []
    with (
        pytest.raises(InputError, match=rf"run the-other .*process {other.pid}\), at work since"),
        held(tmp_path, RUN_ID, wait_seconds=0.6, on_wait=heard.append),
    ):
        pass
    assert len(heard) == 1
    assert heard[0].startswith("run the-other of ")
    assert holder_of(tmp_path).run_id == "the-other"
    other.communicate("\n")
    assert holder_of(tmp_path) is None


def test_who_waits_long_enough_gets_the_home(tmp_path):
    other = process(HOLD, tmp_path)
    ending = end_after(0.5, other)
    with held(tmp_path, RUN_ID, wait_seconds=30) as died:
        assert (tmp_path / "done").exists()
        assert died is None
        assert holder_of(tmp_path).run_id == RUN_ID
        with held(tmp_path, "again"):
            assert holder_of(tmp_path).run_id == RUN_ID
        assert holder_of(tmp_path).run_id == RUN_ID
    ending.join()
    assert holder_of(tmp_path) is None


def test_a_run_that_was_killed_is_recorded_by_the_next(tmp_path):
    other = process(HOLD, tmp_path)
    other.kill()
    other.wait()
    with at_work(tmp_path, RUN_ID):
        (run,) = past_runs(tmp_path)
        assert (run.run_id, run.outcome) == ("the-other", "killed")
    assert [run.outcome for run in past_runs(tmp_path)] == ["killed", "done"]


def test_a_run_killed_after_its_release_is_recorded_as_released(tmp_path):
    release = make_warehouse(tmp_path / "warehouse.duckdb") and publish(
        tmp_path, tmp_path / "warehouse.duckdb", "the-other"
    )
    other = process(HOLD, tmp_path)
    other.kill()
    other.wait()
    with at_work(tmp_path, RUN_ID):
        (run,) = past_runs(tmp_path)
    assert (run.outcome, run.release_id) == ("released", release.release_id)


def test_a_line_that_a_crash_cut_off_costs_no_other_run(tmp_path):
    with at_work(tmp_path, "first"):
        pass
    with (tmp_path / "runs.jsonl").open("a") as file:
        file.write('{"run_id": "cut o')
    with at_work(tmp_path, "second"):
        pass
    assert [run.run_id for run in past_runs(tmp_path)] == ["first", "second"]


@pytest.mark.parametrize(
    ("error", "outcome", "kept"),
    [
        (
            RefusedError("few_orphans (arrivals, critical): Few are.\n  row: payment_id = P10"),
            "refused",
            ["few_orphans (arrivals, critical): Few are."],
        ),
        (InputError("line 3 has 'Maria'"), "bad input", ["InputError: the log says it in 1"]),
        (ValueError("'Maria' is no number"), "failed", ["ValueError: the log says it in 1"]),
    ],
)
def test_no_value_of_a_row_is_kept_of_a_run_that_failed(tmp_path, error, outcome, kept):
    with pytest.raises(type(error)), at_work(tmp_path, RUN_ID):
        raise error
    (run,) = past_runs(tmp_path)
    assert run.outcome == outcome
    assert len(run.problems) == len(kept)
    assert all(problem.startswith(start) for problem, start in zip(run.problems, kept, strict=True))


def test_a_locked_warehouse_file_is_waited_for(tmp_path, quick_retries):
    write(tmp_path / "exports", EXPORTS)
    open_warehouse(warehouse_path(tmp_path / "home")).close()
    other = process(LOCK, warehouse_path(tmp_path / "home"))
    ending = end_after(0.8, other)
    heard = []
    ingested = ingest(
        settings_of(tmp_path), None, set(contract()), lambda *line: heard.append(line)
    )
    ending.join()
    assert sum(file.rows_loaded for file in ingested.files) == 5
    assert heard
    assert heard[0][0] == "WARNING"
    assert "is open in another program" in heard[0][1]


def test_a_warehouse_file_that_stays_locked_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(retries, "SECONDS", (0.01, 0.01))
    write(tmp_path / "exports", EXPORTS)
    open_warehouse(warehouse_path(tmp_path / "home")).close()
    other = process(LOCK, warehouse_path(tmp_path / "home"))
    with pytest.raises(TransientError, match="This was tried 3 times"):
        ingest(settings_of(tmp_path), None, set(contract()))
    other.communicate("\n")


def test_a_file_that_is_still_being_written_is_waited_for(tmp_path, quick_retries):
    write(tmp_path / "exports", EXPORTS)
    payments = tmp_path / "exports/payment/payments/2026-03-01.csv"
    is_loading = threading.Event()

    def deliver() -> None:
        with payments.open("a") as file:
            for number in range(300):
                file.write(f"q{number},b,1,cleared,2026-02-2")
                file.flush()
                is_loading.set()
                time.sleep(0.004)
                file.write("2\n")

    heard: list[tuple[str, str]] = []
    delivering = threading.Thread(target=deliver)
    delivering.start()
    is_loading.wait()
    ingested = ingest(
        settings_of(tmp_path), None, set(contract()), lambda *line: heard.append(line)
    )
    delivering.join()
    assert any("changed while it was read" in message for _, message in heard)
    assert sum(file.rows_loaded for file in ingested.files) == 305
    assert sum(file.rows_rejected for file in ingested.files) == 0


def test_half_a_line_is_a_rejected_row(tmp_path):
    write(tmp_path / "exports", EXPORTS)
    with (tmp_path / "exports/payment/payments/2026-03-01.csv").open("a") as file:
        file.write("p2,b,1")
    settings = settings_of(tmp_path)
    ingested = ingest(settings, None, set(contract()))
    assert sum(file.rows_rejected for file in ingested.files) == 1
    assert query(
        settings.warehouse, "select file_name, row_number, line_text from raw.rejected_rows"
    ) == [("payment/payments/2026-03-01.csv", 3, "p2,b,1")]


def test_what_does_not_pass_is_not_tried_again(quick_retries):
    attempts = []

    def attempt() -> None:
        attempts.append(1)
        raise InputError("no")

    with pytest.raises(InputError):
        retries.retried(attempt)
    assert len(attempts) == 1


def test_an_error_of_the_system_that_passes_is_tried_again(quick_retries):
    errors: list[Exception] = [OSError(5, "Input/output error"), OSError(116, "Stale file handle")]

    def attempt() -> str:
        if errors:
            raise errors.pop()
        return "done"

    assert retries.retried(attempt) == "done"


def fill(disk: Path) -> None:
    """Leave not a byte free."""
    with (disk / "filler").open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass


def test_a_disk_that_is_full_while_landing_is_told_and_made_good(small_disk, tmp_path):
    write(tmp_path / "exports", EXPORTS)
    settings = Settings(exports=str(tmp_path / "exports"), home=str(small_disk / "home"))
    with (
        pytest.raises(MachineError, match=r"The disk is full: 0.0 MB of 629.1 MB are free in"),
        settings.at_work(RUN_ID) as recorder,
        recorder.step("landing"),
        listening(lambda progress: fill(small_disk)),
    ):
        ingest(settings, None, set(contract()))
    (small_disk / "filler").unlink()
    with settings.at_work("again"):
        ingested = ingest(settings, None, set(contract()))
    assert 0 < sum(file.rows_loaded for file in ingested.files) < 5
    assert query(settings.warehouse, "select sum(rows_loaded) from raw.files") == [(5,)]
    assert query(settings.warehouse, "select count(*) from raw.payment_payments") == [(1,)]


@pytest.mark.parametrize("moment", ["auditing", "writing"])
def test_a_disk_that_is_full_leaves_the_release_as_it_was(small_disk, moment):
    home = small_disk / "home"
    home.mkdir()
    warehouse = make_warehouse(home / "warehouse.duckdb")
    first = publish(home, warehouse, "first")
    before = contents(first.path)

    def fill_up(message: str) -> None:
        if message.startswith(moment):
            fill(small_disk)

    with pytest.raises(MachineError, match="The disk is full"), at_work(home, RUN_ID):
        publish(home, warehouse, RUN_ID, fill_up)
    assert contents(first.path) == before
    assert [path.name for path in (home / "releases").iterdir()] == [first.release_id]
    assert not (home / "reports" / RUN_ID).exists() or moment == "writing"
    (small_disk / "filler").unlink()
    with at_work(home, "again"):
        second = publish(home, warehouse, "again")
    assert (home / "published").resolve() == second.path.resolve()
    # what the disk had no room for
    assert [run.run_id for run in past_runs(home)][-1] == "again"


def test_releases_that_may_not_be_written_are_told(small_disk):
    home = small_disk / "home"
    warehouse = make_warehouse(small_disk / "warehouse.duckdb")
    (home / "releases").mkdir(parents=True)
    releases = str(home / "releases")
    subprocess.run(["mount", "--bind", releases, releases], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", releases], check=True)
    try:
        with (
            pytest.raises(MachineError, match=rf"is read-only \({releases}.*Read-only file system"),
            at_work(home, RUN_ID),
        ):
            publish(home, warehouse, RUN_ID)
    finally:
        subprocess.run(["umount", releases], check=True)


def test_a_home_that_may_not_be_written_is_bad_input(small_disk, tmp_path):
    write(tmp_path / "exports", EXPORTS)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    run = warehouse_run(tmp_path / "exports", small_disk / "home")
    assert run.returncode == 2, run.stdout + run.stderr
    assert "nothing can be written there: Read-only file system" in run.stderr


def _with_garbage(path: Path, start: float, end: float) -> None:
    """Overwrite a part of a file, given as shares of it."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(int(size * start))
        file.write(os.urandom(int(size * (end - start))))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "half of it": lambda path: os.truncate(path, path.stat().st_size // 2),
    "nothing": lambda path: os.truncate(path, 0),
    "a broken header": lambda path: _with_garbage(path, 0, 0.001),
    "a broken middle": lambda path: _with_garbage(path, 0.01, 0.99),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_warehouse_file_is_told_with_the_command_that_mends_it(
    place: Path, damage: str
) -> None:
    settings = settings_of(place)
    before = contents(place / "home" / "releases")
    DAMAGES[damage](settings.warehouse)
    with pytest.raises(MachineError) as told, settings.at_work(RUN_ID) as recorder:  # noqa: PT012
        with recorder.step("landing"):
            ingest(settings, None, set(contract()))
        with recorder.step("audit"):
            publish(settings.run_home, settings.warehouse, RUN_ID)
    assert "is damaged" in str(told.value)
    assert "`warehouse run --rebuild`" in str(told.value)
    assert contents(place / "home" / "releases") == before
    assert past_runs(place / "home")[-1].outcome == "failed"


def test_a_rebuild_that_would_lose_rows_is_refused(place):
    gone = place / "exports/payment/payments/2026-03-01.csv"
    gone.unlink()
    settings = settings_of(place)
    before = settings.warehouse.read_bytes()
    with pytest.raises(InputError, match=r"payment/payments/2026-03-01.csv.*--lose-missing-files"):
        set_aside(settings, is_loss_accepted=False)
    assert settings.warehouse.read_bytes() == before
    aside = set_aside(settings, is_loss_accepted=True)
    assert aside.is_needed
    assert not settings.warehouse.exists()
    assert query(aside.path, "select count(*) from raw.payment_payments") == [(1,)]


def test_a_file_put_aside_is_needed_where_it_cannot_say_what_it_holds(place):
    settings = settings_of(place)
    assert not set_aside(settings, is_loss_accepted=False).is_needed
    settings.warehouse.write_text("damaged" * 10_000)
    assert set_aside(settings, is_loss_accepted=False).is_needed


@pytest.mark.parametrize("days", [{"first_day": "2026-03-01"}, {"as_of": "2026-03-01"}])
def test_a_rebuild_is_of_all_days(place, days):
    with pytest.raises(InputError, match="--rebuild loads all there is"):
        set_aside(settings_of(place, **days), is_loss_accepted=False)


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """A server that takes alerts, the second time it is asked; and what it was sent."""
    sent: list[dict[str, str]] = []
    failures = [503]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if failures:
                self.send_error(failures.pop())
                return
            sent.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("WAREHOUSE_ALERT_WEBHOOK", f"http://127.0.0.1:{server.server_port}/hook")
    yield sent
    server.shutdown()
    server.server_close()


ORPHANS = "update stg_payment__payments set contract_id = 'nobody' where payment_id <= 'P15'"


def test_a_refusal_is_told_without_the_rows(tmp_path, webhook, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_ALERT_COMMAND", f"cat > {tmp_path / 'mail'}")
    home = tmp_path / "home"
    home.mkdir()
    warehouse = make_warehouse(home / "warehouse.duckdb", ORPHANS)
    with pytest.raises(RefusedError) as refused, at_work(home, RUN_ID):
        publish(home, warehouse, RUN_ID)
    assert "payment_id = P1" in str(refused.value)
    (alert,) = webhook
    assert alert["text"] == (tmp_path / "mail").read_text()
    assert (alert["outcome"], alert["home"], alert["run_id"]) == ("refused", "home", RUN_ID)
    assert "few_payments_are_orphans (arrivals, critical): At most" in alert["text"]
    assert str(home / "reports" / RUN_ID / "index.html") in alert["text"]
    assert "nobody" not in alert["text"]
    assert "P1" not in alert["text"]


def test_a_run_that_goes_well_alerts_nobody(tmp_path, webhook):
    with at_work(tmp_path, RUN_ID):
        pass
    assert webhook == []


def test_exports_that_are_late_are_told(tmp_path, webhook):
    with at_work(tmp_path, RUN_ID) as recorder:
        recorder.note(
            release_id="r", problems=("required_kinds_are_fresh (arrivals, warning): Fresh.",)
        )
    (alert,) = webhook
    assert alert["outcome"] == "late"


def test_an_alert_that_cannot_be_sent_fails_no_run(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("orchestration.alerts.RETRY_AFTER_SECONDS", (0.01,))
    monkeypatch.setenv("WAREHOUSE_ALERT_WEBHOOK", "http://user:topsecret@127.0.0.1:9/hook")
    monkeypatch.setenv("WAREHOUSE_ALERT_COMMAND", "exit 7 # topsecret")
    with pytest.raises(ValueError, match="first"), at_work(tmp_path, RUN_ID):
        raise ValueError("first")
    assert len(caplog.records) == 2
    log = log_path(tmp_path, RUN_ID).read_text()
    assert "The alert of WAREHOUSE_ALERT_WEBHOOK could not be sent" in log
    assert "The alert of WAREHOUSE_ALERT_COMMAND could not be sent" in log
    assert "topsecret" not in log + caplog.text


def status(home: Path, *options: str) -> tuple[int, str]:
    code = (
        "import sys\nfrom orchestration.command_line import main\n"
        "try: main()\nfinally: assert not {'dagster', 'dbt'} & set(sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "status", "--home", home, *options],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "300"},
    )
    assert "AssertionError" not in run.stderr
    return run.returncode, run.stdout + run.stderr


def test_the_status_of_a_home_that_is_well_is_exit_code_0(place):
    code, said = status(place / "home", "--max-age", "1000")
    assert code == 0, said
    assert "passed" in said
    assert ": released after " in said
    assert "At work   nobody" in said
    assert "contracts 2026-03-01, instalments 2026-03-01, payments 2026-03-01" in said
    assert "GB are free" in said


def test_the_status_says_who_is_at_work(place):
    other = process(HOLD, place / "home")
    assert "At work   run the-other of " in status(place / "home")[1]
    other.communicate("\n")


def test_a_release_that_is_too_old_is_exit_code_1(place):
    code, said = status(place / "home", "--max-age", "0")
    assert code == 1, said
    assert "The release is" in said
    assert "more than 0" in said


def test_a_last_run_that_was_refused_is_exit_code_1_with_its_reasons(place, webhook):
    with pytest.raises(RefusedError), at_work(place / "home", RUN_ID):
        raise RefusedError("few_orphans (arrivals, critical): Few are.\n  row: P10")
    code, said = status(place / "home", "--alert")
    assert code == 1, said
    assert "The last run ended so: refused." in said
    assert "few_orphans (arrivals, critical): Few are." in said
    assert [alert["outcome"] for alert in webhook] == ["refused", "status"]


def test_a_home_that_is_not_there_is_bad_input(tmp_path):
    code, said = status(tmp_path / "nowhere")
    assert code == 2, said
    assert "there is no such directory" in said
