"""The runs of a home: what became of each, a line per run in ``<home>/runs.jsonl``.

A run of the command line, of the schedule and of the Dagster UI all pass ``at_work``.
"""

import json
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import duckdb

from orchestration.alerts import alert
from orchestration.comparing.run_traces import prune_traces
from orchestration.errors import InputError, RefusedError, machine_error, safe_problems
from orchestration.home_lock import Holder, held, make_home, user_name
from orchestration.json_lines import append_lines, whole_lines
from orchestration.releases import served_release
from orchestration.run_log import log_path, scrubbed, write_line

RUNS_NAME = "runs.jsonl"
RUNS_RELEASED = 400
STEPS = ("landing", "building", "audit", "release")
RELEASED, DONE, REFUSED, BAD_INPUT, FAILED, KILLED = (
    "released",
    "done",
    "refused",
    "bad input",
    "failed",
    "killed",
)
# no outcome, as such a run changes nothing: it waited in vain for another
BLOCKED = "blocked"
# the check that says exports are late
LATENESS = "required_kinds_are_fresh"

RUNS_TABLE = """
create table release.main.release_runs (
    run_id varchar, started_at timestamp, ended_at timestamp, outcome varchar,
    release_id varchar, as_of date, known_at date, files bigint, rows_in bigint,
    rows_loaded bigint, rows_rejected bigint, rows_released bigint, warnings bigint,
    landing_seconds double, building_seconds double, audit_seconds double,
    release_seconds double, seconds double, host varchar, user_name varchar
);
comment on table release.main.release_runs is
    'One row per run of the daily job, the newest 400; the last is the one that wrote this.';
comment on column release.main.release_runs.started_at is 'In UTC, by the clock of its host.';
comment on column release.main.release_runs.outcome is
    'released; done (a part of the job); refused; bad input; failed; killed.';
comment on column release.main.release_runs.rows_in is 'Rows of the files it loaded.';
comment on column release.main.release_runs.rows_rejected is 'Of these, could not be read.';
comment on column release.main.release_runs.warnings is 'Of its audit.';
comment on column release.main.release_runs.seconds is
    'All its time; of the run that wrote this, until this was written.';
"""


@dataclass(frozen=True)
class Run:
    """A run: instants as ISO texts in UTC, days as ISO texts, seconds by step.

    ``newest_export_days`` are by kind, as "billing.customers"; ``problems`` are sentences without
    any value of a row.
    """

    run_id: str
    started_at: str
    ended_at: str | None = None
    outcome: str | None = None
    release_id: str | None = None
    as_of: str | None = None
    known_at: str | None = None
    files: int = 0
    rows_in: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    rows_released: int = 0
    warnings: int = 0
    newest_export_days: dict[str, str] = field(default_factory=dict)
    seconds_by_step: dict[str, float] = field(default_factory=dict)
    seconds: float | None = None
    host: str = ""
    user: str = ""
    problems: tuple[str, ...] = ()


class Recorder:
    """What is known of a run at work on a home; its steps tell it."""

    def __init__(self, home: Path, run_id: str) -> None:
        self.home = home
        self.run = Run(run_id, _now(), host=socket.gethostname(), user=user_name())
        self._started = time.monotonic()
        self._step: tuple[str, float] | None = None

    def note(self, **facts: Any) -> None:
        """Take down fields of ``Run``."""
        self.run = replace(self.run, **facts)

    def enter(self, step: str) -> None:
        """End the step before, and begin this one."""
        self.leave()
        self._step = step, time.monotonic()
        self.log("INFO", f"The step {step} begins.")

    def leave(self) -> None:
        """End the step that is on."""
        if self._step is None:
            return
        (step, started), self._step = self._step, None
        seconds = round(time.monotonic() - started, 3)
        before = self.run.seconds_by_step
        self.note(seconds_by_step={**before, step: round(before.get(step, 0) + seconds, 3)})
        self.log("INFO", f"The step {step} ended after {seconds:.1f} seconds.")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step and note how it failed; what the machine did is raised as a sentence."""
        self.enter(name)
        try:
            yield
        except BaseException as error:
            self.raise_as_told(error)
        finally:
            self.leave()

    def raise_as_told(self, error: BaseException) -> NoReturn:
        """Note how the run failed; raise the error, or what the machine did as a sentence."""
        told = machine_error(error, self.home) or error
        if self.run.outcome is None:
            self.note(outcome=_outcome_of(told), problems=tuple(map(scrubbed, safe_problems(told))))
            self.log("ERROR", str(told), traceback="".join(traceback.format_exception(error)))
        if told is error:
            raise error
        raise told from error

    def until_now(self) -> Run:
        """Return the run as if it ended now."""
        seconds = round(time.monotonic() - self._started, 3)
        return replace(self.run, ended_at=_now(), seconds=seconds)

    def log(self, level: str, message: str, **details: str) -> None:
        """Write to the run's log, as far as the disk lets it."""
        _log(self.home, self.run.run_id, level, message, **details)


_recorders: dict[str, Recorder] = {}


@contextmanager
def at_work(
    home: Path,
    run_id: str,
    wait_minutes: float = 0,
    on_wait: Callable[[str], None] = lambda holder: None,
) -> Iterator[Recorder]:
    """Have the home to oneself for a run, and see to its record and to alerts.

    A process at work on a run already goes on with it.
    """
    if run_id in _recorders:
        yield _recorders[run_id]
        return
    make_home(home)
    with ExitStack() as holding:
        try:
            died = holding.enter_context(held(home, run_id, wait_minutes * 60, on_wait))
        except InputError as error:
            if wait_minutes:
                alert(BLOCKED, home, run_id, error.problems, partial(_log, home, run_id))
            raise
        if died:
            _record_the_dead(home, died)
        recorder = _recorders[run_id] = Recorder(home, run_id)
        try:
            # the one line that must be written: a log that cannot be begun ends the run
            begins = f"Run {run_id} begins."
            write_line(log_path(home, run_id), "INFO", begins, user=recorder.run.user)
            yield recorder
        except BaseException as error:
            recorder.raise_as_told(error)
        finally:
            del _recorders[run_id]
            _end(recorder)


def recorder_of(run_id: str) -> Recorder:
    """Return the recorder of a run that is at work in this process."""
    return _recorders[run_id]


def past_runs(home: Path) -> list[Run]:
    """Read the runs that ended, the oldest first; a line a crash cut off is left out."""
    lines = whole_lines(home / RUNS_NAME)
    return [run for line in lines if (run := _parsed(line)) is not None]


def write_runs(
    connection: duckdb.DuckDBPyConnection, home: Path, run_id: str, **facts: Any
) -> None:
    """Create ``release.main.release_runs``: the runs so far, and this one with ``facts``."""
    runs = past_runs(home)
    if run_id in _recorders:
        runs.append(replace(_recorders[run_id].until_now(), outcome=RELEASED, **facts))
    connection.execute(RUNS_TABLE)
    rows = [_row(run) for run in runs[-RUNS_RELEASED:]]
    if rows:
        places = ", ".join("?" for _ in rows[0])
        connection.executemany(f"insert into release.main.release_runs values ({places})", rows)


def _end(recorder: Recorder) -> None:
    run = recorder.until_now()
    run = replace(run, outcome=run.outcome or (RELEASED if run.release_id else DONE))
    recorder.log(
        "INFO",
        f"Run {run.run_id} ended after {run.seconds:.1f} seconds: {run.outcome}.",
        seconds_by_step=json.dumps(run.seconds_by_step),
    )
    _append(recorder.home, run, recorder.log)
    with suppress(OSError):  # what cannot be deleted now is deleted another day
        prune_traces(recorder.home)
    if run.outcome in (REFUSED, BAD_INPUT, FAILED):
        alert(run.outcome, recorder.home, run.run_id, run.problems, recorder.log)
    elif late := [problem for problem in run.problems if problem.startswith(LATENESS)]:
        alert("late", recorder.home, run.run_id, late, recorder.log)


def _record_the_dead(home: Path, died: Holder) -> None:
    """Note a run whose process was killed, unless it had come to its end or was none."""
    is_run = log_path(home, died.run_id).exists()
    if not is_run or any(run.run_id == died.run_id for run in past_runs(home)):
        return
    served = served_release(home)
    is_released = served is not None and served.name.endswith(died.run_id[:8])
    run = Run(
        died.run_id,
        died.since,
        outcome=RELEASED if is_released else KILLED,
        release_id=served.name if is_released else None,
        host=died.host,
        user=died.user,
        problems=() if is_released else ("Its process ended before the run did.",),
    )
    log = partial(_log, home, died.run_id)
    _append(home, run, log)
    if not is_released:
        alert(KILLED, home, run.run_id, run.problems, log)


def _log(home: Path, run_id: str, level: str, message: str, **details: str) -> None:
    with suppress(OSError):  # what filled the disk is told where the run ends
        write_line(log_path(home, run_id), level, message, **details)


def _append(home: Path, run: Run, log: Callable[[str, str], None]) -> None:
    try:
        append_lines(home / RUNS_NAME, [asdict(run)])
    except OSError as error:
        log("WARNING", f"{home / RUNS_NAME} does not have this run: {error}")


def _parsed(line: bytes) -> Run | None:
    try:
        values = json.loads(line)
        known = {one.name for one in fields(Run)}
        return Run(**{name: value for name, value in values.items() if name in known})
    except (ValueError, TypeError, AttributeError):
        return None


def _row(run: Run) -> list[Any]:
    """Lay out a run as ``release_runs`` has it."""
    return [
        run.run_id,
        _instant(run.started_at),
        _instant(run.ended_at),
        run.outcome,
        run.release_id,
        run.as_of,
        run.known_at,
        run.files,
        run.rows_in,
        run.rows_loaded,
        run.rows_rejected,
        run.rows_released,
        run.warnings,
        *(run.seconds_by_step.get(step) for step in STEPS),
        run.seconds,
        run.host,
        run.user,
    ]


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None


def _outcome_of(error: BaseException) -> str:
    if isinstance(error, RefusedError):
        return REFUSED
    return BAD_INPUT if isinstance(error, InputError) else FAILED


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
