"""The sensor of Dagster that starts the job when the exports of a day are complete."""

import os
import time
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from loading import load_all
from operating import LOCK, process, settings_of
from whole_runs import write

from orchestration.definitions import defs
from orchestration.errors import InputError
from orchestration.ingestion.arrival_sensor import when_exports_are_complete
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

ERP = """
    system: erp
    files:
      - path: "customers_{day}.csv"
        expected: [monday, friday]
        kinds: {billing.customers: }
      - path: "complaints_{day}.csv"
        kinds: {contact.complaints: }
"""
CUSTOMERS = "customer_id\nc1\n"
COMPLAINTS = "complaint_id,received_at\nx1,2026-03-01\n"
# a Sunday, on which no file is expected, and the Monday after it
SUNDAY = {"complaints_2026-03-01.csv": COMPLAINTS}
MONDAY = {"customers_2026-03-02.csv": CUSTOMERS, "complaints_2026-03-02.csv": COMPLAINTS}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "exports").mkdir()
    (tmp_path / "erp.yml").write_text(ERP, encoding="utf-8")
    return settings_of(tmp_path, sources=[str(tmp_path / "erp.yml")])


def _deliver(settings: Settings, files: dict[str, str], *, age: float = 3600) -> None:
    write(Path(settings.exports), files)
    for name in files:
        moment = time.time() - age
        os.utime(Path(settings.exports, name), (moment, moment))


def _load(settings: Settings) -> None:
    with closing(open_warehouse(settings.warehouse)) as connection:
        load_all(connection, Path(settings.exports), settings.systems)


def _told(settings: Settings) -> dg.RunRequest | dg.SkipReason:
    with dg.build_sensor_context(resources={"settings": settings}) as context:
        return when_exports_are_complete(context)


def _why_not(settings: Settings) -> str:
    told = _told(settings)
    assert isinstance(told, dg.SkipReason)
    return told.skip_message


def test_a_complete_day_starts_the_daily_job(settings):
    _deliver(settings, MONDAY)
    assert isinstance(_told(settings), dg.RunRequest)
    assert defs.resolve_sensor_def("when_exports_are_complete").job_name == "daily"


def test_a_day_waits_for_the_files_expected_on_it(settings):
    _deliver(settings, {"complaints_2026-03-02.csv": COMPLAINTS})
    assert _why_not(settings) == "Waiting for customers_{day}.csv of 2026-03-02 from erp."


def test_a_day_of_the_week_on_which_a_file_is_not_expected_does_not_wait_for_it(settings):
    _deliver(settings, SUNDAY)
    assert isinstance(_told(settings), dg.RunRequest)


def test_what_is_loaded_starts_nothing(settings):
    assert _why_not(settings) == "Nothing has come that is not loaded."
    _deliver(settings, MONDAY)
    _load(settings)
    assert _why_not(settings) == "Nothing has come that is not loaded."


def test_a_late_or_corrected_file_of_a_past_day_starts_the_job_again(settings):
    _deliver(settings, MONDAY)
    first = _told(settings).run_key
    _load(settings)
    _deliver(settings, SUNDAY)
    late = _told(settings).run_key
    _load(settings)
    _deliver(settings, {"customers_2026-03-02.csv": CUSTOMERS + "c2\n"})
    corrected = _told(settings).run_key
    assert len({first, late, corrected}) == 3


def test_the_same_files_ask_for_one_run_only(settings):
    _deliver(settings, MONDAY)
    assert _told(settings).run_key == _told(settings).run_key


def test_a_file_that_has_just_changed_is_left_to_settle(settings):
    _deliver(settings, MONDAY)
    _deliver(settings, {"complaints_2026-03-02.csv": COMPLAINTS}, age=0)
    assert _why_not(settings) == "May still be written to: complaints_2026-03-02.csv."


def test_a_run_at_work_is_left_alone(settings):
    _deliver(settings, MONDAY)
    _load(settings)
    other = process(LOCK, settings.warehouse)
    try:
        assert _why_not(settings).startswith("The warehouse file is open")
    finally:
        other.communicate("\n")


def test_a_file_that_names_no_day_fails_the_sensor_and_says_so(settings):
    _deliver(settings, {"customers_today.csv": CUSTOMERS})
    with pytest.raises(InputError, match=r"customers_today\.csv: its name holds no export day"):
        _told(settings)
