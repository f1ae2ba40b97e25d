"""How the check of a source YAML file looks on the command line."""

from collections.abc import Iterator

from rich.table import Table

from orchestration.ingestion.source_check import Checked, FileSample, KindSample, Pattern
from orchestration.rejections_layout import rejections_table
from orchestration.slices import Table as Rows
from orchestration.terminal import rows_table, title_of

MOST_NAMES = 10


def checked_parts(checked: Checked) -> Iterator[str | Table]:
    """Say which files there are, and what the newest of each pattern would give."""
    yield "Files"
    for pattern in checked.patterns:
        yield f"  {_pattern_text(pattern)}"
    nearly = dict(checked.nearly)
    for name in checked.unclaimed[:MOST_NAMES]:
        hint = (
            f"; it is nearly '{nearly[name]}': its case or folder differs" if name in nearly else ""
        )
        yield f"  nobody claims {name}{hint}"
    if len(checked.unclaimed) > MOST_NAMES:
        yield f"  ... nor {len(checked.unclaimed) - MOST_NAMES:,} more"
    for file in checked.files:
        yield from _file_parts(file)


def _pattern_text(pattern: Pattern) -> str:
    if pattern.first_day is None:
        return f"{pattern.path}: no file"
    days = " to ".join(dict.fromkeys([str(pattern.first_day), str(pattern.last_day)]))
    files = "1 file" if pattern.files == 1 else f"{pattern.files:,} files"
    return f"{pattern.path}: {files}, export days {days}"


def _file_parts(file: FileSample) -> Iterator[str | Table]:
    yield ""
    yield f"{file.delivery.file_name}, the newest of {file.delivery.spec.path}"
    if file.unused:
        yield f"  Columns of the file that nothing takes: {', '.join(file.unused)}"
    for sample in file.kinds:
        yield ""
        yield from _kind_parts(sample)


def _first_rows(sample: KindSample) -> Iterator[str | Table]:
    """Lay out the first rows beside each other, as they may have many columns."""
    names, rows, count = sample.first_rows.columns, sample.first_rows.rows, sample.first_rows.count
    if rows:
        yield title_of("First rows, as they would land", sample.first_rows)
        numbers = [f"row {number}" for number in range(1, len(rows) + 1)]
        yield rows_table(Rows(["column", *numbers], list(zip(names, *rows, strict=True)), count))


def _kind_parts(sample: KindSample) -> Iterator[str | Table]:
    file, rejected = sample.file, sample.rejected
    left_out = f", {file.rows_left_out:,} of other kinds" if file.rows_left_out else ""
    yield (
        f"{sample.kind.id}: {file.rows_in:,} rows{left_out}, of which"
        f" {file.rows_loaded - rejected.mistyped:,} would be taken and"
        f" {file.rows_rejected + rejected.mistyped:,} be rejected"
    )
    yield from _first_rows(sample)
    if sample.unmapped:
        yield f"Columns of ours that nothing fills: {', '.join(sample.unmapped)}"
    if sample.empty:
        yield f"Columns of ours that are mapped and empty in every row: {', '.join(sample.empty)}"
    if sample.repeated:
        key = ", ".join(sample.kind.key)
        yield (
            f"{sample.repeated:,} rows have the key ({key}) of another row of the file: one row"
            " of each key counts."
            + (
                f" {sample.contradicting:,} of them say something else than it, which is lost"
                " unless they are earlier versions of it: is this the key?"
                if sample.contradicting
                else ""
            )
        )
    if rejected.groups:
        yield "Rejected:"
        yield rejections_table(rejected.groups)
