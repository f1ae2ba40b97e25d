"""How rejected rows look on the command line."""

from collections.abc import Sequence

from rich.table import Table

from orchestration.ingestion.rejections import Rejected, Rejection
from orchestration.slices import Table as Rows
from orchestration.terminal import rows_table


def rejections_table(groups: Sequence[Rejection]) -> Table:
    """Lay out rejections, a line each, with an example per further line."""
    rows: list[tuple] = []
    for group in groups:
        days = [str(group.first_day), str(group.last_day)]
        examples = [_example(*example) for example in group.examples] or [""]
        rows.append(
            (
                f"{group.source} {group.kind}",
                group.reason,
                group.count,
                " to ".join(dict.fromkeys(days)),
                examples[0],
            )
        )
        rows += [("", "", "", "", example) for example in examples[1:]]
    laid_out = rows_table(
        Rows(["source, kind", "reason", "count", "export days", "example"], rows, 0)
    )
    for column in laid_out.columns:
        # a file and line that are cut off cannot be gone to
        column.overflow = "fold"
    return laid_out


def rejected_lines(found: Rejected) -> list[str]:
    """Say how many rows are rejected, and what to do about it."""
    return [
        f"{found.unread:,} rows were rejected when their files were read (raw.files counts them);"
        f" {found.mistyped:,} landed with a value that is not of its type and are in no figure.",
        "Next: mend the mapping in the YAML, see with `warehouse sources check` that it holds, and"
        " use `warehouse run`: it reads the files again whose mapping changed. What is wrong in"
        " the file itself is mended by delivering it again under the same name.",
    ]


def _example(file_name: str, row_number: int | None, value: str | None) -> str:
    shown = "" if value is None else f"  {value!r}"
    return f"{file_name}:{'' if row_number is None else row_number}{shown}"
