"""How values are written in the files of a pattern, and the SQL that writes them as ISO or plainly.

One rule for all of them: a value that is of none of the declared notations stays as it is
delivered, for staging to reject; it never becomes another value.
"""

import re
from datetime import date

from orchestration.contract import Column
from orchestration.ingestion.file_spec import FileSpec
from orchestration.policies import policy
from orchestration.sql_text import literal

# Where a space groups thousands, a space that does not break does so too; an apostrophe is
# straight or curly.
ALIKE_MARKS = {" ": " \u00a0\u202f", "'": "'\u2019"}
# as they stand between the brackets of a regular expression
MINUS_SIGNS = "\\-\u2212"
# Excel's last day is 9999-12-31. Its calendar of 1900 has a 29 February, day 60, which never was;
# the one of 1904 begins with day 0.
EXCEL_LAST_DAY = 2_958_465
EXCEL_1904_LATER_BY = (date(1904, 1, 1) - date(1899, 12, 30)).days
# Digits of whole epoch seconds from 1973-03-03 to 2286-11-20: no number is both these and the
# milliseconds of such a time.
EPOCHS = {"epoch_seconds": (9, 10, 1_000_000), "epoch_milliseconds": (12, 13, 1_000)}
# Month names of English, Portuguese and Spanish, by month; the first is what strptime reads.
MONTHS = (
    "january janeiro enero jan ene",
    "february fevereiro febrero feb fev",
    "march março marco marzo mar",
    "april abril apr abr",
    "may maio mayo mai",
    "june junho junio jun",
    "july julho julio jul",
    "august agosto aug ago",
    "september setembro septiembre setiembre sept sep set",
    "october outubro octubre oct out",
    "november novembro noviembre nov",
    "december dezembro diciembre dec dez dic",
)
# What a spreadsheet makes of a long number when it saves it as text.
ROUNDED_ID = r"-?\d([.,]\d+)?E\+\d{2,}"


def plain(column: Column, spec: FileSpec) -> str:
    """Write a value of a column as ISO or plain number; what is of no notation stays as it is."""
    name, data_type = column.name, column.data_type
    if is_number(column) and _writes_numbers(spec):
        return f"if({fits_number(name, spec)}, {_number(name, spec)}, {name})"
    if data_type == "boolean" and (spec.true_values or spec.false_values):
        return (
            f"case when {_is_one_of(name, spec.true_values)} then 'true'"
            f" when {_is_one_of(name, spec.false_values)} then 'false' else {name} end"
        )
    days = [_day(name, form, spec) for form in spec.date_formats]
    instants = [_instant(name, form, spec) for form in spec.timestamp_formats]
    forms = {"date": days, "timestamp": instants + days}.get(data_type, [])
    return f"coalesce({', '.join([*forms, name])})" if forms else name


def in_utc(written: str, spec: FileSpec) -> str:
    """Write an instant without an offset in UTC, where the file says which time zone it is in.

    A day without a time of day stays one, and so does what is no instant.
    """
    if spec.time_zone is None:
        return written
    clock_time = f"try_cast({written} as timestamp)"
    has_no_offset = (
        f"length({written}) > 10 and not regexp_matches(substr({written}, 12), '[A-Za-z+-]')"
    )
    return (
        f"case when {has_no_offset} and {clock_time} is not null"
        f" then cast(timezone({_zone(spec)}, {clock_time}) as varchar) else {written} end"
    )


def is_number(column: Column) -> bool:
    """Tell whether the values of a column are numbers."""
    return column.data_type.startswith(("decimal", "double", "bigint"))


def fits_number(value: str, spec: FileSpec) -> str:
    """Tell in SQL whether a value is a number in the notation of a file."""
    number, sign, signs = _digits(spec), f"[+{MINUS_SIGNS}]", ""
    space = f"[{ALIKE_MARKS[' ']}]*"
    if spec.currency_signs:
        signs = f"(?:{'|'.join(map(re.escape, spec.currency_signs))})"
    bare = [number]
    if signs:
        bare += [f"{signs}{space}{number}", f"{number}{space}{signs}"]
    shapes = [f"(?:{sign}{space if signs else ''})?{shape}" for shape in bare]
    if signs:
        shapes.append(f"{signs}{space}{sign}{space}{number}")
    if "parentheses" in spec.negatives:
        shapes += [rf"\({space}{shape}{space}\)" for shape in bare]
        if signs:
            shapes += [
                rf"{signs}{space}\({space}{number}{space}\)",
                rf"\({space}{number}{space}\){space}{signs}",
            ]
    if "trailing_minus" in spec.negatives:
        shapes += [f"{shape}{space}[{MINUS_SIGNS}]" for shape in bare]
        if signs:
            shapes.append(f"{number}{space}[{MINUS_SIGNS}]{space}{signs}")
    return f"regexp_full_match({value}, {literal('|'.join(shapes))})"


def is_rounded_id(name: str) -> str:
    """Tell in SQL whether an id is what a spreadsheet leaves of a long number."""
    return f"contains({name}, 'E+') and regexp_full_match({name}, {literal(ROUNDED_ID)})"


def _writes_numbers(spec: FileSpec) -> bool:
    return bool(spec.decimal_mark or spec.thousands_mark or spec.currency_signs or spec.negatives)


def _number(value: str, spec: FileSpec) -> str:
    """Write plainly a number that fits; a plus before a currency sign is left out."""
    thousands = _thousands_marks(spec)
    if spec.currency_signs or spec.negatives:
        digits = f"regexp_extract({value}, {literal(_digits(spec))})"
        digits = f"translate({digits}, {literal(thousands)}, '')"
        minus = f"if(regexp_matches({value}, {literal(f'[({MINUS_SIGNS}]')}), '-', '')"
        number = f"{minus} || {digits}"
    else:
        # the other minus becomes the plain one, and the marks nothing
        number = f"translate({value}, {literal(MINUS_SIGNS[-1] + thousands)}, '-')"
    if spec.decimal_mark == ",":
        number = f"replace({number}, ',', '.')"
    return number


def _digits(spec: FileSpec) -> str:
    """Match the digits of a number with their marks."""
    whole = r"\d+"
    if marks := _thousands_marks(spec):
        groups = rf"\d{{1,3}}(?:[{marks}]\d{{3}})+"
        if spec.thousands_groups == "indian":
            groups = rf"\d{{1,2}}(?:[{marks}]\d{{2}})*[{marks}]\d{{3}}"
        whole = rf"(?:{groups}|\d+)"
    return rf"{whole}(?:[{spec.decimal_mark or '.'}]\d+)?"


def _thousands_marks(spec: FileSpec) -> str:
    mark = spec.thousands_mark or ""
    return ALIKE_MARKS.get(mark, mark)


def _is_one_of(name: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(literal(value) for value in values)
    return f"lower({name}) in ({listed})" if values else "false"


def _day(name: str, form: str, spec: FileSpec) -> str:
    """Write the day a format reads: of an instant, the one in the time zone of the file."""
    if form in EPOCHS:
        moment = f"timezone({_zone(spec)}, timezone('UTC', {_epoch(name, form, spec)}))"
    elif form.startswith("excel"):
        moment = _excel(name, form, spec)
    elif re.search("%[zZ]", form):
        moment = f"timezone({_zone(spec)}, {_parsed(name, form)})"
    else:
        moment = _parsed(name, form)
    return f"strftime({moment}, '%Y-%m-%d')"


def _instant(name: str, form: str, spec: FileSpec) -> str:
    """Write what a format reads; where it has no offset, the time stays that of the clock."""
    if form in EPOCHS:
        return f"cast(timezone('UTC', {_epoch(name, form, spec)}) as varchar)"
    moment = _excel(name, form, spec) if form.startswith("excel") else _parsed(name, form)
    return f"cast({moment} as varchar)"


def _parsed(name: str, form: str) -> str:
    if month := re.search("%[bB]", form):
        name = _with_english_month(name, is_short=month[0] == "%b")
    return f"try_strptime({name}, {literal(form)})"


def _with_english_month(name: str, is_short: bool) -> str:
    """Put the English name of a month for the one a value holds; NULL where it holds none."""
    english = {
        word: names.split()[0][: 3 if is_short else None]
        for names in MONTHS
        for word in names.split()
    }
    words = "|".join(sorted(english, key=len, reverse=True))
    word = rf"regexp_extract({name}, '(?i)(?:^|[^\pL])({words})(?:[^\pL]|$)', 1)"
    entries = ", ".join(f"'{word}': '{name}'" for word, name in english.items())
    return f"replace({name}, {word}, map {{{entries}}}[lower({word})])"


def _epoch(name: str, form: str, spec: FileSpec) -> str:
    """Read a count since 1970 as a timestamp in UTC, NULL where it is none of its digits."""
    fewest, most, microseconds = EPOCHS[form]
    number, is_so = _count(name, rf"\d{{{fewest},{most}}}", spec)
    return f"if({is_so}, make_timestamp(cast(round({number} * {microseconds}) as bigint)), null)"


def _excel(name: str, form: str, spec: FileSpec) -> str:
    """Read a day number of Excel, whose fraction is the time, to the millisecond."""
    number, is_so = _count(name, r"\d{1,7}", spec)
    if form == "excel_1904":
        is_so += f" and {number} < {EXCEL_LAST_DAY + 1 - EXCEL_1904_LATER_BY}"
        day_0 = "timestamp '1904-01-01'"
    else:
        is_so += f" and {number} >= 1 and {number} < {EXCEL_LAST_DAY + 1}"
        is_so += f" and floor({number}) != 60"
        day_0 = f"if({number} < 60, timestamp '1899-12-31', timestamp '1899-12-30')"
    return f"if({is_so}, {day_0} + to_milliseconds(round({number} * 86400000)), null)"


def _count(name: str, whole: str, spec: FileSpec) -> tuple[str, str]:
    """Give a count as an exact number, and whether it is one; both in SQL."""
    mark = spec.decimal_mark or "."
    pattern = rf"{whole}([{mark}]\d+)?"
    is_so = f"regexp_full_match({name}, {literal(pattern)})"
    point = name if mark == "." else f"replace({name}, ',', '.')"
    return f"try_cast({point} as decimal(28, 15))", is_so


def _zone(spec: FileSpec) -> str:
    return literal(spec.time_zone or policy("business_time_zone"))
