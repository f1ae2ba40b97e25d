"""What the values of a file's columns look like: numbers, dates, identifiers, names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.ingestion.exports import Delivery, read_content, size_and_time
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers import land, read_header
from orchestration.ingestion.sources import default_source
from orchestration.privacy.identifiers import Look, looks
from orchestration.sql_text import literal, quoted

ROWS_LOOKED_AT = 20_000
MOST_DISTINCT = 30
# Where it is not said what a column holds, so large a share of its values tells.
SHARE = 0.5
# Some values of a real file are wrong: they are rejected, and hide no column.
NEARLY_ALL = 0.95
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%Y/%m/%d")
DAYS += ("%Y%m%d", "%d%m%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%d.%m.%y", "%d-%b-%Y", "%d %b %Y")
TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%H:%M:%S%z")
FORMS = (*DAYS, *(f"{day}{gap}{time}" for day in DAYS for gap in " T" for time in TIMES))
# Which of two orders of day and month it is, only days after the twelfth tell.
SWAPPED = {form: form.replace("%d", "#").replace("%m", "%d").replace("#", "%m") for form in FORMS}
SIGNS = r"(?:R\$|US\$|\$|€|£|\b[A-Z]{3}\b)"
SIGN = rf"^{SIGNS}\s*|\s*{SIGNS}$"
NUMBER = r"[+-]?(?:\d+|\d*\.\d+|\d+,\d+|\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?)"
WITH_COMMA = r".*(?:\.\d{3},\d+|^[^.]*,(?:\d{1,2}|\d{4,}))"
WITH_POINT = r".*(?:,\d{3}\.\d+|^[^,]*\.(?:\d{1,2}|\d{4,}))"
GROUPS = {",": r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?", ".": r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"}


@dataclass(frozen=True)
class Seen:
    """What a column of a file holds.

    ``marks`` are the decimal marks its numbers surely have, ``groups`` the decimal mark that would
    go with its groups of thousands; ``signs`` the currency signs beside them; ``forms`` the date
    formats that fit best. ``different`` counts the values that differ, and ``distinct`` are they
    where they are few, by frequency.
    """

    name: str
    filled: int
    different: int
    is_number: bool
    signs: tuple[str, ...]
    marks: frozenset[str]
    groups: frozenset[str]
    forms: tuple[str, ...]
    identifier: str | None
    is_like_names: bool
    distinct: tuple[str, ...]
    example: str | None

    @property
    def open_forms(self) -> tuple[str, ...]:
        """The formats that fit as well with day and month swapped."""
        return tuple(
            form for form in self.forms if SWAPPED[form] != form and SWAPPED[form] in self.forms
        )


def seen_columns(path: Path, settings: dict[str, str | int]) -> tuple[list[Seen], int]:
    """Read the first rows of a file by the reader of its format; say what each column holds."""
    spec = FileSpec.model_validate(
        {"path": "sample", "export_day": date.today(), "kinds": {"billing.customers": {}}}
        | settings
    )
    header = read_header(path, spec)
    delivery = Delivery(
        default_source(), spec, tuple(spec.kinds), path, path.name, date.today(),
        size_and_time(path), read_content(path),
    )  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false; set TimeZone = 'UTC'")
        land(connection, [delivery], header, ROWS_LOOKED_AT)
        connection.execute("create temp table looked_at as from landing")
        (count,) = connection.execute("select count(*) from looked_at").fetchone()
        return [_seen(connection, name) for name in header], count


def _seen(connection: duckdb.DuckDBPyConnection, name: str) -> Seen:
    """Ask all of a column in one query."""
    value = quoted(name)
    bare = f"regexp_replace({value}, {literal(SIGN)}, '')"
    asked = {
        "filled": f"count({value})",
        "different": f"count(distinct {value})",
        "numbers": f"count_if(regexp_full_match({bare}, {literal(NUMBER)}))",
        "comma": f"count_if(regexp_full_match({bare}, {literal(WITH_COMMA)}))",
        "point": f"count_if(regexp_full_match({bare}, {literal(WITH_POINT)}))",
        "comma_groups": f"count_if(regexp_full_match({bare}, {literal(GROUPS[','])}))",
        "point_groups": f"count_if(regexp_full_match({bare}, {literal(GROUPS['.'])}))",
        "names": f"count_if(regexp_full_match({value}, '[^0-9]+ [^0-9]+'))",
    }
    asked |= {f"form {form}": _count_of_form(value, form) for form in FORMS}
    for position, look in enumerate(looks("string")):
        asked[f"look {position}"] = f"count_if({look.condition.replace('{}', value)})"
    row = connection.execute(f"select {', '.join(asked.values())} from looked_at").fetchone()
    # of a column without values DuckDB counts NULL
    found = {name: count or 0 for name, count in zip(asked, row, strict=True)}
    filled = found["filled"]
    is_number = 0 < NEARLY_ALL * filled <= found["numbers"]
    best = max(found[f"form {form}"] for form in FORMS)
    distinct = connection.execute(
        f"select {value}, count(*) from looked_at where {value} is not null"
        f" group by 1 order by 2 desc, 1 limit {MOST_DISTINCT + 1}"
    ).fetchall()
    return Seen(
        name,
        filled,
        found["different"],
        is_number,
        _signs(connection, value) if is_number else (),
        frozenset(
            mark for mark, key in ((",", "comma"), (".", "point")) if is_number and found[key]
        ),
        frozenset(
            mark
            for mark, key in ((",", "comma_groups"), (".", "point_groups"))
            if is_number and found[key]
        ),
        tuple(form for form in FORMS if 0 < NEARLY_ALL * filled <= best == found[f"form {form}"]),
        _identifier(found, filled, looks("string")),
        filled > 0 and found["names"] >= SHARE * filled,
        tuple(text for text, _ in distinct) if len(distinct) <= MOST_DISTINCT else (),
        distinct[0][0] if distinct else None,
    )


def _signs(connection: duckdb.DuckDBPyConnection, value: str) -> tuple[str, ...]:
    """List the currency signs that stand beside numbers of a column."""
    found = connection.execute(
        f"select distinct trim(regexp_extract({value}, {literal(SIGN)})) as sign from looked_at"
        f" where regexp_matches({value}, {literal(SIGN)}) and regexp_full_match("
        f"regexp_replace({value}, {literal(SIGN)}, ''), {literal(NUMBER)}) order by sign"
    ).fetchall()
    return tuple(sign for (sign,) in found)


def _count_of_form(value: str, form: str) -> str:
    """Count the values of a date format; a year of two digits is none of four."""
    read = f"try_strptime({value}, {literal(form)})"
    return f"count_if(year({read}) between 1900 and 2199)"


def _identifier(found: dict[str, int], filled: int, asked: Sequence[Look]) -> str | None:
    """Name the kind of direct identifier that most of a column's values look like."""
    for position, look in enumerate(asked):
        count = found[f"look {position}"]
        if count and count >= SHARE * filled:
            return look.kind
    return None
