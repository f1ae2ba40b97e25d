"""Whether return files are whole: what their trailers say beside what ``lines`` hold."""

import duckdb

from orchestration.ingestion.cnab_layout import Layout, Total
from orchestration.sql_text import literal


def total_problems(connection: duckdb.DuckDBPyConnection, layout: Layout) -> list[tuple[str, str]]:
    """Say by path what shows that a file is cut off, or is not what its trailer says."""
    problems = connection.execute(_ends(layout)).fetchall()
    # of a file that is cut off no total tells more
    cut_off = {path for path, _ in problems}
    for total in layout.totals:
        problems += [
            (path, _mismatch(total, batch, declared, found))
            for path, batch, declared, found in connection.execute(
                _compared(layout, total)
            ).fetchall()
            if path not in cut_off
        ]
    return sorted(problems)


def _ends(layout: Layout) -> str:
    trailer, header = layout.names_of("trailer")[0], layout.names_of("header")[0]
    return f"""
        select path,
            case
                when max_by(record, line_number) is distinct from {literal(trailer)}
                    then 'ends in line ' || max(line_number)
                        || ' without the trailer; it was cut off, so have it sent again.'
                else 'holds ' || count_if(record = {literal(header)})
                    || ' return files one after the other; split it.'
            end
        from lines
        group by path
        having max_by(record, line_number) is distinct from {literal(trailer)}
            or count_if(record = {literal(header)}) <> 1
    """


def _compared(layout: Layout, total: Total) -> str:
    """Select path, batch, declared and found figure where these two are not the same."""
    in_batch = layout.records[total.record].role == "batch_trailer"
    figures = [f"try_cast(substring(line, {at.start}, {at.length}) as hugeint)" for at in total.at]
    by_batch = "batch" if in_batch else "null"
    filled = "and declared <> 0" if total.may_be_zero else ""
    # a figure that has no room there cannot be compared
    limit = 10 ** min(at.length for at in total.at)
    return f"""
        with declared as (
            select path, {by_batch} as batch, {" + ".join(figures)} as declared
            from lines
            where record = {literal(total.record)}
        ),
        found as (
            select path, {by_batch} as batch, {_found(layout, total)} as found
            from lines
            group by all
        )
        select declared.path, declared.batch, declared, found
        from declared
        inner join found on declared.path = found.path
            and declared.batch is not distinct from found.batch
        where declared is distinct from found and found < {limit} {filled}
    """


def _found(layout: Layout, total: Total) -> str:
    detail = f"record = {literal(layout.names_of('detail')[0])}"
    if total.occurrences:
        span = layout.detail.fields["occurrence_code"].span
        codes = ", ".join(map(literal, total.occurrences))
        detail += f" and substring(line, {span.start}, {span.length}) in ({codes})"
    match total.of:
        case "records":
            return "count(*)"
        case "batches":
            return (
                f"count_if(record in ({', '.join(map(literal, layout.names_of('batch_header')))}))"
            )
        case "details":
            return f"count_if({detail})"
    span = layout.detail.fields[total.of].span
    amount = f"try_cast(substring(line, {span.start}, {span.length}) as hugeint)"
    return f"coalesce(sum({amount}) filter ({detail}), 0)"


def _mismatch(total: Total, batch: str | None, declared: int | None, found: int) -> str:
    where = f"of batch {batch} " if batch else ""
    of = total.of if not total.occurrences else f"{total.of} of {', '.join(total.occurrences)}"
    said, holds = declared, found
    if total.of not in ("records", "details", "batches"):
        said, holds = (
            declared if declared is None else f"{declared / 100:,.2f}",
            f"{found / 100:,.2f}",
        )
    return (
        f"does not add up: its trailer {where}says {of.replace('_', ' ')} {said},"
        f" it holds {holds}; have it sent again."
    )
