"""Delimited text as systems write it, written by Python's csv and damaged at random."""

import csv
import io
from dataclasses import replace

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loading import load_all, rows, source_of

from orchestration.errors import InputError
from orchestration.ingestion.exports import find_deliveries, read_content
from orchestration.ingestion.readers import land, read_header
from orchestration.ingestion.sources import SourceSystem

SYSTEM = "{system: crm, files: [{path: '{day}.csv', SETTINGS kinds: {billing.customers: {}}}]}"
FOUND = "select row_number, customer_id, region from raw.billing_customers order by row_number"


def read_as(warehouse, tmp_path, settings_text, content):
    system = source_of(tmp_path / "crm.yml", SYSTEM.replace("SETTINGS", settings_text))
    exports = tmp_path / "exports"
    exports.mkdir(exist_ok=True)
    (exports / "2024-01-31.csv").write_bytes(content)
    return load_all(warehouse, exports, [system])


@pytest.mark.parametrize(
    ("settings_text", "content", "expected"),
    [
        ('delimiter: "\\t",', "customer_id\tregion\nc1\ta,b\n", [(2, "c1", "a,b")]),
        ('delimiter: "|",', 'customer_id|region\nc1|"a|b"\n', [(2, "c1", "a|b")]),
        ('quote: "",', 'customer_id,region\nc1,a "b\n', [(2, "c1", 'a "b')]),
        ("", 'customer_id,region\nc1,"a ""b"""\n', [(2, "c1", 'a "b"')]),
        ('quote: "\'",', "customer_id,region\nc1,'a,b'\n", [(2, "c1", "a,b")]),
        ("header_row: 4,", "Report\n\nof;x,y,z\ncustomer_id,region\nc1,x\n", [(5, "c1", "x")]),
        (
            "header_row: 2, delimiter: ';',",
            "sep=;\r\ncustomer_id;region\r\nc1;x\r\n",
            [(3, "c1", "x")],
        ),
        ("", "customer_id,region\rc1,x\rc2,y\r", [(2, "c1", "x"), (3, "c2", "y")]),
        ("", "customer_id,region\n\nc1,x\n\n\nc2,y\n\n", [(3, "c1", "x"), (6, "c2", "y")]),
        ("", "customer_id,region,\nc1,x,\nc2,y,\n", [(2, "c1", "x"), (3, "c2", "y")]),
        (
            "escape: '\\',",
            'customer_id,region\nc1,"a \\"b\\" ""c"""\nc2,a\\,b\nc3,\\N\nc4,\\\\N\n',
            [(2, "c1", 'a "b" "c"'), (3, "c2", "a,b"), (4, "c3", None), (5, "c4", "\\N")],
        ),
        ("quote: '', escape: '\\',", 'customer_id,region\nc1,"a\\,\n', [(2, "c1", '"a,')]),
        ("trailing_delimiter: true,", "customer_id,region\nc1,x,\n", [(2, "c1", "x")]),
        ("trailing_delimiter: true,", "customer_id,region,\nc1,,\n", [(2, "c1", None)]),
        (
            "ignored_lines: '#|Total,',",
            "# made at noon\ncustomer_id,region\nc1,x\n#c0,x\nc2,y#\nTotal,2\n",
            [(3, "c1", "x"), (5, "c2", "y#")],
        ),
    ],
)
def test_a_dialect_is_read(warehouse, tmp_path, settings_text, content, expected):
    (loaded,) = read_as(warehouse, tmp_path, settings_text, content.encode())
    assert rows(warehouse, FOUND) == expected
    assert (loaded.rows_in, loaded.rows_rejected) == (len(expected), 0)


def test_a_line_without_its_last_delimiter_is_cut_off(warehouse, tmp_path):
    content = b"customer_id,region\nc1,x\nc2,\nc3,y,\n"
    (loaded,) = read_as(warehouse, tmp_path, "trailing_delimiter: true,", content)
    assert (loaded.rows_in, rows(warehouse, FOUND)) == (3, [(4, "c3", "y")])


def test_an_escape_is_no_quote(warehouse, tmp_path):
    with pytest.raises(InputError, match="escape is the delimiter or the quote"):
        read_as(warehouse, tmp_path, "escape: '\"',", b"")


def test_a_pattern_that_is_none_is_refused(warehouse, tmp_path):
    with pytest.raises(InputError, match=r"'\(' is no regular expression"):
        read_as(warehouse, tmp_path, "ignored_lines: (,", b"")


# without what reads as blank or as an identifier, which is no matter of dialects
VALUES = st.text(st.sampled_from("ab'\",;|\t\n\r é€\\#"), min_size=1, max_size=8).filter(
    lambda value: value == value.strip(" \t\r\n")
)
DIALECTS = st.tuples(
    st.sampled_from([",", ";", "|", "\t"]),
    st.sampled_from(['"', "'"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be"]),
    st.sampled_from([None, "\\"]),
    st.booleans(),
)


def landed(tmp_path, content, **reading):
    """Read a file by its reader alone; return its records and the lines it could not read."""
    files = [{"path": "{day}.csv", "kinds": {"billing.customers": None}, **reading}]
    system = SourceSystem.model_validate({"system": "crm", "files": files})
    (tmp_path / "2024-01-31.csv").write_bytes(content)
    (delivery,) = find_deliveries(tmp_path, [system]).deliveries
    delivery = replace(delivery, content=read_content(delivery.path))
    with duckdb.connect() as connection:
        header = read_header(delivery.path, delivery.spec)
        unreadable = land(connection, [delivery], header).unreadable
        return connection.execute("from landing").fetchall(), unreadable


@given(values=st.lists(VALUES, max_size=5), dialect=DIALECTS)
def test_what_is_written_in_a_dialect_comes_back(tmp_path_factory, values, dialect):
    delimiter, quote, line_end, encoding, escape, has_end = dialect
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=delimiter,
        quotechar=quote,
        lineterminator=delimiter * has_end + line_end,
        escapechar=escape,
        doublequote=escape is None,
        # the writer leaves a lone \r bare, which ends a line to others
        quoting=csv.QUOTE_ALL if "\r" in "".join(values) else csv.QUOTE_MINIMAL,
    )
    writer.writerows([("customer_id", "region"), *((f"c{n}", v) for n, v in enumerate(values))])
    records, unreadable = landed(
        tmp_path_factory.mktemp("dialect"),
        text.getvalue().encode(encoding),
        delimiter=delimiter,
        quote=quote,
        encoding=encoding.removesuffix("-sig"),
        escape=escape,
        trailing_delimiter=has_end,
    )
    assert unreadable == []
    assert [record[:2] for record in records] == [(f"c{n}", v) for n, v in enumerate(values)]


@given(st.binary(max_size=200) | st.text(st.sampled_from('c1,"\n\r;\0é'), max_size=60))
def test_every_line_below_a_header_is_a_record_or_told(tmp_path_factory, below):
    below = below if isinstance(below, bytes) else below.encode()
    records, unreadable = landed(tmp_path_factory.mktemp("fuzz"), b"customer_id,region\n" + below)
    lines = below.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    # a quoted value may take several lines
    told = [record[-1] for record in records] + [one.row_number for one in unreadable]
    assert len(set(told)) == len(told)
    if b'"' not in below:
        assert sorted(told) == [n for n, line in enumerate(lines, start=2) if line]
