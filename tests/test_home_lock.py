"""One at a time works on a home, and what became of each is on record."""

from datetime import datetime, tzinfo

import pytest
from hand_made_warehouse import make_warehouse
from operating import HOLD, RUN, RUN_ID, end_after, process
from whole_runs import query

from orchestration.errors import InputError, RefusedError
from orchestration.home_lock import held, holder_of
from orchestration.publication import publish
from orchestration.releases import kept_releases
from orchestration.runs import at_work, past_runs


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
    other = process(RUN, tmp_path)
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
    other = process(RUN, tmp_path)
    other.kill()
    other.wait()
    with at_work(tmp_path, RUN_ID):
        (run,) = past_runs(tmp_path)
    assert (run.outcome, run.release_id) == ("released", release.release_id)


def test_a_command_that_was_killed_is_no_run(tmp_path):
    other = process(HOLD, tmp_path)
    other.kill()
    other.wait()
    with at_work(tmp_path, RUN_ID):
        assert past_runs(tmp_path) == []


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
        (InputError("line 3 has 'Maria'"), "bad input", ["InputError: the log says what it was"]),
        (ValueError("'Maria' is no number"), "failed", ["ValueError: the log says what it was"]),
    ],
)
def test_no_value_of_a_row_is_kept_of_a_run_that_failed(tmp_path, error, outcome, kept):
    with pytest.raises(type(error)), at_work(tmp_path, RUN_ID):
        raise error
    (run,) = past_runs(tmp_path)
    assert run.outcome == outcome
    assert len(run.problems) == len(kept)
    assert all(problem.startswith(start) for problem, start in zip(run.problems, kept, strict=True))


def test_a_clock_that_was_set_back_does_not_put_runs_or_releases_out_of_order(
    tmp_path, monkeypatch
):
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb")
    for number, instant in enumerate((datetime(2026, 5, 2), datetime(2026, 5, 1)), start=1):

        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None, *, instant: datetime = instant) -> datetime:
                return instant.replace(tzinfo=tz)

        for module in ("runs", "releases", "publication"):
            monkeypatch.setattr(f"orchestration.{module}.datetime", Clock)
        with at_work(tmp_path, f"run-{number}"):
            served = publish(tmp_path, warehouse, f"run-{number}")
    assert (tmp_path / "published").resolve() == served.path.resolve()
    first, second = kept_releases(tmp_path)[::-1]
    assert (second.is_served, first.is_served) == (True, False)
    assert second.released_at < first.released_at
    assert [run.run_id for run in past_runs(tmp_path)] == ["run-1", "run-2"]
    assert all(run.seconds >= 0 for run in past_runs(tmp_path))
    assert query(
        served.path / "collections.duckdb", "select run_id from release_runs order by rowid"
    ) == [("run-1",), ("run-2",)]
