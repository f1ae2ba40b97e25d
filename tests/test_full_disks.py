"""A disk that is full or read-only is told, and leaves the release as it was."""

import subprocess
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from hand_made_warehouse import make_warehouse
from operating import EXPORTS, RUN_ID, fill
from whole_runs import contents, query, warehouse_run, write

from orchestration.contract import contract
from orchestration.errors import MachineError
from orchestration.ingestion.assets import ingest
from orchestration.progress import listening
from orchestration.publication import publish
from orchestration.runs import at_work, past_runs
from orchestration.settings import Settings


def test_a_disk_that_is_full_while_landing_is_told_and_made_good(small_disk, tmp_path):
    # more than fits into what a file has room for already
    payments = [f"p{number},a,100,cleared,2026-02-20" for number in range(20_000)]
    many = ["payment_id,contract_id,amount,status,status_at", *payments]
    write(tmp_path / "exports", EXPORTS | {"payment/payments/2026-03-01.csv": "\n".join(many)})
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
    assert 0 < sum(file.rows_loaded for file in ingested.files) < 20_004
    assert query(settings.warehouse, "select sum(rows_loaded) from raw.files") == [(20_004,)]
    assert query(settings.warehouse, "select count(*) from raw.payment_payments") == [(20_000,)]


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


def _spill_on_a_full(disk: Path) -> None:
    with closing(duckdb.connect(disk / "home" / "warehouse.duckdb")) as connection:
        connection.execute("set memory_limit = '60MB'; set threads = 1")
        connection.execute("create table little as select 1")
        fill(disk)
        connection.execute(
            "create temp table much as select md5(range::varchar) from range(3000000) order by all"
        )


def test_a_disk_too_full_for_what_duckdb_spills_is_told(small_disk):
    with (
        pytest.raises(MachineError, match="The disk is full"),
        at_work(small_disk / "home", RUN_ID),
    ):
        _spill_on_a_full(small_disk)


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


def test_a_disk_that_is_full_from_the_start_is_told(small_disk, tmp_path):
    write(tmp_path / "exports", EXPORTS)
    (small_disk / "home").mkdir()
    fill(small_disk)
    run = warehouse_run(tmp_path / "exports", small_disk / "home")
    assert run.returncode == 3, run.stdout + run.stderr
    assert "The disk is full: 0.0 MB of 629.1 MB are free in" in run.stderr
