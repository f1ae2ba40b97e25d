import gzip
import hashlib
import io
import struct
import zipfile

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loading import load_all, rows, source_of
from workbooks import write_workbook

from orchestration.errors import InputError, MachineError
from orchestration.ingestion import plain_files, unpacking
from orchestration.ingestion.exports import find_deliveries
from orchestration.ingestion.loading import load_by_group
from orchestration.ingestion.pending import pending
from orchestration.ingestion.sources import default_source

FOLDER = "billing/customers"
CUSTOMERS = f"{FOLDER}/2024-01-31.csv"
TEXT = b"customer_id,region\nc1,North\nc2\nc3,South\n"
SETTINGS = """
    system: crm
    files:
      - path: "{day}*.csv"
        SETTING
        kinds: {billing.customers: {}}
    """


def zstandard(content):
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(content)
    return packed.getvalue().to_pybytes()


def zipped(files, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


PACKED = {
    ".gz": gzip.compress,
    ".zst": zstandard,
    ".zip": lambda content: zipped({"whatever/it is called.txt": content}),
}


def setting(tmp_path, text):
    return source_of(tmp_path / "crm.yml", SETTINGS.replace("SETTING", text))


def refusal(warehouse, exports, *systems):
    with pytest.raises(InputError) as error:
        load_all(warehouse, exports, systems)
    (problem,) = error.value.problems
    assert not place_of(warehouse).exists()
    return problem


def place_of(warehouse):
    (path,) = warehouse.execute(
        "select path from duckdb_databases() where path is not null"
    ).fetchone()
    return plain_files.Path(path).with_suffix(".unpacked")


@pytest.mark.parametrize("suffix", [*PACKED, ".GZ"])
def test_a_packed_file_loads_as_the_plain_one(warehouse, write_exports, suffix):
    content = PACKED[suffix.lower()](TEXT)
    (loaded,) = load_all(warehouse, write_exports({CUSTOMERS + suffix: content}))
    assert (loaded.rows_in, loaded.rows_loaded, loaded.rows_rejected) == (3, 2, 1)
    name, digest = CUSTOMERS + suffix, hashlib.sha256(content).hexdigest()
    assert rows(
        warehouse,
        "select file_name, file_hash, row_number, customer_id, region from"
        " raw.billing_customers order by row_number",
    ) == [(name, digest, 2, "c1", "North"), (name, digest, 4, "c3", "South")]
    assert rows(warehouse, "select file_name, row_number from raw.rejected_rows") == [(name, 3)]
    assert rows(warehouse, "select file_hash, size_bytes from raw.files") == [
        (digest, len(content))
    ]
    assert not place_of(warehouse).exists()


def test_a_packed_file_is_read_once_only(warehouse, write_exports):
    exports = write_exports({f"{CUSTOMERS}.gz": gzip.compress(TEXT)})
    load_all(warehouse, exports)
    assert load_all(warehouse, exports) == []
    write_exports({f"{CUSTOMERS}.gz": gzip.compress(TEXT + b"c4,x\n")})
    (loaded,) = load_all(warehouse, exports)
    assert loaded.rows_loaded == 3


def test_packed_and_plain_files_are_read_together(warehouse, write_exports):
    files = {f"{FOLDER}/2024-01-{day}.csv.gz": gzip.compress(TEXT) for day in range(10, 30)}
    (*_, last) = load_all(warehouse, write_exports({**files, CUSTOMERS: TEXT}))
    assert last.rows_loaded == 2
    assert rows(warehouse, "select count(*) from raw.billing_customers") == [(42,)]


def test_what_is_not_kept_is_unpacked_again(warehouse, monkeypatch, write_exports):
    monkeypatch.setattr(plain_files, "KEPT_BYTES", len(TEXT))
    files = {f"{FOLDER}/2024-01-{day}.csv.gz": gzip.compress(TEXT) for day in range(10, 13)}
    exports = write_exports(files)
    loading = load_by_group(
        warehouse, pending(warehouse, find_deliveries(exports, [default_source()]))
    )
    next(loading)
    assert list(place_of(warehouse).iterdir()) == []
    assert list(loading) == []
    assert rows(warehouse, "select count(*) from raw.billing_customers") == [(6,)]


def test_a_packed_workbook_is_read(warehouse, tmp_path):
    write_workbook(tmp_path / "book.xlsx", [["Agent"], ["Ann"]])
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "2024-01-31.xlsx.gz").write_bytes(
        gzip.compress((tmp_path / "book.xlsx").read_bytes())
    )
    system = source_of(
        tmp_path / "calls.yml",
        """
        system: calls
        files:
          - path: "{day}.xlsx"
            format: xlsx
            kinds: {contact.agents: {columns: {agent_id: Agent}}}
        """,
    )
    load_all(warehouse, exports, [system])
    assert rows(warehouse, "select agent_id from raw.contact_agents") == [("Ann",)]


def test_a_nul_byte_in_a_packed_file_never_gets_in(warehouse, write_exports):
    text = b"customer_id,region\nc1,No\0rth\nc2,x\n"
    (loaded,) = load_all(warehouse, write_exports({f"{CUSTOMERS}.gz": gzip.compress(text)}))
    assert (loaded.rows_loaded, loaded.rows_rejected) == (1, 1)


# a zip is read from its end, and what is added there is a comment; pyarrow packs Zstandard without
# the checksum that the format has for a byte within
NO_DAMAGE = {(".zip", "more"), (".zst", "one byte off")}


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (suffix, damage)
        for suffix in PACKED
        for damage in ("empty", "half", "no archive", "one byte off", "more")
        if (suffix, damage) not in NO_DAMAGE
    ],
)
def test_a_damaged_archive_is_refused(warehouse, write_exports, suffix, damage):
    # what cannot be packed any smaller, so that a byte within is one of the text
    text = b"customer_id\n" + b"".join(
        hashlib.sha256(b"%d" % i).hexdigest().encode() + b"\n" for i in range(999)
    )
    packed = PACKED[suffix](text)
    content = {
        "empty": b"",
        "half": packed[: len(packed) // 2],
        "no archive": text,
        "one byte off": packed[:90] + bytes([packed[90] ^ 0x55]) + packed[91:],
        "more": packed + text,
    }[damage]
    name = f"{CUSTOMERS}{suffix}"
    problem = refusal(warehouse, write_exports({name: content}))
    expected = "is empty" if damage == "empty" else "cannot be unpacked, it is damaged or cut off"
    assert problem.startswith(f"{name} {expected}")


# "a,b\n1,2\n" as one raw block of a frame that says a checksum follows (RFC 8878, 3.1.1)
SUMMED = bytes.fromhex("28b52ffd0408410000612c620a312c320a")


def test_a_wrong_checksum_is_refused(tmp_path):
    (tmp_path / "a.zst").write_bytes(SUMMED + b"\1\2\3\4")
    with pytest.raises(InputError, match="cannot be unpacked, it is damaged"):
        unpacking.unpack(tmp_path / "a.zst", tmp_path / "a", None, None)


def test_members_of_gzip_and_zstandard_follow_each_other(warehouse, write_exports):
    halves = TEXT[:30], TEXT[30:]
    for number, pack in enumerate((gzip.compress, zstandard), start=10):
        suffix = ".gz" if number == 10 else ".zst"
        write_exports({f"{FOLDER}/2024-01-{number}.csv{suffix}": b"".join(map(pack, halves))})
    loaded = load_all(warehouse, write_exports({}))
    assert [file.rows_in for file in loaded] == [3, 3]


@pytest.mark.parametrize("suffix", PACKED)
def test_a_bomb_is_refused(warehouse, write_exports, monkeypatch, suffix):
    monkeypatch.setattr(unpacking, "FREE_MB", 3)
    name = f"{CUSTOMERS}{suffix}"
    bomb = PACKED[suffix](TEXT + b"x" * 4_000_000)
    problem = refusal(warehouse, write_exports({name: bomb}))
    assert problem.startswith(f"{name} holds more than 3 MB in a file of 0.0")
    assert "declare unpacked_limit_mb" in problem


def test_the_limit_can_be_raised_and_lowered(warehouse, write_exports, monkeypatch, tmp_path):
    monkeypatch.setattr(unpacking, "FREE_MB", 3)
    content = gzip.compress(TEXT + b"c,x\n" * 1_000_000)
    exports = write_exports({"2024-01-31.csv.gz": content})
    problem = refusal(warehouse, exports, setting(tmp_path, "unpacked_limit_mb: 2"))
    assert "holds more than 2 MB" in problem
    (loaded,) = load_all(warehouse, exports, [setting(tmp_path, "unpacked_limit_mb: 5")])
    assert loaded.rows_in == 1_000_003
    # what was read is not read again for another limit
    assert load_all(warehouse, exports, [setting(tmp_path, "unpacked_limit_mb: 6")]) == []


def test_no_file_holds_more_than_the_most(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_MB", 1)
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x" * 1_000_001, 0))
    with pytest.raises(InputError, match="holds more than 1 MB"):
        unpacking.unpack(tmp_path / "a.gz", tmp_path / "a", None, None)


def test_the_disk_is_never_filled(warehouse, write_exports, monkeypatch):
    monkeypatch.setattr(unpacking, "LEAST_FREE_SHARE", 1.0)
    monkeypatch.setattr(unpacking, "LEAST_FREE_MB", 1e12)
    with pytest.raises(MachineError, match=r"The disk is nearly full: .* 2024-01-31.csv.gz"):
        load_all(warehouse, write_exports({f"{CUSTOMERS}.gz": gzip.compress(TEXT)}))
    assert not place_of(warehouse).exists()


def test_a_zip_of_several_files_needs_a_member(warehouse, write_exports, tmp_path):
    hidden = {"__MACOSX/._a.csv": b"x", "folder/": b"", ".DS_Store": b"x"}
    content = zipped({"data/a.csv": TEXT, "../../b.txt": b"x", "/etc/c\n": b"x", **hidden})
    exports = write_exports({"2024-01-31.csv.zip": content})
    problem = refusal(warehouse, exports, setting(tmp_path, "delimiter: ','"))
    assert "holds 3 files: data/a.csv, ../../b.txt, /etc/c\\n; declare member" in problem
    problem = refusal(warehouse, exports, setting(tmp_path, "member: '*.xml'"))
    assert "holds no file that matches member '*.xml'; it holds data/a.csv" in problem
    (loaded,) = load_all(warehouse, exports, [setting(tmp_path, "member: 'a*.csv'")])
    assert loaded.rows_loaded == 2


def test_no_name_in_a_zip_is_ever_written(warehouse, write_exports, tmp_path):
    content = zipped({"../../../../escaped.csv": TEXT})
    (loaded,) = load_all(warehouse, write_exports({f"{CUSTOMERS}.zip": content}))
    assert loaded.rows_loaded == 2
    assert list(tmp_path.rglob("*escaped*")) == []


def test_a_zip_of_nothing_is_refused(warehouse, write_exports):
    assert "holds no file." in refusal(warehouse, write_exports({f"{CUSTOMERS}.zip": zipped({})}))


def test_an_encrypted_zip_is_refused(warehouse, write_exports):
    content = bytearray(zipped({"a.csv": TEXT}))
    # general purpose bit flag: APPNOTE.TXT 6.3.10, 4.3.7 and 4.3.12
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(mark) + offset] |= 1
    problem = refusal(warehouse, write_exports({f"{CUSTOMERS}.zip": bytes(content)}))
    assert "is encrypted" in problem


def test_a_zip_of_another_method_is_refused(warehouse, write_exports):
    content = zipped({"a.csv": TEXT}, zipfile.ZIP_LZMA)
    problem = refusal(warehouse, write_exports({f"{CUSTOMERS}.zip": content}))
    assert "is packed by method 14 of zip" in problem


def test_a_size_a_zip_claims_is_not_believed(warehouse, write_exports):
    content = bytearray(zipped({"a.csv": TEXT * 100}))
    struct.pack_into("<I", content, content.index(b"PK\1\2") + 24, 20)
    problem = refusal(warehouse, write_exports({f"{CUSTOMERS}.zip": bytes(content)}))
    assert "it is damaged or cut off" in problem


def test_what_a_killed_run_left_is_deleted(warehouse, write_exports):
    place = place_of(warehouse)
    place.mkdir()
    (place / "1.csv").write_text("left")
    load_all(warehouse, write_exports({CUSTOMERS: TEXT}))
    assert not place.exists()


def test_the_most_exact_pattern_claims_a_packed_file(write_exports, tmp_path):
    plain = setting(tmp_path, "delimiter: ','")
    packed = source_of(
        tmp_path / "packed.yml",
        SETTINGS.replace("crm", "packed").replace(".csv", ".csv.gz").replace("SETTING", ""),
    )
    exports = write_exports({"2024-01-31.csv.gz": b"", "2024-01-31.csv.zst": b""})
    found = find_deliveries(exports, [plain, packed]).deliveries
    assert [(one.file_name, one.system.system) for one in found] == [
        ("2024-01-31.csv.gz", "packed"),
        ("2024-01-31.csv.zst", "crm"),
    ]


def test_a_packed_file_waits_for_its_marker(write_exports, tmp_path):
    system = setting(tmp_path, "done_marker: '{name}.done'")
    exports = write_exports(
        {"2024-01-30.csv.gz": b"", "2024-01-31.csv.gz": b"", "2024-01-31.csv.gz.done": b""}
    )
    found = find_deliveries(exports, [system])
    assert [one.file_name for one in found.deliveries] == ["2024-01-31.csv.gz"]
    assert found.waiting == ("2024-01-30.csv.gz (there is no 2024-01-30.csv.gz.done yet)",)
    assert found.unclaimed == ()


@given(
    suffix=st.sampled_from(list(PACKED)),
    cut=st.integers(0, 200),
    flips=st.dictionaries(st.integers(0, 60), st.integers(1, 255), max_size=3),
)
def test_what_became_of_an_archive_on_its_way_is_told(tmp_path_factory, suffix, cut, flips):
    folder = tmp_path_factory.mktemp("way")
    sound = PACKED[suffix](TEXT)
    sent = bytearray(sound[: max(len(sound) - cut, 0)])
    for position, flip in flips.items():
        if position < len(sent):
            sent[position] ^= flip
    (folder / f"a{suffix}").write_bytes(sent)
    try:
        unpacking.unpack(folder / f"a{suffix}", folder / "a", None, None)
    except InputError:
        return
    # of the bytes it was packed into, gzip and zip keep a checksum
    if suffix != ".zst":
        assert (folder / "a").read_bytes() == TEXT
    assert flips or not cut
