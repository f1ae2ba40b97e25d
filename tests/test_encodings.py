import pytest
from hypothesis import given
from hypothesis import strategies as st
from loading import load_all, rows, source_of

from orchestration.errors import InputError
from orchestration.ingestion.exports import content_of
from orchestration.ingestion.readers import csv_files
from orchestration.ingestion.readers.encodings import copied_as_utf_8

SETTINGS = """
    system: crm
    files:
      - {path: "{day}.csv", encoding: ENCODING, kinds: {billing.customers: {}}}
    """
TEXT = "customer_id,region\nc1,São\nc2\nc3,“x” Ÿ\nc4,\n"


@pytest.fixture
def read_as(warehouse, write_exports, tmp_path):
    """Load a file of an encoding; return its rows and the lines rejected."""

    def read(encoding, content):
        system = source_of(tmp_path / "crm.yml", SETTINGS.replace("ENCODING", encoding))
        (loaded,) = load_all(warehouse, write_exports({"2024-01-31.csv": content}), [system])
        assert loaded.rows_in == loaded.rows_loaded + loaded.rows_rejected
        assert not list((tmp_path / "home").glob("*.unpacked"))
        found = "select row_number, customer_id, region from raw.billing_customers order by 1"
        return rows(warehouse, found), rows(warehouse, "select row_number from raw.rejected_rows")

    return read


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("cp1252", TEXT.encode("cp1252")),
        ("utf-16", TEXT.encode("utf-16")),
        ("utf-16", b"\xfe\xff" + TEXT.encode("utf-16-be")),
        ("utf-16-le", TEXT.encode("utf-16-le")),
        ("utf-16-be", TEXT.encode("utf-16-be")),
        ("utf-16-le", b"\xff\xfe" + TEXT.encode("utf-16-le")),
        ("utf-16-be", b"\xfe\xff" + TEXT.encode("utf-16-be")),
        ("utf-8", TEXT.encode("utf-8-sig")),
        ("utf-32", TEXT.encode("utf-32")),
    ],
)
@pytest.mark.parametrize("way", ["by DuckDB", "with care"])
def test_any_encoding_is_read_the_same_both_ways(read_as, monkeypatch, encoding, content, way):
    careful, read = csv_files._append_by_python, []
    monkeypatch.setattr(
        csv_files, "_append_by_python", lambda *given: read.append(given) or careful(*given)
    )
    if way == "with care":
        for name in ("_land_by_duckdb", "_land_copies"):
            monkeypatch.setattr(csv_files, name, _land_nothing)
    assert read_as(encoding, content) == (
        [(2, "c1", "São"), (4, "c3", "“x” Ÿ"), (5, "c4", None)],
        [(3,)],
    )
    assert bool(read) == (way == "with care")


def _land_nothing(connection, deliveries, header):
    csv_files.create_landed(connection, header)
    return {}


def test_utf_16_without_a_mark_needs_its_order_declared(read_as):
    with pytest.raises(InputError, match="declare another encoding, for UTF-16 without a mark"):
        read_as("utf-16", TEXT.encode("utf-16-le"))


def test_a_byte_that_is_none_of_its_encoding_rejects_its_line_alone(read_as):
    content = TEXT.encode("cp1252").replace(b"\xe3", b"\x81")
    assert read_as("cp1252", content) == (
        [(4, "c3", "“x” Ÿ"), (5, "c4", None)],
        [(2,), (3,)],
    )


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
    encoding=st.sampled_from(["utf-16", "utf-16-be", "utf-32", "utf-8", "gb18030"]),
)
def test_a_copy_holds_the_same_text(tmp_path_factory, text, encoding):
    folder = tmp_path_factory.mktemp("copies")
    (folder / "given").write_bytes(text.encode(encoding))
    content = copied_as_utf_8(folder / "given", encoding, folder / "copy")
    copied = (folder / "copy").read_bytes()
    assert copied.decode() == text.removeprefix("\ufeff")
    assert content == content_of([copied])
