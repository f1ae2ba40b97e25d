"""Packed files: gzip, Zstandard and zip, unpacked as a stream and never beyond a limit.

Nothing of an archive but the bytes of one file is used: no name in it ever becomes a path.
"""

import gzip
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import IO

import pyarrow as pa

from orchestration.errors import InputError, MachineError
from orchestration.ingestion.exports import CHUNK_BYTES, Content, content_of
from orchestration.ingestion.folder import shown_name

MB = 1_000_000
# Without a limit of its own a file may unpack to so many times its size, but to so much in any
# case, and to so much in no case.
MOST_TIMES = 100
FREE_MB = 100
MOST_MB = 50_000
# A run needs the disk for more than this.
LEAST_FREE_SHARE, LEAST_FREE_MB = 0.05, 1000
CHUNKS_BETWEEN_LOOKS = 16
MOST_NAMES = 5
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
IS_ENCRYPTED = 0x1


def unpack(packed: Path, plain: Path, member: str | None, limit_mb: int | None) -> Content:
    """Write what a packed file holds to ``plain``; say what it is like.

    ``member`` is the pattern of the file to take of a zip. An archive that is damaged, cut off,
    encrypted, ambiguous or larger than its limit is an ``InputError``, a full disk a
    ``MachineError``.
    """
    size = packed.stat().st_size
    if not size:
        raise InputError("is empty (0 bytes), where an archive has at least its own marks.")
    most = most_bytes(size, limit_mb)
    try:
        with _opened(packed, member) as read, plain.open("xb") as file:
            return content_of(_written(iter(partial(read, CHUNK_BYTES), b""), file, packed, most))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _damaged(error) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise _damaged(error) from None


def most_bytes(size: int, limit_mb: int | None) -> float:
    """Say how many bytes a packed file of a size may hold."""
    return MB * (limit_mb or min(max(MOST_TIMES * size / MB, FREE_MB), MOST_MB))


def _written(
    chunks: Iterable[bytes], file: IO[bytes], packed: Path, most: float
) -> Iterator[bytes]:
    written = 0
    for number, chunk in enumerate(chunks):
        written += len(chunk)
        if written > most:
            raise InputError(
                f"holds more than {most / MB:,.0f} MB in a file of"
                f" {packed.stat().st_size / MB:,.3f} MB, which may be made to fill the disk; if it"
                " is what you expect, declare unpacked_limit_mb as the most it may hold."
            )
        if number % CHUNKS_BETWEEN_LOOKS == 0:
            _leave_room(packed, Path(file.name).parent)
        file.write(chunk)
        yield chunk
    file.flush()


def _leave_room(packed: Path, place: Path) -> None:
    usage = shutil.disk_usage(place)
    if usage.free < min(LEAST_FREE_MB * MB, LEAST_FREE_SHARE * usage.total):
        raise MachineError(
            f"The disk is nearly full: {usage.free / MB:,.1f} MB are free in {place}, where"
            f" {packed.name} was being unpacked. Free some space and run again."
        )


def _opened(packed: Path, member: str | None) -> AbstractContextManager[Callable[[int], bytes]]:
    """Open a packed file for reading what it holds."""
    return {".gz": _gzip, ".zst": _zstandard}.get(packed.suffix.lower(), partial(_zip, member))(
        packed
    )


@contextmanager
def _gzip(packed: Path) -> Iterator[Callable[[int], bytes]]:
    with gzip.open(packed) as file:
        yield file.read


@contextmanager
def _zstandard(packed: Path) -> Iterator[Callable[[int], bytes]]:
    with pa.CompressedInputStream(pa.OSFile(str(packed)), "zstd") as file:
        yield file.read


@contextmanager
def _zip(member: str | None, packed: Path) -> Iterator[Callable[[int], bytes]]:
    with zipfile.ZipFile(packed) as archive:
        one = _member(archive, member)
        if one.flag_bits & IS_ENCRYPTED:
            raise InputError("is encrypted; have it delivered without a password.")
        if one.compress_type not in ZIP_METHODS:
            raise InputError(
                f"is packed by method {one.compress_type} of zip; have it packed by deflate, as"
                " every program can."
            )
        with archive.open(one) as file:
            yield file.read


def _member(archive: zipfile.ZipFile, pattern: str | None) -> zipfile.ZipInfo:
    """Find the one file to take; folders, hidden files and what macOS adds are none."""
    files = [
        one
        for one in archive.infolist()
        if not one.is_dir()
        and not one.filename.startswith("__MACOSX/")
        and not one.filename.rpartition("/")[2].startswith(".")
    ]
    found = [
        one
        for one in files
        if pattern is None
        or fnmatchcase(one.filename, pattern)
        or fnmatchcase(one.filename.rpartition("/")[2], pattern)
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(shown_name(one.filename) for one in (found or files)[:MOST_NAMES])
    if not files:
        raise InputError("holds no file.")
    if not found:
        raise InputError(f"holds no file that matches member '{pattern}'; it holds {names}.")
    raise InputError(
        f"holds {len(found)} files: {names}{', ...' if found[MOST_NAMES:] else ''}; declare member"
        " as a pattern that only one of them matches, or have them packed one by one."
    )


def _damaged(error: Exception) -> InputError:
    return InputError(f"cannot be unpacked, it is damaged or cut off: {error}; have it sent again.")
