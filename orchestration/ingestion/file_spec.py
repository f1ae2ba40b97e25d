"""How the files of one pattern are read, and which of their columns is which of ours."""

import codecs
import re
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import duckdb
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from orchestration.contract import IS_DELETED, Kind, contract
from orchestration.ingestion.cnab_layout import Layout, load_layout
from orchestration.ingestion.folder import PACKED_SUFFIXES
from orchestration.ingestion.record_paths import ITEMS, RecordsPath, path_error
from orchestration.ingestion.strict_settings import StrictSettings

# Beside formats of strptime: day numbers of Excel, and counts since 1970.
NAMED_FORMATS = ("excel", "excel_1904", "epoch_seconds", "epoch_milliseconds")


def _known_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"'{value}' is no regular expression: {error}") from None
    return value


def _known_format(value: str) -> str:
    if value in NAMED_FORMATS:
        return value
    if error := _format_error(value):
        raise ValueError(f"'{value}' is no date format: {error}")
    if "%" not in value:
        known = ", ".join(NAMED_FORMATS)
        raise ValueError(f"'{value}' is no date format; write one like %d/%m/%Y, or {known}")
    return value


@cache
def _known_time_zone(value: str) -> str:
    with duckdb.connect() as connection:
        known = connection.execute(
            "select count(*) from pg_timezone_names() where name = ?", [value]
        ).fetchone()
    if known == (0,):
        raise ValueError(f"'{value}' is no time zone; America/Sao_Paulo and UTC are examples")
    return value


def _sign(value: str) -> str:
    if re.search(r"[\d\s+()',_\u2019\u2212-]", value) or not value.strip("."):
        raise ValueError(
            f"'{value}' is no currency sign; R$, USD and \u20ac are examples: no digits, spaces or"
            " marks of numbers"
        )
    return value


@cache
def _format_error(value: str) -> str | None:
    with duckdb.connect() as connection:
        try:
            connection.execute("select try_strptime('', ?)", [value])
        except duckdb.Error as error:
            return str(error)
    return None


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


SingleCharacter = Annotated[str, Field(min_length=1, max_length=1)]
DateFormat = Annotated[str, BeforeValidator(_known_format)]
Words = tuple[Annotated[str, Field(min_length=1), AfterValidator(str.lower)], ...]
IdentifierKind = Literal["document", "phone", "email", "name", "none"]
Identifiers = dict[str, IdentifierKind]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
# Settings that tell how files of some formats are read, and mean nothing to the others.
FORMATS_WITH = {
    "delimiter": ("csv",),
    "quote": ("csv",),
    "escape": ("csv",),
    "trailing_delimiter": ("csv",),
    "ignored_lines": ("csv",),
    "encoding": ("csv", "mt940", "ofx", "fixed_width", "cnab"),
    "header_row": ("csv", "xlsx"),
    "sheet": ("xlsx",),
    "records": ("json", "jsonl"),
    "fields": ("fixed_width",),
    "line_width": ("fixed_width",),
    "skip_lines": ("fixed_width",),
    "layout": ("cnab",),
}


class KindMapping(StrictSettings):
    """What fills the columns of one kind; with nothing mapped, columns of equal name do.

    ``columns`` names the file's column per column of ours, ``constants`` a fixed text,
    ``expressions`` SQL over the file's own columns, all of which are text. ``where`` is such SQL
    too: false leaves a row out, as being of another kind; NULL rejects it. ``identifiers`` says
    which of our columns hold a direct identifier, to be hashed, and of which kind.
    """

    columns: dict[str, str] = Field(default={})
    constants: dict[str, str] = Field(default={})
    expressions: dict[str, str] = Field(default={})
    where: str | None = None
    identifiers: Identifiers = Field(default={})

    @property
    def is_by_name(self) -> bool:
        """Whether the file's columns are taken by their own names."""
        return not (self.columns or self.constants or self.expressions)

    @property
    def mapped(self) -> tuple[str, ...]:
        """Our columns in the order they are mapped, repeated where mapped twice."""
        return (*self.columns, *self.constants, *self.expressions)


class FixedField(StrictSettings):
    """A column of a file of fixed width: ``start`` is its first character, the line's being 1."""

    name: Annotated[str, Field(min_length=1)]
    start: Annotated[int, Field(ge=1)]
    width: Annotated[int, Field(ge=1)]


class FileSpec(StrictSettings):
    """The files of one pattern: how they are read and the kinds they feed."""

    path: str
    day_format: str = "%Y-%m-%d"
    export_day: date | None = None
    done_marker: str | None = None
    member: str | None = None
    unpacked_limit_mb: Annotated[int, Field(ge=1)] | None = None
    format: Literal[
        "camt", "cnab", "csv", "fixed_width", "json", "jsonl", "mt940", "ofx", "parquet", "xlsx"
    ] = "csv"
    delimiter: SingleCharacter = ","
    quote: Annotated[str, Field(max_length=1)] = '"'
    escape: SingleCharacter | None = None
    trailing_delimiter: bool = False
    ignored_lines: Annotated[str, BeforeValidator(_known_pattern)] | None = None
    encoding: str = "utf-8"
    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1)] = 1
    records: Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(_one_or_more)] = (
        ITEMS,
    )
    fields: tuple[FixedField, ...] = ()
    line_width: Annotated[int, Field(ge=1)] | None = None
    skip_lines: Annotated[int, Field(ge=0)] = 0
    layout: Layout | None = None
    decimal_mark: Literal[".", ","] | None = None
    thousands_mark: Literal[".", ",", "'", " ", "_"] | None = None
    thousands_groups: Literal["thousands", "indian"] = "thousands"
    currency_signs: tuple[Annotated[str, AfterValidator(_sign)], ...] = ()
    negatives: tuple[Literal["parentheses", "trailing_minus"], ...] = ()
    date_formats: tuple[DateFormat, ...] = ()
    timestamp_formats: tuple[DateFormat, ...] = ()
    time_zone: Annotated[str, AfterValidator(_known_time_zone)] | None = None
    true_values: Words = ()
    false_values: Words = ()
    delivery: Literal["delta", "full"] = "delta"
    expected: tuple[Weekday, ...] = ()
    kinds: Annotated[dict[str, KindMapping], Field(min_length=1)]

    @field_validator("kinds", mode="before")
    @classmethod
    def _nothing_mapped_is_by_name(cls, kinds: Any) -> Any:
        if not isinstance(kinds, dict):
            return kinds
        return {kind: mapping or {} for kind, mapping in kinds.items()}

    @field_validator("kinds")
    @classmethod
    def _kinds_fit_the_contract(cls, kinds: dict[str, KindMapping]) -> dict[str, KindMapping]:
        problems = [
            problem
            for kind, mapping in kinds.items()
            for problem in (
                _mapping_problems(contract()[kind], mapping)
                if kind in contract()
                else [f"'{kind}' is no export kind; there are {', '.join(contract())}"]
            )
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return kinds

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(
                f"'{encoding}' is no known encoding; utf-8, latin-1, cp1252 and utf-16 are usual"
            ) from None

    @field_validator("records")
    @classmethod
    def _records_are_paths(cls, records: tuple[str, ...]) -> tuple[str, ...]:
        if problems := [problem for text in records if (problem := path_error(text))]:
            raise ValueError("; ".join(problems))
        return records

    @field_validator("day_format")
    @classmethod
    def _day_format_is_known(cls, day_format: str) -> str:
        day_pattern(day_format)
        return day_format

    @field_validator("done_marker")
    @classmethod
    def _marker_is_a_name(cls, marker: str) -> str:
        if "/" in marker or set(re.findall(r"\{.*?\}", marker)) - {"{name}"} or marker == "{name}":
            raise ValueError(
                f"'{marker}' is no name of a file beside the export; {{name}}.done is usual"
            )
        return marker

    @field_validator("layout", mode="before")
    @classmethod
    def _layout_is_loaded(cls, layout: Any, info: ValidationInfo) -> Any:
        return load_layout(layout, (info.context or {}).get("folder", Path()))

    @model_validator(mode="after")
    def _settings_agree(self) -> "FileSpec":
        if unknown := set(re.findall(r"\{.*?\}", self.path)) - {"{day}"}:
            raise ValueError(f"the path holds {', '.join(sorted(unknown))}; only {{day}} is known")
        if ("{day}" in self.path) == (self.export_day is not None):
            raise ValueError(
                "either the path holds {day} or export_day says the day, and not both:"
                f" the path is '{self.path}', export_day {self.export_day or 'is not set'}"
            )
        if self.thousands_mark is not None and self.thousands_mark == (self.decimal_mark or "."):
            raise ValueError(f"decimal and thousands mark are both '{self.thousands_mark}'")
        if self.thousands_groups == "indian" and self.thousands_mark is None:
            raise ValueError("thousands_groups need a thousands_mark")
        if self.escape in (self.delimiter, self.quote):
            raise ValueError("escape is the delimiter or the quote; a doubled quote needs none")
        if both := sorted(set(self.true_values) & set(self.false_values)):
            raise ValueError(f"{', '.join(both)} cannot be both true and false")
        for name, formats in FORMATS_WITH.items():
            if name in self.model_fields_set and self.format not in formats:
                raise ValueError(f"{name} is a setting of {' and '.join(formats)} files only")
        for name, required_by in (("fields", "fixed_width"), ("layout", "cnab")):
            if self.format == required_by and not getattr(self, name):
                raise ValueError(f"format: {required_by} needs {name}")
        if self.line_width is not None and self.line_width < self.width_of_fields:
            raise ValueError(
                f"line_width is {self.line_width}, and the fields end at {self.width_of_fields}"
            )
        return self

    def is_expected_on(self, day: date) -> bool:
        """Tell whether a file of a day is to be waited for."""
        return get_args(Weekday)[day.weekday()] in self.expected

    @property
    def has_header(self) -> bool:
        """Whether files say which columns they have, and not each record which it has."""
        return self.format not in ("json", "jsonl")

    @cached_property
    def records_paths(self) -> tuple[RecordsPath, ...]:
        """Where the records of a JSON document are."""
        return tuple(map(RecordsPath, self.records))

    @property
    def width_of_fields(self) -> int:
        """Position of the last character of the fields."""
        return max((field.start + field.width - 1 for field in self.fields), default=0)

    @cached_property
    def path_pattern(self) -> re.Pattern[str]:
        """Matches the relative paths of these files, with the day in the group ``day``."""
        return _path_pattern(self.path, day_pattern(self.day_format))

    @cached_property
    def near_path_pattern(self) -> re.Pattern[str]:
        """Matches what would be one of these files if it had a day where one is expected."""
        return _path_pattern(self.path, "[^/]*")

    @cached_property
    def marker_pattern(self) -> re.Pattern[str]:
        """Matches the relative paths of what says of one of these files that it is complete."""
        return _path_pattern(
            self.marker_of(self.path + "{packed}") or "", day_pattern(self.day_format)
        )

    def marker_of(self, name: str) -> str | None:
        """Name the file that says that a file is complete; None where none is to be."""
        if self.done_marker is None:
            return None
        folder, slash, base = name.rpartition("/")
        return folder + slash + self.done_marker.replace("{name}", base)


def day_pattern(day_format: str) -> str:
    """Regular expression for days of a strptime format."""
    shapes = {"%Y": r"\d{4}", "%y": r"\d{2}", "%m": r"\d{2}", "%d": r"\d{2}", "%j": r"\d{3}"}
    shapes |= {"%b": r"[A-Za-z]{3}", "%H": r"\d{2}", "%M": r"\d{2}", "%S": r"\d{2}"}
    parts = re.split(r"(%.)", day_format)
    if unknown := [part for part in parts if part.startswith("%") and part not in shapes]:
        known = ", ".join(shapes)
        raise ValueError(f"'{day_format}' holds {', '.join(unknown)}; known are {known}")
    return "".join(shapes.get(part, re.escape(part)) for part in parts)


def _path_pattern(path: str, day: str) -> re.Pattern[str]:
    wildcards = {"**/": "(?:.*/)?", "*": "[^/]*", "{day}": f"(?P<day>{day})"}
    wildcards["{packed}"] = f"(?:{'|'.join(map(re.escape, PACKED_SUFFIXES))})?"
    pattern = ""
    for part in re.split(r"(\*\*/|\*|\{day\}|\{packed\})", path):
        again = part == "{day}" and "(?P<day>" in pattern
        pattern += "(?P=day)" if again else wildcards.get(part, re.escape(part))
    return re.compile(pattern)


def _mapping_problems(kind: Kind, mapping: KindMapping) -> list[str]:
    if mapping.is_by_name:
        return []
    ours = {column.name for column in kind.columns} | {IS_DELETED}
    required = {column.name for column in kind.columns if column.is_required}
    mapped = mapping.mapped
    problems = [
        f"{kind.id} has no column '{name}'" for name in dict.fromkeys(mapped) if name not in ours
    ]
    problems += [
        f"{kind.id}: '{name}' is mapped more than once; keep one of columns, constants, expressions"
        for name in dict.fromkeys(mapped)
        if mapped.count(name) > 1
    ]
    problems += [
        f"{kind.id}: the required column '{name}' is not mapped"
        for name in sorted(required.difference(mapped))
    ]
    return problems
