"""``lines``: the lines of text files, with their numbers, for formats of fixed positions.

Lines are decoded and cut by the chunk, never one by one, so memory does not grow with the file.
"""

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.ingestion.exports import Delivery
from orchestration.sql_text import literal

CHUNK_BYTES = 4 << 20
# No format has lines as long; of a longer one so much is kept, which is enough to refuse it.
MOST_BYTES_OF_A_LINE = 1 << 20
# Of these a chunk that is ASCII needs no decoding, whatever stands before it.
ONE_BYTE_ENCODINGS = ("iso8859-1", "cp1252", "cp850", "ascii")
# What bytes that are not of the encoding become.
BAD_BYTES_SIGN = "\ufffd"
# The mark old systems end a file with.
END_OF_FILE = "\x1a"


def land_lines(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], further: str = ""
) -> None:
    """Replace ``lines`` by the lines of the files that are not blank: path, line_number and line.

    ``further`` columns are SQL over ``line``, each after a comma.
    """
    select = f"""
        select path, line_number, line
        from line_batch
        where line >= '!' or trim(line, {literal(END_OF_FILE + " ")}) <> ''
    """
    connection.register("line_batch", _table("", 1, pa.array([], pa.string())))
    connection.execute(f"create or replace temp table lines as {select}")
    for delivery in deliveries:
        number = 1
        for batch in _batches(delivery.path, delivery.spec.encoding):
            connection.register("line_batch", _table(str(delivery.path), number, batch))
            connection.execute(f"insert into lines {select}")
            number += len(batch)
    connection.unregister("line_batch")
    if further:
        # of a table it is known whether all is ASCII, which is cut several times faster
        connection.execute(f"create or replace temp table lines as select * {further} from lines")


def _table(path: str, first_number: int, batch: pa.StringArray) -> pa.Table:
    numbers = np.arange(first_number, first_number + len(batch))
    paths = pa.DictionaryArray.from_arrays(np.zeros(len(batch), np.int32), [path])
    return pa.table({"path": paths, "line_number": numbers, "line": batch})


def first_lines(path: Path, encoding: str, count: int) -> list[str]:
    """Read the first lines of a file that are not blank."""
    found: list[str] = []
    for batch in _batches(path, encoding):
        for line in batch.to_pylist():
            if line.strip(END_OF_FILE + " "):
                found.append(line)
            if len(found) == count:
                return found
    return found


def _batches(path: Path, encoding: str) -> Iterator[pa.StringArray]:
    """Cut a file into lines, without what ends them."""
    # a mark of the byte order is no part of the first line
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)(
        errors="replace"
    )
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            if encoding not in ONE_BYTE_ENCODINGS or not chunk.isascii():
                chunk = decoder.decode(chunk).encode()
            text, end, begun = (rest + chunk).rpartition(b"\n")
            if end:
                yield _lines(text)
            rest = _shortened(begun)
    text = rest + decoder.decode(b"", final=True).encode()
    if text := text.rstrip(END_OF_FILE.encode()):
        yield pa.array([text.decode()])


def _lines(text: bytes) -> pa.StringArray:
    """Cut a text at the ends of its lines, of one character or two."""
    lines = pc.split_pattern(pa.array([text], pa.binary()), b"\n").values
    shorter = pc.binary_slice(lines, 0, -1)
    return pc.if_else(pc.ends_with(lines, b"\r"), shorter, lines).view(pa.string())


def _shortened(line: bytes) -> bytes:
    """Keep of a line without end what tells it is too long, its characters whole."""
    if len(line) <= 2 * MOST_BYTES_OF_A_LINE:
        return line
    return line[:MOST_BYTES_OF_A_LINE].decode(errors="ignore").encode()
