"""Parquet files: the text of every type, and files that are none."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loading import load_all, rows, source_of

from orchestration.errors import InputError
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers import parquet_files

SPEC = FileSpec(
    path="x", export_day="2024-01-31", format="parquet", kinds={"billing.customers": {}}
)


@pytest.fixture(scope="module")
def read_back(tmp_path_factory):
    """Write a table as Parquet, and land it by the reader alone in a session of another zone."""
    # a pattern's signs in a name stand for themselves
    path = tmp_path_factory.mktemp("par[1]*") / "what?.parquet"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'America/Sao_Paulo'")

        def read(content):
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                pq.write_table(content, path, row_group_size=2)
            header = parquet_files.read_header(path, SPEC)
            delivery = SimpleNamespace(path=path, file_name="what?.parquet", spec=SPEC)
            assert parquet_files.land(connection, [delivery], header) == []
            landed = connection.execute('select * from landed order by "#row"').fetchall()
            assert [row[-1] for row in landed] == list(range(1, len(landed) + 1))
            return header, [row[:-2] for row in landed]

        yield read


INSTANT = datetime(2024, 1, 31, 23, 30, 0, 500_000)


DIGITS = "123456789012345678901234567890"


@pytest.mark.parametrize(
    ("data_type", "value", "text"),
    [
        (pa.string(), "007", "007"),
        (pa.large_string(), "Île 😀", "Île 😀"),
        (pa.dictionary(pa.int8(), pa.string()), "BR", "BR"),
        (pa.binary(), "Île".encode(), "Île"),
        (pa.binary(), b"a\xff", r"a\xFF"),
        (pa.int64(), -(2**63), "-9223372036854775808"),
        (pa.uint64(), 2**64 - 1, "18446744073709551615"),
        (pa.decimal128(38, 2), Decimal(f"{DIGITS}.10"), f"{DIGITS}.10"),
        (pa.decimal128(5, 2), Decimal("0.10"), "0.10"),
        (pa.float64(), 0.1, "0.1"),
        (pa.float64(), 1 / 3, "0.3333333333333333"),
        (pa.float64(), 12345.0, "12345"),
        (pa.float64(), float("nan"), "nan"),
        (pa.float32(), 1.1, "1.1"),
        (pa.bool_(), True, "true"),
        (pa.date32(), date(2024, 2, 29), "2024-02-29"),
        (pa.timestamp("us"), INSTANT, "2024-01-31 23:30:00.5"),
        (pa.timestamp("ns"), INSTANT, "2024-01-31 23:30:00.5"),
        (
            pa.timestamp("us", "Europe/Paris"),
            INSTANT.replace(tzinfo=UTC),
            "2024-01-31 23:30:00.5+00",
        ),
        (pa.list_(pa.decimal128(38, 2)), [Decimal(f"{DIGITS}.10"), None], f"[{DIGITS}.10, null]"),
        (pa.list_(pa.string()), [], "[]"),
        (pa.map_(pa.string(), pa.float64()), [('a"b', 0.5), ("c", 2.0)], r'{"a\"b": 0.5, "c": 2}'),
        (
            pa.list_(pa.struct({"a": pa.int8(), "b": pa.string()})),
            [{"a": 1}, None],
            '[{"a": 1, "b": null}, null]',
        ),
    ],
)
def test_a_value_is_the_text_it_stands_for(read_back, data_type, value, text):
    table = pa.table({"x": pa.array([value, None, value], data_type)})
    assert read_back(table) == (("x",), [(text,), (None,), (text,)])


def test_structs_are_dotted_columns(read_back):
    data_type = pa.struct({"a.b": pa.int8(), "c": pa.struct({"d": pa.bool_()})})
    values = [{"a.b": 1, "c": {"d": False}}, {"a.b": None, "c": None}, None]
    table = pa.table({"id": ["1", "2", "3"], "s": pa.array(values, data_type)})
    assert read_back(table) == (
        ("id", "s.a.b", "s.c.d"),
        [("1", "1", "false"), ("2", None, None), ("3", None, None)],
    )


def test_a_parquet_file_is_loaded_as_any_other(warehouse, write_exports, tmp_path):
    system = source_of(
        tmp_path / "lake.yml",
        """
        system: lake
        files:
          - path: "customers_{day}.parquet"
            format: parquet
            kinds:
              billing.customers:
                columns: {customer_id: id, region: address.region}
        """,
    )
    address = pa.array([{"region": " Sul "}, {"region": ""}, {"region": "N\0"}])
    exports = write_exports({})
    path = exports / "customers_2024-01-31.parquet"
    pq.write_table(pa.table({"id": [7, 8, 9], "address": address}), path)
    load_all(warehouse, exports, [system])
    query = "select customer_id, region, row_number from raw.billing_customers order by all"
    assert rows(warehouse, query) == [("7", "Sul", 1), ("8", None, 2)]
    assert rows(warehouse, "select row_number, reason from raw.rejected_rows") == [
        (3, "region holds a NUL byte")
    ]
    pq.write_table(pa.table({"ident": [7]}), path)
    with pytest.raises(InputError, match="has no column 'id', which is mapped"):
        load_all(warehouse, exports, [system])
    whole = path.read_bytes()
    for content in (b"", b"PAR1", b"id\n7\n", whole[:-20], whole[:30]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"^customers_2024-01-31\.parquet cannot be read as"):
            load_all(warehouse, exports, [system])


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
instants = st.datetimes(min_value=datetime(1700, 1, 1), max_value=datetime(2200, 1, 1))
COLUMNS = {
    "text": (pa.string(), texts, str),
    "whole": (pa.int64(), st.integers(-(2**63), 2**63 - 1), int),
    "money": (pa.decimal128(38, 4), st.decimals(-(10**30), 10**30, places=4), Decimal),
    "double": (pa.float64(), st.floats(allow_nan=False), float),
    "day": (pa.date32(), st.dates(date(1000, 1, 1)), date.fromisoformat),
    "instant": (pa.timestamp("us"), instants, datetime.fromisoformat),
    "zoned": (
        pa.timestamp("us", "UTC"),
        instants.map(lambda one: one.replace(tzinfo=UTC)),
        lambda text: datetime.fromisoformat(text + ":00"),
    ),
}
records = st.fixed_dictionaries({n: st.none() | values for n, (_, values, _) in COLUMNS.items()})


@given(written=st.lists(records, max_size=5))
def test_what_is_written_comes_back(read_back, written):
    schema = pa.schema({name: data_type for name, (data_type, _, _) in COLUMNS.items()})
    header, found = read_back(pa.Table.from_pylist(written, schema))
    assert header == tuple(COLUMNS)
    read = [
        {
            name: value if value is None else read_value(value)
            for value, (name, (_, _, read_value)) in zip(row, COLUMNS.items(), strict=True)
        }
        for row in found
    ]
    assert read == written


def whole_file():
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": ["a", "b"], "amount": [Decimal("1.10"), None]}), sink)
    return sink.getvalue().to_pybytes()


WHOLE = whole_file()


@st.composite
def damaged(draw):
    """Cut a file off, or put another byte in a place of it."""
    content = bytearray(WHOLE)
    content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.sampled_from([len(content), *range(len(content))]))])


@given(content=damaged() | st.binary(max_size=40))
def test_a_damaged_file_is_read_or_refused(read_back, content):
    try:
        read_back(content)
    except InputError as error:
        (problem,) = error.problems
        if "cannot be read as Parquet" not in problem:
            raise
