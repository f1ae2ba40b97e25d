"""What may pass is waited for; what does not is told at once."""

import threading
import time

import pytest
from operating import EXPORTS, LOCK, end_after, process, settings_of
from whole_runs import query, write

from orchestration import retries
from orchestration.contract import contract
from orchestration.errors import InputError, TransientError
from orchestration.ingestion import waiting
from orchestration.ingestion.assets import ingest
from orchestration.warehouse import open_warehouse, warehouse_path


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SECONDS", (0.3,) * 10)


def test_a_locked_warehouse_file_is_waited_for(tmp_path, quick_retries):
    write(tmp_path / "exports", EXPORTS)
    open_warehouse(warehouse_path(tmp_path / "home")).close()
    other = process(LOCK, warehouse_path(tmp_path / "home"))
    ending = end_after(0.8, other)
    heard = []
    ingested = ingest(settings_of(tmp_path), None, set(contract()), heard.append)
    ending.join()
    assert sum(file.rows_loaded for file in ingested.files) == 5
    assert heard
    assert "is open in another program" in heard[0]


def test_a_warehouse_file_that_stays_locked_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(retries, "SECONDS", (0.01, 0.01))
    write(tmp_path / "exports", EXPORTS)
    open_warehouse(warehouse_path(tmp_path / "home")).close()
    other = process(LOCK, warehouse_path(tmp_path / "home"))
    with pytest.raises(TransientError, match="This was tried 3 times"):
        ingest(settings_of(tmp_path), None, set(contract()))
    other.communicate("\n")


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path, quick_retries, monkeypatch):
    # one that looks as if nobody had touched it for a while
    monkeypatch.setattr(waiting, "SETTLED_SECONDS", 0)
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

    heard: list[str] = []
    delivering = threading.Thread(target=deliver)
    delivering.start()
    is_loading.wait()
    ingested = ingest(settings_of(tmp_path), None, set(contract()), heard.append)
    delivering.join()
    assert any("changed while it was read" in message for message in heard)
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
