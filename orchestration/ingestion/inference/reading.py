"""How a file nobody described is to be read: its format, encoding, dialect and header row."""

import codecs
import csv
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from orchestration.errors import InputError
from orchestration.ingestion.readers import FORMATS
from orchestration.ingestion.workbook.process import Sheet, opened_sheet
from orchestration.sql_text import literal

# Enough to come upon a letter that only some encodings have, and to see the columns.
BYTES_DECODED = 64 << 20
CHARACTERS_SNIFFED = 1 << 20
ROWS_TO_THE_HEADER = 30
ROWS_COMPARED = 200
DELIMITERS = ",;\t|"
STATEMENTS = (
    "{path} is no table of columns but {what}. {file} is ready for such: copy it, write your path"
    " into it, and check that; docs/connectors.md tells of it."
)


@dataclass(frozen=True)
class Reading:
    """The settings of a FileSpec that differ from its defaults, and what is unsure of them."""

    settings: dict[str, str | int]
    doubts: tuple[str, ...] = ()


def reading_of(path: Path) -> Reading:
    """Find out how a file is to be read; raise ``InputError`` where it is none we can draft for."""
    try:
        with path.open("rb") as file:
            start = file.read(BYTES_DECODED)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from None
    if not start.strip():
        raise InputError(f"{path}: is empty; name a file with a header and some rows.")
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _workbook(path)
    binary = {b"PAR1": "parquet", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
    for mark, name in binary.items():
        if start.startswith(mark):
            if name not in FORMATS:
                raise InputError(f"{path}: is {name}; unpack or convert it, and draft from that.")
            return Reading({"format": name})
    return _text(path, start)


def _text(path: Path, start: bytes) -> Reading:
    encoding = _encoding(start)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(start).lstrip("\ufeff")
    if "\0" in text[:CHARACTERS_SNIFFED]:
        raise InputError(f"{path}: is neither text nor an Excel workbook.")
    if statement := _statement(text):
        what, file = statement
        raise InputError(STATEMENTS.format(path=path, what=what, file=file))
    settings: dict[str, str | int] = {} if encoding == "utf-8" else {"encoding": encoding}
    if text.lstrip()[0] in "[{":
        lines = text.lstrip().split("\n", 2)
        is_by_line = lines[0].rstrip("\r ").endswith("}")
        return Reading({"format": "jsonl" if is_by_line and text.lstrip()[0] == "{" else "json"})
    sample = text[:CHARACTERS_SNIFFED]
    if len(text) > len(sample):
        sample = sample.rsplit("\n", 1)[0]
    delimiter, quote = _dialect(sample)
    if delimiter != ",":
        settings["delimiter"] = delimiter
    if quote not in ('"', ""):
        settings["quote"] = quote
    header_row, doubts = _header_row(_records(sample, delimiter, ROWS_TO_THE_HEADER))
    if header_row > 1:
        settings["header_row"] = header_row
    return Reading(settings, doubts)


def _encoding(start: bytes) -> str:
    """Tell UTF-16 by its mark or its zeros, UTF-8 by its rules, and take the rest for Windows."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding, zeros in (("utf-16-le", start[1:4096:2]), ("utf-16-be", start[0:4096:2])):
        if zeros and zeros.count(0) > len(zeros) / 2:
            return encoding
    for encoding in ("utf-8", "cp1252"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(start)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def _statement(text: str) -> tuple[str, str] | None:
    """Name the formats that are no tables, and the YAML files that take them."""
    first_line = text.lstrip().split("\n", 1)[0].rstrip("\r")
    if text.lstrip().startswith("<"):
        return "XML, as camt statements are", "sources/camt.yml"
    if "OFXHEADER" in first_line:
        return "OFX", "sources/ofx.yml"
    if first_line.startswith(("{1:", ":20:")):
        return "an MT940 statement", "sources/mt940.yml"
    if len(first_line) in (240, 400) and first_line[:1].isdigit():
        width = len(first_line)
        bank = first_line[:3] if width == 240 else first_line[76:79]
        return f"a CNAB {width} file of bank {bank}", f"sources/cnab_<bank>_{width}.yml"
    return None


def _dialect(sample: str) -> tuple[str, str]:
    """Ask DuckDB's sniffer for the delimiter and the quote.

    Decimal commas below a title mislead it: where another delimiter gives more lines of one
    width, it is that one.
    """
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        copy = Path(folder, "sample.csv")
        copy.write_text(sample, encoding="utf-8", newline="")
        try:
            sniffed, quote = connection.execute(
                f"select delimiter, quote from sniff_csv({literal(copy)}, ignore_errors = true)"
            ).fetchone()
        except duckdb.Error:
            sniffed, quote = ",", '"'

    def evidence(delimiter: str) -> tuple[int, bool, int]:
        widths = Counter(map(len, _records(sample, delimiter, ROWS_COMPARED)))
        width, lines = max(
            ((width, lines) for width, lines in widths.items() if width > 1),
            key=lambda found: found[1],
            default=(0, 0),
        )
        return lines, delimiter == sniffed, width

    return max(DELIMITERS, key=evidence), {"(empty)": ""}.get(quote, quote)


def _records(sample: str, delimiter: str, most: int) -> list[list[str]]:
    """Split the first lines; a quote that is open at a line's end is closed by force."""
    lines = (line.rstrip("\r") for line in sample.split("\n"))
    return [next(csv.reader([line], delimiter=delimiter), []) for line in islice(lines, most)]


def _workbook(path: Path) -> Reading:
    """Choose the sheet with the most cells."""
    sizes: dict[str, int] = {}
    tops: dict[str, list[list[str | None]]] = {}
    try:
        with opened_sheet(path) as sheet:
            names = sheet.names
        for name in names:
            with opened_sheet(path, name) as sheet:
                sizes[name], tops[name] = _size_and_top(sheet)
    except InputError as error:
        (problem,) = error.problems
        raise InputError(f"{path}: {problem}") from None
    name = max(sizes, key=lambda sheet: sizes[sheet])
    if not sizes[name]:
        raise InputError(f"{path}: has no sheet with anything in it.")
    settings: dict[str, str | int] = {"format": "xlsx"}
    doubts: list[str] = []
    others = [other for other, size in sizes.items() if other != name and size]
    if others or name != names[0]:
        settings["sheet"] = name
        doubts += [f"the workbook has other sheets too: {', '.join(others)}"] if others else []
    header_row, unsure = _header_row(tops[name])
    if header_row > 1:
        settings["header_row"] = header_row
    return Reading(settings, (*doubts, *unsure))


def _size_and_top(sheet: Sheet) -> tuple[int, list[list[str | None]]]:
    """Count the filled cells; give the first rows, those with nothing in them too."""
    size, top = 0, []
    for row in sheet.rows:
        size += _filled(row.values)
        if row.number <= ROWS_TO_THE_HEADER:
            top += [[]] * (row.number - 1 - len(top)) + [row.values]
    return size, top


def _header_row(records: Sequence[Sequence[str | None]]) -> tuple[int, tuple[str, ...]]:
    """Find the first row as wide as the table, and doubt it where it holds numbers."""
    widths = [_filled(record) for record in records]
    wide = max(widths, default=0) * 0.8
    number = next((n for n, width in enumerate(widths, 1) if width >= max(wide, 1)), 1)
    header = records[number - 1] if records else []
    texts = [cell.strip() for cell in header if cell and cell.strip()]
    if any(text[:1].isdigit() for text in texts) or len(set(texts)) < len(texts):
        return number, (f"row {number} does not look like a header, which a file needs",)
    return number, ()


def _filled(record: Sequence[str | None]) -> int:
    return sum(bool(cell and cell.strip()) for cell in record)
