"""JSON documents and JSON Lines: what is read of them, what is rejected and what is refused."""

import json
from types import SimpleNamespace

import duckdb
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from loading import load_all, rows, source_of

from orchestration.errors import InputError
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers import json_files
from orchestration.ingestion.readers.landing import BLANKS

LOADED = "select customer_id, region, row_number from raw.billing_customers order by row_number"
REJECTED = "select row_number, reason from raw.rejected_rows order by row_number"


def crm(tmp_path, file_format, **more):
    more = "".join(f"            {name}: {value}\n" for name, value in more.items())
    return source_of(
        tmp_path / "crm.yml",
        f"""
        system: crm
        files:
          - path: "customers_{{day}}.json"
            format: {file_format}
{more}            kinds:
              billing.customers:
                columns: {{customer_id: id, region: address.region}}
        """,
    )


@pytest.fixture
def load_json(warehouse, write_exports, tmp_path):
    """Load a file of customers; return the rows and the rejected ones."""

    def load(content, file_format="jsonl", **more):
        exports = write_exports({"customers_2024-01-31.json": content})
        (file,) = load_all(warehouse, exports, [crm(tmp_path, file_format, **more)])
        assert file.rows_in == file.rows_loaded + file.rows_rejected
        return rows(warehouse, LOADED), rows(warehouse, REJECTED)

    return load


@pytest.mark.parametrize("file_format", ["json", "jsonl"])
def test_the_columns_of_a_record_are_its_dotted_paths(load_json, file_format):
    records = '[{"id": "7", "address": {"region": "Île", "lines": []}}, {"id": 8, "x": {}}]'
    assert load_json(records, file_format) == ([("7", "Île", 1), ("8", None, 2)], [])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12345678901234567890", "12345678901234567890"),
        ("0.10", "0.10"),
        ("1E400", "1E400"),
        ("-0", "-0"),
        ("9" * 5000, "9" * 5000),
        ("true", "true"),
        ("null", None),
        ('""', None),
        ('" a b "', "a b"),
        (r'"\ud83d\ude00"', "😀"),
        ('[1.50, "a", null, {"b": [false]}]', '[1.50, "a", null, {"b": [false]}]'),
        ("[]", "[]"),
    ],
)
def test_a_value_is_the_text_it_is_written_as(load_json, written, read):
    line = f'{{"id": 1, "address": {{"region": {written}}}}}\n'
    assert load_json(line) == ([("1", read, 1)], [])


def test_lines_are_numbered_as_in_the_file_and_bad_ones_rejected(load_json):
    lines = [
        b'\xef\xbb\xbf{"id": 1}',
        b"",
        b'{"id": 2, "id": 3}',
        b'{"id": NaN}',
        b'{"id": "\xff"}',
        rb'{"id": "\u0000"}',
        rb'{"id": "\ud800"}',
        b'{"a.b": 1, "a": {"b": 2}}',
        b'{"id": [1, {"a": 1, "a": 2}]}',
        b'{"#row": 1}',
        b"5",
        b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"id": 13} {"id": 14}',
        b'{"id": 15}\r',
        b'{"id": 16',
    ]
    loaded, rejected = load_json(b"\n".join(lines))
    assert loaded == [("1", None, 1), ("15", None, 14)]
    assert rejected == [
        (3, "an object in it has one key twice"),
        (4, "holds NaN or Infinity, which are no JSON"),
        (5, "its bytes are not valid UTF-8"),
        (6, "holds a NUL or half a surrogate pair, which are no text"),
        (7, "holds a NUL or half a surrogate pair, which are no text"),
        (8, "two of its values would stand in one column"),
        (9, "an object in it has one key twice"),
        (
            10,
            "has a key that no column can be called: blank, with blanks around it, or #path or"
            " #row",
        ),
        (11, "is no JSON object"),
        (12, "is nested too deeply"),
        (13, "is no JSON; it may be cut off"),
        (15, "is no JSON; it may be cut off"),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b'[{"id": 1}, {"id": 2}', "cut off: ',' is expected, at character 22"),
        (b'[{"id": 1}, {"id": ', "is no JSON: Expecting value, at character 20"),
        (b'[{"id": "\xff"}]', "is not valid UTF-8"),
        ("[]".encode("utf-16"), "seems to be UTF-16"),
        (b'{"id": 1}\n{"id": 2}\n', "declare format: jsonl"),
        (b"<html></html>", "neither an array nor an object"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'[{"ident": 1}]', "has none of the columns that are mapped; it has ident"),
        (b'[{"id": 1, "ID": 2}]', "has several columns of one name: id, ID"),
        (json.dumps([{"id": 1, **dict.fromkeys(map(str, range(2000)))}]).encode(), "2,000"),
    ],
)
def test_a_document_that_is_none_is_refused(load_json, content, problem):
    with pytest.raises(InputError, match=rf"^customers_2024-01-31\.json .*{problem}"):
        load_json(content, "json")


def test_a_record_of_a_document_is_rejected_by_itself(load_json):
    loaded, rejected = load_json('[{"id": 1, "id": 2}, {"id": 3}, 4]', "json")
    assert loaded == [("3", None, 2)]
    assert rejected == [(1, "an object in it has one key twice"), (3, "is no JSON object")]


@pytest.mark.parametrize(("content", "file_format"), [("[]", "json"), ("", "jsonl")])
def test_a_file_without_records_is_fine(load_json, content, file_format):
    assert load_json(content, file_format) == ([], [])


def test_records_stand_where_the_yaml_says_with_what_is_around_them(
    warehouse, write_exports, tmp_path
):
    system = source_of(
        tmp_path / "crm.yml",
        r"""
        system: crm
        files:
          - path: "{day}.json"
            format: json
            records: parties[].members[]
            kinds:
              billing.customers:
                columns: {customer_id: id, region: $.parties.id}
                expressions:
                  # it stands behind the records, and never happened to be there before
                  country: coalesce("$.page.country", "$.never")
        """,
    )
    content = """{"parties": [
        {"id": "p1", "members": [{"id": 1}, {"id": 2}], "more": {"x": 1}},
        {"id": "p2", "members": []},
        {"id": "p3", "members": {"id": 3}}
    ], "page": {"country": "BR"}}"""
    load_all(warehouse, write_exports({"2024-01-31.json": content}), [system])
    query = "select customer_id, region, country, row_number from raw.billing_customers order by 4"
    assert rows(warehouse, query) == [
        ("1", "p1", "BR", 1),
        ("2", "p1", "BR", 2),
        ("3", "p3", "BR", 3),
    ]


def test_a_line_may_hold_records_of_several_paths(warehouse, write_exports, tmp_path):
    system = source_of(
        tmp_path / "crm.yml",
        r"""
        system: crm
        files:
          - path: "{day}.jsonl"
            format: jsonl
            records: ["body.new[]", "body.changed[]"]
            kinds:
              billing.customers:
                columns: {customer_id: id, region: $}
        """,
    )
    lines = [
        '{"body": {"new": [{"id": 1}, {"id": 2}], "changed": [{"id": 3}]}}',
        '{"body": {"new": [], "other": [{"id": 4}]}}',
        '{"body": {"other": [{"id": 5}]}}',
        '{"body": {"changed": [{"id": 6}]}}',
    ]
    load_all(warehouse, write_exports({"2024-01-31.jsonl": "\n".join(lines)}), [system])
    assert rows(warehouse, LOADED) == [
        ("1", "body.new", 1),
        ("2", "body.new", 2),
        ("3", "body.changed", 3),
        ("6", "body.changed", 6),
    ]
    assert rows(warehouse, REJECTED) == [(5, "has no records where the YAML says they are")]


def test_what_todays_records_do_not_say_is_no_change_of_columns(load_json, warehouse):
    load_json('{"id": 1, "address": {"region": "Sul"}}')
    assert rows(warehouse, "select column_names from raw.files") == [(None,)]


def test_a_document_without_the_records_is_refused(load_json):
    with pytest.raises(InputError, match=r"has no records where the YAML says they are: calls\[\]"):
        load_json('{"call": [{"id": 1}]}', "json", records="calls[]")


@pytest.mark.parametrize("path", ["", "a[", "a..b", ".a", "a[]b", "[]a", "a."])
def test_a_path_to_records_is_checked(tmp_path, path):
    with pytest.raises(InputError, match="is no path to records"):
        crm(tmp_path, "json", records=json.dumps(path))


def test_values_longer_than_what_is_read_at_once_stay_whole(load_json, monkeypatch):
    monkeypatch.setattr("orchestration.ingestion.readers.json_documents.CHUNK_CHARACTERS", 3)
    monkeypatch.setattr("orchestration.ingestion.readers.json_files.CHUNK_BYTES", 3)
    monkeypatch.setattr("orchestration.ingestion.readers.json_files.RECORDS_AT_ONCE", 2)
    records = [{"id": f'{n}"\\{{[', "address": {"region": "x" * n + "😀"}} for n in range(1, 8)]
    expected = [(one["id"], one["address"]["region"], n) for n, one in enumerate(records, 1)]
    assert load_json(json.dumps(records, indent=1), "json") == (expected, [])
    assert load_json("\n".join(map(json.dumps, records)), "jsonl") == (expected, [])


def test_a_line_beyond_all_measure_is_rejected(load_json, monkeypatch):
    monkeypatch.setattr("orchestration.ingestion.readers.json_files.CHUNK_BYTES", 1000)
    monkeypatch.setattr("orchestration.ingestion.readers.json_files.MOST_BYTES_OF_A_LINE", 5000)
    long_line = '{"id": "%s"}' % ("x" * 20_000)
    loaded, rejected = load_json(f'{{"id": 1}}\n{long_line}\n{{"id": 3}}\n{long_line}')
    assert loaded == [("1", None, 1), ("3", None, 3)]
    assert rejected == [(2, "is longer than 64 MB"), (4, "is longer than 64 MB")]


def test_a_line_of_10_mb_is_read(load_json):
    text = "x" * 10_000_000
    assert load_json(f'{{"id": "{text}"}}\n{{"id": 2}}') == ([(text, None, 1), ("2", None, 2)], [])


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
keys = st.text(characters, max_size=4)
scalars = st.text(characters, max_size=8) | st.integers() | st.booleans() | st.none()
values = st.recursive(scalars, lambda inner: st.dictionaries(keys, inner, max_size=3), max_leaves=5)
documents = st.lists(st.dictionaries(keys, values, max_size=4), max_size=4)
formats = st.sampled_from(["json", "jsonl"])


@pytest.fixture(scope="module")
def read_back(tmp_path_factory):
    """Land a file by the reader alone: its records, and which of them cannot be read."""
    path = tmp_path_factory.mktemp("written") / "written.json"
    with duckdb.connect() as connection:

        def read(content, file_format):
            path.write_bytes(content)
            spec = FileSpec(
                path="x",
                export_day="2024-01-31",
                format=file_format,
                kinds={"billing.customers": {"constants": {"customer_id": "c"}}},
            )
            header = json_files.read_header(path, spec)
            delivery = SimpleNamespace(path=path, spec=spec)
            unreadable = json_files.land(connection, [delivery], header)
            landed = connection.execute("select * from landed").fetchall()
            # behind the columns stand the path and the number
            found = {row[-1]: dict(zip(header, row[:-2], strict=True)) for row in landed}
            return found, {one.row_number for one in unreadable}

        yield read


def flat(members, prefix=""):
    """Do what the reader is to do, without a thought of what it is not to do."""
    for key, value in members.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, json.dumps(value) if type(value) in (bool, int) else value


def keys_of(members):
    for key, value in members.items():
        yield key
        if isinstance(value, dict):
            yield from keys_of(value)


def can_be_columns(record):
    names = [name for name, _ in flat(record)]
    is_called = all(key.strip(BLANKS) == key != "" for key in keys_of(record))
    return is_called and len(set(names)) == len(names)


@given(records=documents, file_format=formats)
def test_what_is_written_comes_back(read_back, records, file_format):
    assume(tells_columns_apart(records))
    if file_format == "json":
        content = json.dumps(records, ensure_ascii=False, indent=1)
    else:
        content = "".join(json.dumps(record) + "\n" for record in records)
    found, rejected = read_back(content.encode(), file_format)
    for number, record in enumerate(records, 1):
        assert (number in rejected) == (not can_be_columns(record))
        if number not in rejected:
            there = {name: value for name, value in found[number].items() if value is not None}
            assert there == {name: value for name, value in flat(record) if value is not None}


def tells_columns_apart(records):
    """Tell whether no two columns differ in case alone, for which a file is refused."""
    names = {name for record in records if can_be_columns(record) for name, _ in flat(record)}
    return len({name.lower() for name in names}) == len(names)


WRITTEN = b'[{"id": 12, "a": {"b": "\\u00e9", "c": [1.50, null]}},\n {"id": "x", "t": true}]\n'


@st.composite
def damaged(draw):
    """Cut a document off, and put other bytes in places of it."""
    content = bytearray(WRITTEN * draw(st.integers(1, 2)))
    for _ in range(draw(st.integers(0, 3))):
        position = draw(st.integers(0, len(content) - 1))
        content[position : position + 1] = draw(st.binary(max_size=3))
    return bytes(content[: draw(st.integers(0, len(content)))])


@given(content=damaged() | st.binary(max_size=40), file_format=formats)
def test_a_damaged_file_is_read_or_refused(read_back, content, file_format):
    try:
        found, rejected = read_back(content, file_format)
    except InputError:
        return
    try:
        document = json.loads(content)
    except ValueError:
        assert file_format == "jsonl"
        return
    # what is JSON and an array has as many records as items, whoever counts them
    if isinstance(document, list) and file_format == "json":
        assert len(found) + len(rejected) == len(document)
