"""Workbooks as they really are, and as somebody may make them to do harm."""

import zipfile
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from workbooks import MAIN, write_workbook

from orchestration.errors import InputError
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers import xlsx_files
from orchestration.ingestion.workbook.process import opened_sheet

SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
HEADER = (
    '<row r="1"><c r="A1" t="str"><v>customer_id</v></c><c r="B1" t="str"><v>region</v></c></row>'
)


def with_parts(path, **changes):
    """Rewrite parts of a workbook, each by what it is now."""
    parts = {"sheet": SHEET, "book": BOOK}
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name).decode() for name in archive.namelist()}
    for name, change in changes.items():
        contents[parts[name]] = change(contents[parts[name]])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def book_of(tmp_path, rows, book=str):
    """Write a workbook of rows of a sheet, as XML."""
    path = tmp_path / "book.xlsx"
    write_workbook(path, [])
    return with_parts(
        path,
        sheet=lambda _: f"<worksheet {MAIN}><sheetData>{HEADER}{rows}</sheetData></worksheet>",
        book=book,
    )


def landed(path, **reading):
    """Land a workbook by its reader alone: its records, and those that are unreadable."""
    spec = FileSpec(
        path="x",
        export_day="2024-01-31",
        format="xlsx",
        **{"kinds": {"billing.customers": {}}} | reading,
    )
    header = xlsx_files.read_header(path, spec)
    with duckdb.connect() as connection:
        delivery = SimpleNamespace(path=path, spec=spec)
        unreadable = xlsx_files.land(connection, [delivery], header)
        found = connection.execute('select * exclude ("#path") from landed').fetchall()
    return found, [(one.row_number, one.column_name, one.reason) for one in unreadable]


def refusal(path, **limits):
    with pytest.raises(InputError) as error, opened_sheet(path, **limits) as sheet:
        list(sheet.rows)
    (problem,) = error.value.problems
    return problem


FAR = '<row r="2"><c r="A2"><v>1</v></c></row><row r="1048576"><c r="{}1048576"><v>1</v></c></row>'


@pytest.mark.parametrize("column", ["J", "XFD"])
def test_a_cell_far_from_the_others_takes_no_memory(tmp_path, column):
    told = refusal(book_of(tmp_path, FAR.format(column)))
    assert told.startswith("takes more than 100 MB of memory to read, which a workbook of 0.00")
    assert "declare unpacked_limit_mb" in told


def test_a_cell_far_from_the_others_is_read_where_it_may_take_the_memory(tmp_path):
    found, _ = landed(book_of(tmp_path, FAR.format("B")), unpacked_limit_mb=400)
    assert found == [("1", None, 2), (None, "1", 1048576)]


def test_a_workbook_that_holds_too_much_for_its_size_is_refused(tmp_path):
    path = with_parts(book_of(tmp_path, ""), book=lambda book: book + " " * 120_000_000)
    assert refusal(path).startswith("holds 120 MB in a file of 0.1")
    with opened_sheet(path, limit_mb=600) as sheet:
        assert [row.number for row in sheet.rows] == [1]


def test_entities_that_multiply_are_not_taken(tmp_path):
    path = book_of(tmp_path, '<row r="2"><c r="A2" t="str"><v>&j;</v></c></row>')
    names = "abcdefghij"
    entities = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    with_parts(path, sheet=lambda sheet: f"<!DOCTYPE x [{entities}]>{sheet}")
    assert "unrecognized entity `&j;`" in refusal(path)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ('<c r="B2" t="e"><v>#N/A</v></c>', "the cell is the error #N/A of a formula"),
        (
            '<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
            "the cell is the error #DIV/0! of a formula",
        ),
        ('<c r="B2"><f>1+1</f></c>', "the cell is a formula that was never computed"),
        ('<c r="B2"><f>1+1</f><v/></c>', "the cell is a formula that was never computed"),
    ],
)
def test_a_row_whose_cell_has_no_value_to_go_by_is_rejected(tmp_path, cell, reason):
    path = book_of(
        tmp_path,
        f'<row r="2"><c r="A2"><v>1</v></c>{cell}</row><row r="3"><c r="A3"><v>2</v></c></row>',
    )
    found, ((row_number, column, told),) = landed(path)
    assert (found, row_number, column) == ([("2", None, 3)], 2, "region")
    assert told.startswith(reason)
    # no kind takes the column, so its errors are nobody's matter
    by_column = {"columns": {"customer_id": "customer_id"}}
    assert landed(path, kinds={"billing.customers": by_column})[1] == []


def test_formulas_are_their_values_where_a_spreadsheet_computed_them(tmp_path):
    rows = (
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
        '<row r="3"><c r="A3" t="str"><f>"a"</f><v>a</v></c>'
        '<c r="B3" t="str"><v>#N/A</v></c></row>'
    )
    # a text that looks like an error is one
    assert landed(book_of(tmp_path, rows)) == ([("2", None, 2), ("a", "#N/A", 3)], [])
    stale = '</sheets><calcPr calcId="124519" fullCalcOnLoad="1"/>'
    _, told = landed(book_of(tmp_path, rows, lambda book: book.replace("</sheets>", stale)))
    assert [(row_number, column) for row_number, column, _ in told] == [
        (2, "customer_id"),
        (3, "customer_id"),
    ]


def test_a_merged_cell_has_its_value_where_it_begins(tmp_path):
    path = book_of(
        tmp_path, '<row r="2"><c r="A2"><v>1</v></c></row><row r="3"><c r="B3"><v>2</v></c></row>'
    )
    merged = '</sheetData><mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
    with_parts(path, sheet=lambda sheet: sheet.replace("</sheetData>", merged))
    assert landed(path) == ([("1", None, 2), (None, "2", 3)], [])


def test_days_of_a_workbook_that_counts_from_1904(tmp_path):
    path = tmp_path / "book.xlsx"
    write_workbook(path, [["customer_id", "region"], ["c1", date(2024, 1, 31)]])
    counted = '<workbookPr date1904="1"/><sheets>'
    with_parts(path, book=lambda book: book.replace("<sheets>", counted))
    # 1,462 days later, as the same numbers count from another day
    assert landed(path) == ([("c1", "2028-02-01", 2)], [])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("999999999999999", "999999999999999"),
        ("1234567890123456", "1.23456789012346E+15"),
        ("-1.2345678901234501E+19", "-1.23456789012345E+19"),
    ],
)
def test_a_number_has_the_digits_that_excel_keeps(tmp_path, number, text):
    path = book_of(tmp_path, f'<row r="2"><c r="A2"><v>{number}</v></c></row>')
    assert landed(path) == ([(text, None, 2)], [])


def test_an_xls_is_read(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("One")
    days = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for row, values in enumerate([("customer_id", "region"), ("007", 1.5), (8, True)]):
        for column, value in enumerate(values):
            sheet.write(row, column, value)
    sheet.write(3, 0, date(2024, 1, 31), days)
    book.save(str(tmp_path / "book.xls"))
    assert landed(tmp_path / "book.xls") == (
        [("007", "1.5", 2), ("8", "true", 3), ("2024-01-31", None, 4)],
        [],
    )


def whole_file(folder: Path) -> bytes:
    write_workbook(folder / "whole.xlsx", [["customer_id", "region"], ["c1", 7], ["c2", None]])
    return (folder / "whole.xlsx").read_bytes()


@given(data=st.data())
def test_a_damaged_workbook_is_read_or_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    content = bytearray(whole_file(folder))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    (folder / "book.xlsx").write_bytes(content[:cut])
    try:
        found, unreadable = landed(folder / "book.xlsx")
    except InputError:
        return
    # the parts have checksums
    assert (found, unreadable) == ([("c1", "7", 2), ("c2", None, 3)], [])


@given(
    order=st.permutations(range(6)),
    flips=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=3),
)
def test_a_workbook_of_altered_parts_is_read_or_refused(tmp_path_factory, order, flips):
    folder = tmp_path_factory.mktemp("altered")
    whole_file(folder)
    with zipfile.ZipFile(folder / "whole.xlsx") as archive:
        names = archive.namelist()
        parts = [bytearray(archive.read(name)) for name in names]
    for position, byte in flips:
        part = parts[position % len(parts)]
        part[position // len(parts) % len(part)] = byte
    is_moved = order != sorted(order)
    with zipfile.ZipFile(folder / "book.xlsx", "w") as archive:
        for name, place in zip(names, order, strict=True):
            archive.writestr(name, bytes(parts[place]))
    try:
        found, unreadable = landed(folder / "book.xlsx")
    except InputError:
        assert is_moved or flips
        return
    if not (is_moved or flips):
        assert (found, unreadable) == ([("c1", "7", 2), ("c2", None, 3)], [])
