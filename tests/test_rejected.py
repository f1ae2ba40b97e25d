"""`warehouse rejected`, and how rejected rows come in once what kept them out is mended."""

import csv
from contextlib import closing
from pathlib import Path

import pytest
from loading import load_all, rows, source_of
from operating import LOCK, process
from running_commands import warehouse as command

from orchestration.warehouse import open_warehouse, warehouse_path

DECLARED = """
    system: erp
    files:
      - path: "{day}*.csv"
        date_formats: ["%d/%m/%Y"]
        kinds:
          billing.instalments:
            columns: {instalment_id: No, contract_id: No, due_date: Due, amount: Total}
"""
FILE = "2026-01-31.csv"
ROWS = 'No,Due,Total\n1,31/01/2026,"10,50"\n2,01/02/2026,"7,00"\n,02/02/2026,"8,00"\n'


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    return folder


def load(connection, exports: Path, settings: str) -> list[tuple[int, int, int]]:
    """Load as a run does; give rows in, loaded and rejected of every file that was read."""
    system = source_of(exports.parent / "erp.yml", settings)
    return [
        (file.rows_in, file.rows_loaded, file.rows_rejected)
        for file in load_all(connection, exports, [system])
    ]


def rejected(home: Path, *options: str | Path) -> tuple[int, str]:
    return command("rejected", "--home", home, *options)


@pytest.fixture
def home(tmp_path: Path, exports: Path) -> Path:
    """A home with three files of which rows are rejected, and of other kinds and systems none."""
    (exports / FILE).write_text(ROWS)
    (exports / "2026-02-01.csv").write_text('No,Due,Total\n9,00/02/2026,"1,5"\n8,x\n')
    (exports / "2026-02-02.csv").write_text(
        'No,Due,Total\n"=2+3","@SUM(1)",7\n3,01/03/2026,"=cmd|\' /C calc\'!A0"\n'
    )
    place = tmp_path / "home"
    with closing(open_warehouse(warehouse_path(place))) as connection:
        load(connection, exports, DECLARED)
    return place


def test_rejected_rows_are_grouped_by_reason_with_examples(home):
    code, said = rejected(home)
    assert code == 0, said
    amounts = "erp billing.instalments amount is not a decimal(18, 2) 4 2026-01-31 to 2026-02-02"
    assert f"{amounts} 2026-02-02.csv:3 \"=cmd|' /C calc'!A0\" 2026-02-01.csv:2 '1,5'" in said
    assert f"instalment_id is required and empty 1 2026-01-31 {FILE}:4" in said
    assert "due_date is not a date 2 2026-02-01 to 2026-02-02 2026-02-02.csv:2 '@SUM(1)'" in said
    assert "the line has fewer columns than the header; it may be cut off 1 2026-02-01" in said
    # as raw.files counts them; of one row both values are of the wrong type
    with closing(open_warehouse(warehouse_path(home))) as connection:
        (counted,) = rows(connection, "select sum(rows_rejected) from raw.files")
    assert counted == (2,)
    assert "2 rows were rejected when their files were read" in said
    assert "5 landed with a value that is not of its type" in said
    assert "Next: mend the mapping in the YAML" in said


def test_what_is_asked_for_limits_what_is_told(home):
    code, said = rejected(home, "--day", "2026-01-31", "--examples", "1")
    assert code == 0, said
    assert "amount is not a decimal(18, 2) 2 2026-01-31 2026-01-31.csv:2 '10,50' erp" in said
    assert "due_date" not in said
    assert "1 rows were rejected when their files were read" in said
    code, said = rejected(home, "--source", "erp", "--kind", "payment.payments")
    assert (code, said) == (0, "No row is rejected: all that was asked for is loaded and typed.")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--kind", "payments"], "--kind payments: there is no such export kind, but billing."),
        (["--source", "sap"], "--source sap: nothing was loaded from such a system, but from erp."),
        (["--day", "soon"], "--day soon: that is no day; write it as 2026-01-31."),
        (["--home", "nowhere"], "there is no such file; `warehouse run` makes one."),
        (["--csv", "nowhere/rejected.csv"], "--csv nowhere/rejected.csv: that cannot be written"),
    ],
)
def test_what_cannot_be_told_is_bad_input(home, options, complaint):
    code, said = rejected(home, *options)
    assert code == 2, said
    assert complaint in said


def test_a_warehouse_that_is_being_written_to_is_asked_again_later(home):
    writing = process(LOCK, warehouse_path(home))
    code, said = rejected(home)
    writing.communicate("")
    assert code == 3, said
    assert "is being written to" in said
    assert "Traceback" not in said


def test_no_cell_of_the_csv_is_a_formula(home, tmp_path):
    file = tmp_path / "rejected.csv"
    code, said = rejected(home, "--csv", file)
    assert code == 0, said
    assert f"8 rejected values are in {file}." in said
    with file.open(newline="") as opened:
        written = list(csv.DictReader(opened))
    assert len(written) == 8
    cells = [cell for row in written for cell in row.values()]
    assert [cell for cell in cells if cell[:1] in "=+-@\t\r\n" and cell] == []
    assert {"'=cmd|' /C calc'!A0", "'@SUM(1)", "1,5"} <= set(cells)
