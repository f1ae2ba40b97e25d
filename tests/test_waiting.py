import os
import time

import pytest
from loading import source_of

from orchestration.errors import InputError
from orchestration.ingestion import waiting
from orchestration.ingestion.assets import ingest
from orchestration.ingestion.exports import find_deliveries
from orchestration.ingestion.sources import default_source
from orchestration.ingestion.waiting import settled
from orchestration.settings import Settings

CUSTOMERS = "billing/customers/2024-01-31.csv"
ONE = "customer_id\nc1\n"
MARKED = """
    system: crm
    files:
      - path: "{day}*"
        done_marker: "MARKER"
        kinds: {billing.customers: {columns: {customer_id: customer_id}}}
    """


def found(exports, *systems):
    return find_deliveries(exports, systems or [default_source()])


def names(of_found):
    return [delivery.file_name for delivery in of_found.deliveries]


def test_a_file_without_its_marker_waits(tmp_path, write_exports):
    system = source_of(tmp_path / "crm.yml", MARKED.replace("MARKER", "{name}.done"))
    exports = write_exports(
        {"2024-01-30.csv": ONE, "2024-01-31.csv": ONE, "2024-01-30.csv.done": ""}
    )
    one = found(exports, system)
    assert names(one) == ["2024-01-30.csv"]
    assert one.waiting == ("2024-01-31.csv (there is no 2024-01-31.csv.done yet)",)
    write_exports({"2024-01-31.csv.done": ""})
    assert names(found(exports, system)) == ["2024-01-30.csv", "2024-01-31.csv"]


def test_a_marker_is_never_an_export(tmp_path, write_exports):
    system = source_of(tmp_path / "crm.yml", MARKED.replace("MARKER", "{name}.done"))
    one = found(write_exports({"2024-01-30.csv.done": "", "notes/a.done": ""}), system)
    assert (names(one), one.waiting, one.unclaimed) == ([], (), ("notes/a.done",))


def test_one_marker_may_stand_for_a_folder(tmp_path, write_exports):
    system = source_of(
        tmp_path / "crm.yml", MARKED.replace("MARKER", "_COMPLETE").replace("{day}*", "{day}/*")
    )
    exports = write_exports({"2024-01-30/a": ONE, "2024-01-30/b": ONE, "2024-01-31/a": ONE})
    write_exports({"2024-01-30/_COMPLETE": ""})
    one = found(exports, system)
    assert names(one) == ["2024-01-30/a", "2024-01-30/b"]
    assert one.waiting == ("2024-01-31/a (there is no 2024-01-31/_COMPLETE yet)",)


@pytest.mark.parametrize("marker", ["{name}", "../{name}.done", "{day}.done"])
def test_a_marker_is_a_name_beside_the_file(tmp_path, marker):
    with pytest.raises(InputError, match="is no name of a file beside the export"):
        source_of(tmp_path / "crm.yml", MARKED.replace("MARKER", marker))


@pytest.mark.parametrize(
    "name", ["2024-01-31.csv.part", "2024-01-31.csv.FILEPART", "~$2024-01-31.csv", "2024-01-31.tmp"]
)
def test_a_file_called_partial_is_left_and_told(tmp_path, write_exports, name):
    system = source_of(
        tmp_path / "crm.yml", MARKED.replace('"MARKER"', "_DONE").replace("{day}*", "**/*{day}*")
    )
    one = found(write_exports({f"crm/{name}": ONE, "crm/_DONE": ""}), system)
    assert names(one) == []
    assert one.waiting == (f"crm/{name} (its name is that of a file not complete yet)",)


def test_a_file_left_alone_costs_no_wait(write_exports):
    exports = write_exports({CUSTOMERS: ONE})
    a_minute_ago = time.time() - 60
    os.utime(exports / CUSTOMERS, (a_minute_ago, a_minute_ago))
    deliveries = found(exports).deliveries
    started = time.monotonic()
    assert settled(deliveries) == (list(deliveries), [])
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("change", ["grows", "goes"])
def test_a_file_that_changes_is_left_for_the_next_run(monkeypatch, write_exports, change):
    other = "billing/customers/2024-02-01.csv"
    exports = write_exports({CUSTOMERS: ONE, other: ONE})
    deliveries = found(exports).deliveries

    def meanwhile(seconds):
        assert 0 < seconds <= waiting.SETTLED_SECONDS
        if change == "grows":
            write_exports({CUSTOMERS: ONE + "c2\n"})
        else:
            (exports / CUSTOMERS).unlink()

    monkeypatch.setattr(waiting.time, "sleep", meanwhile)
    still, growing = settled(deliveries)
    assert [delivery.file_name for delivery in still] == [other]
    assert growing == [f"{CUSTOMERS} (it is being written to)"]


def test_a_run_tells_of_the_files_it_left(tmp_path, monkeypatch, write_exports):
    exports = write_exports({CUSTOMERS: ONE, "billing/customers/2024-02-01.csv.part": "custom"})
    settings = Settings(exports=str(exports), home=str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.setattr(
        waiting.time, "sleep", lambda seconds: write_exports({CUSTOMERS: ONE + "c2\n"})
    )
    ingested = ingest(settings, None, ["billing.customers"])
    assert ingested.files == ()
    assert [name.split()[0] for name in ingested.waiting] == [
        "billing/customers/2024-02-01.csv.part",
        CUSTOMERS,
    ]
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: None)
    ingested = ingest(settings, None, ["billing.customers"])
    assert [(file.file_name, file.rows_loaded) for file in ingested.files] == [(CUSTOMERS, 2)]
