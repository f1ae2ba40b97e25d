from pathlib import Path
from textwrap import indent

import pytest
from loading import load_all, rows, source_of

from orchestration.errors import InputError

SETTINGS = """\
system: mainframe
files:
  - path: "{day}.txt"
    format: fixed_width
    encoding: latin-1
    decimal_mark: ","
    fields:
      - {name: No, start: 1, width: 4}
      - {name: Region, start: 5, width: 8}
      - {name: Kind, start: 13, width: 7}
    kinds:
      billing.customers:
        columns: {customer_id: No, region: Region, kind: Kind}
"""
CUSTOMERS = "select customer_id, region, kind, row_number from raw.billing_customers order by 4"


@pytest.fixture
def load(tmp_path: Path, warehouse, write_exports):
    def _load(content: str | bytes, further: str = "", settings: str = SETTINGS) -> list:
        content = content.encode("latin-1") if isinstance(content, str) else content
        settings = settings.replace("    kinds:", indent(further, "    ") + "    kinds:")
        source = source_of(tmp_path / "mainframe.yml", settings)
        loaded = load_all(warehouse, write_exports({"2024-01-31.txt": content}), [source])
        for file in loaded:
            assert file.rows_in == file.rows_loaded + file.rows_rejected
        return loaded

    return _load


def test_columns_stand_at_their_positions_counted_by_characters(load, warehouse):
    load("0001Ceará   person \r\n0002  Pará  company\r\n\r\n0003              X\n")
    assert rows(warehouse, CUSTOMERS) == [
        ("0001", "Ceará", "person", 1),
        ("0002", "Pará", "company", 2),
        ("0003", None, "X", 4),
    ]
    characters = "0001Ceará   person \n".encode()
    load(characters, settings=SETTINGS.replace("latin-1", "utf-8"))
    assert rows(warehouse, CUSTOMERS) == [("0001", "Ceará", "person", 1)]


def test_lines_above_the_first_record_are_skipped(load, warehouse):
    load("CUSTOMERS OF\nTODAY\n0001North   person \n", "skip_lines: 2\n")
    assert rows(warehouse, CUSTOMERS) == [("0001", "North", "person", 3)]


def test_a_line_of_another_length_is_rejected_whatever_it_holds(load, warehouse):
    [loaded] = load("0001North   person \n0002Nort  person \n0003North   person!!\n0004" + " " * 20)
    assert (loaded.rows_loaded, loaded.rows_rejected) == (2, 2)
    assert rows(
        warehouse, "select row_number, reason from raw.rejected_rows order by row_number"
    ) == [
        (2, "the line has 17 characters, fewer than the 19 declared; it may be cut off"),
        (3, "the line has 20 characters, more than the 19 declared; values may have slipped"),
    ]


def test_a_line_may_go_on_behind_the_columns_where_its_width_is_declared(load, warehouse):
    load("0001North   person xyz\n0002North   person\n", "line_width: 22\n")
    assert [row[0] for row in rows(warehouse, CUSTOMERS)] == ["0001"]


def test_bytes_that_are_not_of_the_encoding_are_rejected(load, warehouse):
    [loaded] = load(
        b"0001Cear\xe1   person \n0002Para    person \n",
        settings=SETTINGS.replace("latin-1", "utf-8"),
    )
    assert (loaded.rows_loaded, loaded.rows_rejected) == (1, 1)


def test_a_line_of_ten_megabytes_is_one_line_too_long(load, warehouse):
    [loaded] = load(b"0001North   person \n" + b"9" * 10_000_000 + b"\n0002North   person \n")
    assert (loaded.rows_loaded, loaded.rows_rejected) == (2, 1)
    assert [row[3] for row in rows(warehouse, CUSTOMERS)] == [1, 3]


def test_an_empty_file_is_refused(load):
    with pytest.raises(InputError, match="is empty"):
        load("\r\n \r\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("format: fixed_width", "format: csv"), "fields is a setting of fixed_width files only"),
        (("start: 1,", "start: 0,"), "greater than or equal to 1"),
        (("decimal_mark", "line_width: 18\n    decimal_mark"), "line_width is 18, and the fields"),
        (("decimal_mark", "layout: inter_400\n    decimal_mark"), "layout is a setting of cnab"),
        (("Region, start", "No, start"), "several columns of one name"),
    ],
)
def test_settings_that_cannot_be_are_refused(load, change, message):
    with pytest.raises(InputError, match=message):
        load("0001North   person \n", settings=SETTINGS.replace(*change))
