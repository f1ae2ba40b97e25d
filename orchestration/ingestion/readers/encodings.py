"""Text in other encodings than UTF-8: copies in UTF-8, and telling one that was not declared."""

import codecs
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from orchestration.ingestion.exports import CHUNK_BYTES, Content, content_of

BOM = "\ufeff"
BYTES_LOOKED_AT = 16 << 20


def copied_as_utf_8(path: Path, encoding: str, copy: Path) -> Content | None:
    """Copy a file in UTF-8 without its mark; None where its bytes are not all of the encoding."""
    try:
        return content_of(_copied(path, encoding, copy))
    except UnicodeError:
        return None


def _copied(path: Path, encoding: str, copy: Path) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file, copy.open("xb") as target:
        is_first = True
        for chunk in iter(partial(file.read, CHUNK_BYTES), b""):
            text = decoder.decode(chunk)
            if text and is_first:
                text, is_first = text.removeprefix(BOM), False
            encoded = text.encode()
            target.write(encoded)
            yield encoded
        decoder.decode(b"", final=True)


def looks_like_cp1252(path: Path) -> bool:
    """Tell whether a file that is no UTF-8 holds nothing beyond ASCII but Windows-1252."""
    with path.open("rb") as file:
        start = file.read(BYTES_LOOKED_AT)
    try:
        start.decode("cp1252")
    except UnicodeDecodeError:
        return False
    # what is left of UTF-8 that only has some bad bytes
    return not start.isascii() and start.decode("utf-8", errors="ignore").isascii()
