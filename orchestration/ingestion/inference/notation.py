"""How a file writes numbers and dates: one notation for all its columns, as the YAML has it."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.ingestion.inference.matching import Guess
from orchestration.ingestion.inference.values import SWAPPED, Seen
from orchestration.sql_text import literal, quoted

ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")
ISO += ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f")
ISO += ("%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%z")


@dataclass(frozen=True)
class Notation:
    """Settings of the files, each with what is unsure of it, and columns that differ, as SQL."""

    settings: dict[str, str | tuple[str, ...]]
    doubts: dict[str, str]
    expressions: dict[str, str]


def notation_of(guesses: Sequence[Guess]) -> Notation:
    """Decide how numbers and dates are read; what does not fit the rest gets an expression."""
    numbers, dates = _numbers(guesses), _dates(guesses)
    return Notation(
        numbers.settings | dates.settings,
        numbers.doubts | dates.doubts,
        numbers.expressions | dates.expressions,
    )


def _numbers(guesses: Sequence[Guess]) -> Notation:
    numbers = [
        guess
        for guess in guesses
        if guess.column.data_type.startswith(("decimal", "double", "bigint"))
    ]
    settings: dict[str, str | tuple[str, ...]] = {}
    doubts: dict[str, str] = {}
    marks = {mark for guess in numbers for mark in guess.seen.marks}
    groups = {mark for guess in numbers for mark in guess.seen.groups}
    if "," in marks:
        settings["decimal_mark"] = ","
        if "," in groups:
            settings["thousands_mark"] = "."
    elif "." in groups:
        settings |= {"decimal_mark": ".", "thousands_mark": ","}
        if "." not in marks:
            doubts["decimal_mark"] = f"{_example(numbers, '.')} could be a thousand or one: check"
    elif "," in groups:
        # without a setting a point is a decimal point
        doubts["kinds"] = (
            f"{_example(numbers, ',')} is read as with a decimal point: check; if it is a thousand,"
            ' decimal_mark: "," and thousands_mark: "."'
        )
    if signs := tuple(dict.fromkeys(sign for guess in numbers for sign in guess.seen.signs)):
        settings["currency_signs"] = signs
        if len(signs) > 1:
            doubts["currency_signs"] = (
                f"? amounts with {' and '.join(signs)}: map currency, or all are taken for one"
            )
    expressions = {}
    for guess in numbers:
        column, value = guess.column, quoted(guess.seen.name)
        if settings.get("decimal_mark") == "," and guess.seen.marks == {"."}:
            expressions[column.name] = f"try_cast({value} as {column.data_type})"
    return Notation(settings, doubts, expressions)


def _dates(guesses: Sequence[Guess]) -> Notation:
    dates = [guess for guess in guesses if guess.column.data_type in ("date", "timestamp")]
    dates = [guess for guess in dates if guess.seen.forms]
    settled = {_form(guess.seen) for guess in dates if not guess.seen.open_forms}
    is_month_first = any(map(_is_month_first, settled))
    is_day_first = any(SWAPPED[form] != form and not _is_month_first(form) for form in settled)
    formats: dict[str, list[str]] = {"date_formats": [], "timestamp_formats": []}
    doubts, expressions = {}, {}
    for guess in dates:
        form = _form(guess.seen)
        if guess.seen.open_forms:
            if is_month_first and not is_day_first:
                form = SWAPPED[form]
            if is_month_first == is_day_first:
                doubts["date_formats"] = f"{guess.seen.example} could be either: check"
        elif is_day_first and _is_month_first(form):
            read = f"try_strptime({quoted(guess.seen.name)}, {literal(form)})"
            expressions[guess.column.name] = f"cast({read} as {guess.column.data_type})"
            continue
        is_instant = guess.column.data_type == "timestamp" and "%H" in form
        is_plain = form in ISO if guess.column.data_type == "timestamp" else form == ISO[0]
        if not is_plain:
            formats["timestamp_formats" if is_instant else "date_formats"].append(form)
    if "date_formats" in doubts and not formats["date_formats"]:
        doubts = {"timestamp_formats": doubts["date_formats"]}
    # %Y takes 24 for the year 24, %y does not take 2024 at all
    settings = {
        name: tuple(sorted(dict.fromkeys(forms), key=lambda form: "%y" not in form))
        for name, forms in formats.items()
        if forms
    }
    return Notation(settings, doubts, expressions)


def _form(seen: Seen) -> str:
    return seen.forms[0]


def _is_month_first(form: str) -> bool:
    return form.startswith("%m")


def _example(numbers: Sequence[Guess], mark: str) -> str:
    return next(str(guess.seen.example) for guess in numbers if mark in guess.seen.groups)
