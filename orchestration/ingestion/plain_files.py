"""Files as readers can take them: packed ones unpacked, those of awkward names under another."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb

from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.folder import is_packed, plain_name
from orchestration.ingestion.unpacking import unpack

# So much may stay unpacked between two readings.
KEPT_BYTES = 1 << 30
GLOB_SIGNS = "*?["


class PlainFiles:
    """Gives deliveries paths to plain files in a private folder."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._kept: dict[Path, Delivery] = {}
        self._kept_bytes = 0
        self._count = 0

    @contextmanager
    def opened(
        self, deliveries: Sequence[Delivery], is_last: bool = True
    ) -> Iterator[list[Delivery]]:
        """Give the deliveries with paths to be read, for as long as the context lasts.

        Their content is that of the plain file, under the hash of the file that was delivered.
        What will be opened again is kept as long as that takes little of the disk.
        """
        opened: list[Delivery] = []
        try:
            for delivery in deliveries:
                opened.append(self._kept.pop(delivery.path, None) or self._plain(delivery))
            yield opened
        finally:
            for delivery, plain in zip(deliveries, opened, strict=False):
                if plain is not delivery:
                    self._let_go(delivery, plain, is_last)

    def _plain(self, delivery: Delivery) -> Delivery:
        is_awkward = bool(set(GLOB_SIGNS) & set(str(delivery.path)))
        if not (is_packed(delivery.file_name) or is_awkward):
            return delivery
        self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._count += 1
        suffix = Path(plain_name(delivery.file_name)).suffix
        # calamine goes by the suffix
        known = suffix if re.fullmatch(r"\.\w{1,8}", suffix) else ""
        path = self._place / f"{self._count}{known}"
        if not is_packed(delivery.file_name):
            path.symlink_to(delivery.path.absolute())
            return replace(delivery, path=path)
        spec = delivery.spec
        content = unpack(delivery.path, path, spec.member, spec.unpacked_limit_mb)
        return replace(
            delivery, path=path, content=replace(content, sha256=delivery.content.sha256)
        )

    def _let_go(self, delivery: Delivery, plain: Delivery, is_last: bool) -> None:
        size = plain.path.lstat().st_size
        if not is_last and self._kept_bytes + size <= KEPT_BYTES:
            self._kept[delivery.path] = plain
            self._kept_bytes += size
        else:
            plain.path.unlink()


@contextmanager
def plain_files(connection: duckdb.DuckDBPyConnection) -> Iterator[PlainFiles]:
    """Have a folder for plain files, empty at first and gone at last.

    It is beside the warehouse file, which nobody else can have open meanwhile: what a killed run
    left there is deleted.
    """
    place = _beside(connection) or Path(tempfile.mkdtemp(prefix="warehouse-"))
    shutil.rmtree(place, ignore_errors=True)
    try:
        yield PlainFiles(place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def scratch_folder(connection: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    """Have an empty folder for a while, where a later run deletes what is left of it."""
    place = _beside(connection)
    if place:
        place.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)


def _beside(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """Return the folder beside the warehouse file; None where there is none to be had."""
    path = connection.execute(
        "select path from duckdb_databases() where database_name = current_database()"
    ).fetchone()[0]
    if path is None or set(GLOB_SIGNS) & set(path):
        return None
    return Path(path).with_suffix(".unpacked")
