"""How deliveries land in the raw tables: each once, wholly or not at all."""

import csv
import io
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from loading import ALL_CUSTOMERS, load_all, rows

from orchestration.errors import TransientError
from orchestration.ingestion.exports import DayRange, find_deliveries
from orchestration.ingestion.loading import load
from orchestration.ingestion.pending import pending
from orchestration.ingestion.sources import default_source
from orchestration.warehouse import open_warehouse, warehouse_path

CUSTOMERS = "billing/customers/2024-01-31.csv"


def test_rows_land_as_text_with_where_they_come_from(warehouse, write_exports):
    exports = write_exports(
        {CUSTOMERS: "customer_id,region,birth_date\n007, North ,30/02/2026\nc2,,\n"}
    )
    (loaded,) = load_all(warehouse, exports)
    assert (loaded.area, loaded.kind, loaded.system) == ("billing", "customers", "default")
    assert (loaded.rows_in, loaded.rows_loaded, loaded.rows_rejected) == (2, 2, 0)
    assert rows(
        warehouse,
        "select customer_id, region, birth_date, is_deleted, source_system, file_name, row_number,"
        " export_day from raw.billing_customers order by row_number",
    ) == [
        ("007", "North", "30/02/2026", None, "default", CUSTOMERS, 2, date(2024, 1, 31)),
        ("c2", None, None, None, "default", CUSTOMERS, 3, date(2024, 1, 31)),
    ]
    ((file_hash, size_bytes, is_full),) = rows(
        warehouse, "select file_hash, size_bytes, is_full from raw.files"
    )
    assert rows(warehouse, "select distinct file_hash from raw.billing_customers") == [(file_hash,)]
    assert (len(file_hash), size_bytes, is_full) == (
        64,
        (exports / CUSTOMERS).stat().st_size,
        False,
    )


def test_rows_read_in_parallel_have_the_numbers_of_their_lines(warehouse, write_exports):
    counts = {1: 5, 2: 250_000, 3: 2}
    files = {
        f"billing/customers/2024-01-0{day}.csv": "customer_id,region\n"
        + "".join(
            "half a line\n" if line == count else f"{day}-{line},{'north' * 40}\n"
            for line in range(2, count + 2)
        )
        for day, count in counts.items()
    }
    loaded = load_all(warehouse, write_exports(files))
    assert [(file.rows_in, file.rows_rejected) for file in loaded] == [
        (count, 1) for count in counts.values()
    ]
    assert rows(
        warehouse,
        "select count_if(customer_id != day(export_day) || '-' || row_number), count(*)"
        " from raw.billing_customers",
    ) == [(0, 250_004)]
    assert rows(warehouse, "select row_number from raw.rejected_rows order by export_day") == [
        (count,) for count in counts.values()
    ]


def test_columns_are_found_in_any_order_and_case_and_unknown_ones_reported(
    warehouse, write_exports
):
    exports = write_exports({CUSTOMERS: "Shoe Size,REGION,Customer_ID\n42,North,c1\n"})
    (loaded,) = load_all(warehouse, exports)
    assert loaded.unknown_columns == ("Shoe Size",)
    assert rows(warehouse, ALL_CUSTOMERS) == [("c1", "North", 2)]


def test_loading_twice_changes_nothing(warehouse, write_exports):
    exports = write_exports({CUSTOMERS: "customer_id\nc1\n"})
    load_all(warehouse, exports)
    before = rows(warehouse, "select * from raw.billing_customers, raw.files")
    assert load_all(warehouse, exports) == []
    assert rows(warehouse, "select * from raw.billing_customers, raw.files") == before


def test_a_file_touched_but_not_changed_loads_nothing(warehouse, write_exports):
    exports = write_exports({CUSTOMERS: "customer_id\nc1\n"})
    load_all(warehouse, exports)
    os.utime(exports / CUSTOMERS, ns=(1, 1))
    assert load_all(warehouse, exports) == []
    assert rows(warehouse, "select modified_at_ns from raw.files") == [(1,)]


def test_other_content_under_the_same_name_replaces_rows_and_rejections(warehouse, write_exports):
    other_day = {"billing/customers/2024-02-01.csv": "customer_id,region\nc9,West\n,East\n"}
    load_all(
        warehouse, write_exports(other_day | {CUSTOMERS: "customer_id,region\nc1,North\nc2,x,y\n"})
    )
    assert rows(warehouse, "select count(*) from raw.rejected_rows") == [(2,)]
    (loaded,) = load_all(warehouse, write_exports({CUSTOMERS: "customer_id,region\nc1,South\n"}))
    assert (loaded.rows_in, loaded.rows_loaded) == (1, 1)
    assert rows(warehouse, ALL_CUSTOMERS) == [("c1", "South", 2), ("c9", "West", 2)]
    assert rows(warehouse, "select file_name from raw.rejected_rows") == [tuple(other_day)]
    assert rows(warehouse, "select count(*) from raw.files") == [(2,)]


def test_the_same_content_under_another_day_is_a_new_delivery(warehouse, write_exports):
    content = "customer_id\nc1\n"
    exports = write_exports({CUSTOMERS: content, "billing/customers/2024-02-01.csv": content})
    assert len(load_all(warehouse, exports)) == 2
    assert rows(warehouse, "select export_day from raw.billing_customers order by all") == [
        (date(2024, 1, 31),),
        (date(2024, 2, 1),),
    ]


def test_two_files_of_one_day_and_kind_both_load_and_a_day_without_is_no_matter(
    warehouse, write_exports
):
    names = [f"billing/customers/{name}.csv" for name in ("2024-01-29_a", "2024-01-29_b")]
    exports = write_exports({name: f"customer_id\n{name[-5]}\n" for name in [*names, CUSTOMERS]})
    assert [loaded.file_name for loaded in load_all(warehouse, exports)] == [*names, CUSTOMERS]
    assert rows(warehouse, "select count(*) from raw.billing_customers") == [(3,)]


def test_days_and_kinds_limit_what_is_pending(warehouse, write_exports):
    exports = write_exports(
        {
            f"billing/{kind}/2024-01-{day}.csv": "customer_id,contract_id\na,b\n"
            for kind in ("customers", "contracts")
            for day in (29, 30, 31)
        }
    )
    found = find_deliveries(exports, [default_source()])
    days = DayRange(date(2024, 1, 30), date(2024, 1, 31))
    limited = pending(warehouse, found, days, {"billing.contracts"})
    assert [delivery.file_name for delivery in limited] == [
        "billing/contracts/2024-01-30.csv",
        "billing/contracts/2024-01-31.csv",
    ]
    assert len(pending(warehouse, found)) == 6


def test_progress_ends_with_all_files_done(warehouse, write_exports):
    exports = write_exports({CUSTOMERS: "customer_id\nc1\n"})
    seen = []
    found = find_deliveries(exports, [default_source()])
    load(warehouse, pending(warehouse, found), lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]


def test_files_read_together_keep_their_own_line_numbers(warehouse, write_exports):
    exports = write_exports(
        {
            f"billing/customers/2024-01-0{day}.csv": f"customer_id,region{lines}"
            for day, lines in {
                1: "\na1,x\nbad\nalso,bad,too\na2,x\n",
                2: '\nb1,"x\ny"\n\nb2,x\n',
                3: "\r\nc1,x\r\nbad\r\nc2,x\r\n",
                4: "\nd1,x\nd2,x\n\n\n",
            }.items()
        }
    )
    counts = [(file.rows_in, file.rows_rejected) for file in load_all(warehouse, exports)]
    assert counts == [(4, 2), (2, 0), (3, 1), (2, 0)]
    assert rows(
        warehouse, "select customer_id, row_number from raw.billing_customers order by all"
    ) == [
        ("a1", 2),
        ("a2", 5),
        ("b1", 2),
        ("b2", 5),
        ("c1", 2),
        ("c2", 4),
        ("d1", 2),
        ("d2", 3),
    ]


def test_line_numbers_hold_in_a_large_file_with_rejected_lines(warehouse, write_exports):
    lines = [f"i{line},c,2024-01-31,1.00" for line in range(2, 100_000)]
    for line in (2, 3, 44_444, 77_777, 99_999):
        lines[line - 2] = "cut off"
    exports = write_exports(
        {
            "billing/instalments/2024-01-31.csv": "\n".join(
                ["instalment_id,contract_id,due_date,amount", *lines]
            )
        }
    )
    (loaded,) = load_all(warehouse, exports)
    assert (loaded.rows_in, loaded.rows_rejected) == (99_998, 5)
    assert rows(
        warehouse,
        "select count(*), count(*) filter (instalment_id = 'i' || row_number)"
        " from raw.billing_instalments",
    ) == [(99_993, 99_993)]
    assert rows(warehouse, "select row_number from raw.rejected_rows order by all") == [
        (2,),
        (3,),
        (44_444,),
        (77_777,),
        (99_999,),
    ]


@pytest.mark.parametrize("seed", range(10))
def test_whatever_a_csv_writer_writes_lands_as_it_was(warehouse, write_exports, seed):
    random = Random(seed)
    texts = [
        "".join(random.choices(" \",;'\n\r\tab1é€\u00a0", k=random.randrange(7)))
        for _ in range(200)
    ]
    pairs = list(zip(texts[::2], texts[1::2], strict=True))
    written = io.StringIO()
    writer = csv.writer(written, quoting=random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer.writerow(["customer_id", "region", "segment"])
    writer.writerows((number, *pair) for number, pair in enumerate(pairs))
    (loaded,) = load_all(warehouse, write_exports({CUSTOMERS: written.getvalue()}))
    assert (loaded.rows_loaded, loaded.rows_rejected) == (len(pairs), 0)
    query = "select region, segment from raw.billing_customers order by customer_id::int"
    assert rows(warehouse, query) == [
        tuple(text.strip(" \t\n\r\u00a0") or None for text in pair) for pair in pairs
    ]


def test_a_warehouse_in_use_by_another_process_is_refused(tmp_path, warehouse):
    script = (
        "import sys; from pathlib import Path; from orchestration.errors import TransientError\n"
        "from orchestration.warehouse import open_warehouse\n"
        "try: open_warehouse(Path(sys.argv[1]))\n"
        "except TransientError as error: print(error)"
    )
    path = warehouse_path(tmp_path / "home")
    output = _python(script, str(path)).communicate()[0]
    assert "is open in another program" in output


LOADING = """
import sys
from pathlib import Path
from orchestration.ingestion import loading
from orchestration.ingestion.exports import find_deliveries
from orchestration.ingestion.pending import pending
from orchestration.ingestion.sources import default_source
from orchestration.warehouse import open_warehouse
loading.MOST_FILES_TOGETHER = 2
connection = open_warehouse(Path(sys.argv[1]))
found = find_deliveries(Path(sys.argv[2]), [default_source()])
print("ready", flush=True)
loading.load(
    connection,
    pending(connection, found),
    lambda done, total: print(done, flush=True),
)
"""


def test_a_killed_load_leaves_each_file_wholly_loaded_or_not_at_all(tmp_path, write_exports):
    content = "customer_id\n" + "".join(f"c{number}\n" for number in range(2_000))
    days = [date(2024, 1, 1) + timedelta(number) for number in range(60)]
    exports = write_exports({f"billing/customers/{day}.csv": content for day in days})
    path = warehouse_path(tmp_path / "home")
    loading = _python(LOADING, str(path), str(exports))
    while loading.stdout.readline().strip() != "6":
        assert loading.poll() is None
    loading.send_signal(signal.SIGKILL)
    loading.wait()
    connection = open_warehouse(path)
    noted = "select file_name, rows_loaded from raw.files order by all"
    held = "select file_name, count(*) from raw.billing_customers group by all order by all"
    assert rows(connection, noted) == rows(connection, held)
    assert 6 <= len(rows(connection, noted)) < 60
    load_all(connection, exports)
    assert rows(connection, noted) == rows(connection, held)
    assert rows(connection, "select count(*) from raw.billing_customers") == [(120_000,)]
    connection.close()


def test_a_file_that_grows_while_it_is_read_is_not_loaded(warehouse, write_exports):
    exports = write_exports({CUSTOMERS: "customer_id\nc1\n"})
    deliveries = pending(warehouse, find_deliveries(exports, [default_source()]))
    with (exports / CUSTOMERS).open("a") as file:
        file.write("c2\n")
    with pytest.raises(TransientError, match="changed while it was read; run again"):
        load(warehouse, deliveries)
    assert rows(warehouse, ALL_CUSTOMERS) == []


def _python(script: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
