"""Loading: files into the raw tables, each wholly or not at all."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb

from orchestration.contract import contract
from orchestration.errors import InputError, TransientError
from orchestration.ingestion.exports import Delivery, size_and_time
from orchestration.ingestion.filling import LoadedFile, arriving_table, fill
from orchestration.ingestion.folder import is_packed
from orchestration.ingestion.headers import read_headers
from orchestration.ingestion.plain_files import PlainFiles, plain_files
from orchestration.ingestion.readers import land
from orchestration.ingestion.readers.landing import unreadable_table
from orchestration.ingestion.scanning import undeclared_identifiers
from orchestration.privacy.declared_identifiers import use_secret
from orchestration.privacy.identifiers import without_values
from orchestration.privacy.tombstones import Tombstones
from orchestration.warehouse import transaction

# Small files are read together: a statement costs more than their rows.
MOST_FILES_TOGETHER = 500
MOST_BYTES_TOGETHER = 128 * 1024 * 1024
# What packing makes of text, by and large.
TIMES_PACKED = 10


def load(
    connection: duckdb.DuckDBPyConnection,
    deliveries: Sequence[Delivery],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    tombstones: Tombstones | None = None,
    most_rows: int | None = None,
) -> list[LoadedFile]:
    """Load what ``pending`` lists, each file wholly or not at all; say what each gave each kind.

    Nothing is loaded where a header shows that its file cannot be what it should. A file that holds
    an identifier nobody declared is refused, and so is all that follows; what was loaded before
    stays. ``on_progress`` is told how many files are done, and of how many. ``most_rows`` makes a
    sample of each file.
    """
    return [
        file
        for group in load_by_group(connection, deliveries, on_progress, tombstones, most_rows)
        for file in group
    ]


def load_by_group(
    connection: duckdb.DuckDBPyConnection,
    deliveries: Sequence[Delivery],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    tombstones: Tombstones | None = None,
    most_rows: int | None = None,
) -> Iterator[list[LoadedFile]]:
    """Load as ``load`` does; yield what each group of files gave as soon as it is there to stay."""
    undeclared: list[str] = []
    done = 0
    with plain_files(connection) as plain:
        headers, found_wanting = read_headers(connection, plain, deliveries)
        if problems := [problem for of_file in found_wanting.values() for problem in of_file]:
            raise InputError(problems)
        use_secret(
            connection, {id(delivery.system): delivery.system for delivery in deliveries}.values()
        )
        for group in _groups(deliveries, headers):
            header = headers[group[0].path]
            yield _load_group(
                connection,
                plain,
                group,
                header,
                undeclared=undeclared,
                tombstones=tombstones,
                most_rows=most_rows,
            )
            done += len(group)
            on_progress(done, len(deliveries))
    if undeclared:
        raise InputError(undeclared)


def _groups(
    deliveries: Sequence[Delivery], headers: dict[Path, tuple[str, ...]]
) -> Iterator[list[Delivery]]:
    """Put together what can be read together: small files alike in settings and header."""
    alike: dict[tuple, list[Delivery]] = {}
    for delivery in deliveries:
        look = (id(delivery.spec), delivery.kinds, headers[delivery.path])
        alike.setdefault(look, []).append(delivery)
    for members in alike.values():
        group: list[Delivery] = []
        size_bytes = 0
        for delivery in members:
            size_of_one = _plain_bytes(delivery)
            size_bytes += size_of_one
            if group and (len(group) == MOST_FILES_TOGETHER or size_bytes > MOST_BYTES_TOGETHER):
                yield group
                group, size_bytes = [], size_of_one
            group.append(delivery)
        yield group


def _plain_bytes(delivery: Delivery) -> int:
    times = TIMES_PACKED if is_packed(delivery.file_name) else 1
    return delivery.size_and_time[0] * times


def _load_group(
    connection: duckdb.DuckDBPyConnection,
    plain: PlainFiles,
    group: Sequence[Delivery],
    header: tuple[str, ...],
    *,
    undeclared: list[str],
    tombstones: Tombstones | None,
    most_rows: int | None,
) -> list[LoadedFile]:
    """Load files in one transaction; where a value breaks an SQL expression, one by one.

    Undeclared identifiers are added to those found before; once there is one, nothing is loaded.
    """
    with plain.opened(group) as readable:
        landed = land(connection, readable, header, most_rows)
    _refuse_files_being_written(group)
    connection.register("arriving", arriving_table(readable, header))
    connection.register("unreadable", unreadable_table(landed.unreadable))
    try:
        undeclared += undeclared_identifiers(connection, readable, header, landed)
        if undeclared:
            return []
        with transaction(connection):
            return [
                file
                for kind in group[0].kinds
                for file in fill(connection, contract()[kind], readable, header, tombstones)
            ]
    except duckdb.DataError as error:
        if len(group) > 1:
            return [
                file
                for one in group
                for file in _load_group(
                    connection,
                    plain,
                    [one],
                    header,
                    undeclared=undeclared,
                    tombstones=tombstones,
                    most_rows=most_rows,
                )
            ]
        raise InputError(
            f"{group[0].file_name} has a value that an expression for it cannot take"
            f" (try_cast and try_strptime take any): {without_values(str(error))}"
        ) from None


def _refuse_files_being_written(group: Sequence[Delivery]) -> None:
    changed = [
        f"{delivery.file_name} changed while it was read; run again when it is complete."
        for delivery in group
        if delivery.size_and_time != size_and_time(delivery.path)
    ]
    if changed:
        raise TransientError(changed)
