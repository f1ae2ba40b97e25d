"""Every fault of a delivery is repaired by rule or refused by name, and can be mended."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from quick_runs import Statements, quick_run
from typer.testing import CliRunner
from whole_runs import different_tables

from orchestration.command_line import app
from orchestration.errors import InputError, RefusedError
from orchestration.fault_page import OUTCOMES, PAGE, Outcome, page
from orchestration.sample import write_sample
from orchestration.sample.faults import FAULTS, inject

# so many that the newest day is a day's work, and the whole a small bank's branch
CUSTOMERS, MONTHS, SEED = 3000, 3, 11
DELIVERED_AGAIN = ("duplicates=1", "orphans=1", "half_file")


@dataclass(frozen=True)
class Clean:
    """Clean exports, the home they lead to, and the homes as they were on earlier days."""

    exports: Path
    home: Path
    last_day: date
    home_on: Callable[[date], Path]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, statements: Statements) -> Clean:
    place = tmp_path_factory.mktemp("clean")
    exports = place / "exports"
    last_day = write_sample(exports, CUSTOMERS, MONTHS, SEED).last_export_day

    @cache
    def home_on(day: date) -> Path:
        quick_run(exports, place / f"home-{day}", statements, day)
        return place / f"home-{day}"

    return Clean(exports, home_on(last_day), last_day, home_on)


@pytest.mark.soak
@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.fault)
def test_a_fault_ends_as_the_page_says_and_can_be_mended(
    clean: Clean, statements: Statements, tmp_path: Path, outcome: Outcome
) -> None:
    exports, home = tmp_path / "exports", tmp_path / "home"
    shutil.copytree(clean.exports, exports)
    inject(exports, outcome.fault, SEED)
    changed = changed_files(clean.exports, exports)
    eve = min(date.fromisoformat(path.name[:10]) for path in changed) - timedelta(1)
    shutil.copytree(clean.home_on(eve), home, symlinks=True)

    see_it_end(outcome, exports, home, clean.home, statements)

    for path in changed:
        if path.exists():
            shutil.copyfile(path, exports / path.relative_to(clean.exports))
        else:
            added = exports / path.relative_to(clean.exports)
            added.write_text(added.read_text().splitlines()[0] + "\n")
    quick_run(exports, home, statements)
    assert different_tables(home, clean.home) == []


@pytest.mark.soak
@pytest.mark.parametrize("fault", DELIVERED_AGAIN)
def test_a_fault_in_files_delivered_again_ends_so_too(
    sample_home: Path, sample_exports: Path, statements: Statements, tmp_path: Path, fault: str
) -> None:
    outcome = next(one for one in OUTCOMES if one.fault == fault.partition("=")[0])
    exports, home = tmp_path / "exports", tmp_path / "home"
    shutil.copytree(sample_exports, exports)
    shutil.copytree(sample_home, home, symlinks=True)
    inject(exports, fault, SEED)
    see_it_end(outcome, exports, home, sample_home, statements)


def see_it_end(
    outcome: Outcome, exports: Path, home: Path, clean_home: Path, statements: Statements
) -> None:
    """Run on faulty exports and see the outcome, and nothing else."""
    before = digest(home)
    if outcome.ends == "repaired":
        release = quick_run(exports, home, statements)
        warned = {warning.partition(" ")[0] for warning in release.warnings}
        assert set(outcome.warned) <= warned
        different = different_tables(home, clean_home)
        assert [name for name in different if not name.startswith(outcome.differs or "-")] == []
        assert bool(different) == bool(outcome.differs)
        return
    with pytest.raises(InputError if outcome.ends == "not loaded" else RefusedError) as refused:
        quick_run(exports, home, statements)
    assert digest(home) == before
    if outcome.ends == "not loaded":
        (said,) = refused.value.problems
        assert re.match(r"\S+2026-06-30\w*\.csv line \d+, column '\w+'", said), said
        assert outcome.by in said
        return
    (said,) = [text for text in refused.value.problems if text.startswith(f"{outcome.by} ")]
    assert re.search(r"\n  (row|observed): .*file_name = \S+2026-06-30\w*\.csv.* = \S", said), said
    assert re.search(r"row_number = \d+", said), said


def changed_files(clean: Path, faulty: Path) -> list[Path]:
    """The files that are not the same in both, where they are or would be in ``clean``."""
    pairs = [(clean / path.relative_to(faulty), path) for path in faulty.rglob("*.csv")]
    changed = [
        one for one, other in pairs if not one.exists() or one.read_bytes() != other.read_bytes()
    ]
    assert changed
    return changed


def digest(home: Path) -> str:
    """Say in short all that is in the releases of a home, and which is served."""
    files = sorted(path for path in (home / "releases").rglob("*") if path.is_file())
    parts = [str(path) + hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    return hashlib.sha256("".join([os.readlink(home / "published"), *parts]).encode()).hexdigest()


def test_every_fault_has_an_outcome() -> None:
    assert {fault.name for fault in FAULTS} == {one.fault.partition("=")[0] for one in OUTCOMES}


def test_the_page_of_the_faults_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_changes_the_newest_files_alone_and_always_the_same_way(
    small_sample: Path, tmp_path: Path, fault
) -> None:
    for name in ("one", "another's"):
        shutil.copytree(small_sample, tmp_path / name)
        inject(tmp_path / name, fault.name, seed=5)
    changed = changed_files(small_sample, tmp_path / "one")
    assert {path.name[:10] for path in changed} <= {"2026-06-23", "2026-06-30"}
    for path in changed:
        place = path.relative_to(small_sample)
        assert (tmp_path / "one" / place).read_bytes() == (
            tmp_path / "another's" / place
        ).read_bytes()


def test_a_sample_is_written_with_its_faults(tmp_path: Path, small_sample: Path) -> None:
    arguments = ["sample", "--customers", "800", "--months", "1", "--seed", "1"]
    faults = ["--fault", "cents", "--fault", "orphans=0.5"]
    run = CliRunner().invoke(app, [*arguments, *faults, "--out", str(tmp_path / "exports")])
    assert run.exit_code == 0, run.output
    (changed,) = changed_files(small_sample, tmp_path / "exports")
    assert changed == small_sample / "payment" / "payments" / "2026-06-30.csv"

    run = CliRunner().invoke(app, [*arguments, "--fault", "sense", "--out", str(tmp_path / "no")])
    assert isinstance(run.exception, InputError)
    assert "no fault called 'sense'" in str(run.exception)
    assert not (tmp_path / "no").exists()


@pytest.fixture(scope="module")
def small_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    exports = tmp_path_factory.mktemp("small") / "exports"
    write_sample(exports, 800, 1, seed=1)
    return exports


@pytest.mark.parametrize(
    ("name", "says"),
    [("orphan", "there are duplicates, doubled_file,"), ("orphans=many", "'many' is no number")],
)
def test_a_fault_nobody_knows_is_refused_with_those_there_are(
    small_sample: Path, name: str, says: str
) -> None:
    with pytest.raises(InputError, match=re.escape(says)):
        inject(small_sample, name, seed=1)
