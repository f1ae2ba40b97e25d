"""Source systems: where their files are, how they are read, which column is which of ours.

One YAML file per system, validated here. The default layout of the export contract is a source
system like any other.
"""

import codecs
import hashlib
import re
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from orchestration.contract import IS_DELETED, Kind, contract
from orchestration.errors import InputError


def _known_format(value: str) -> str:
    if error := _format_error(value):
        raise ValueError(f"'{value}' is no date format: {error}")
    return value


def _format_error(value: str) -> str | None:
    with duckdb.connect() as connection:
        try:
            connection.execute("select try_strptime('', ?)", [value])
        except duckdb.Error as error:
            return str(error)
    return None


SingleCharacter = Annotated[str, Field(min_length=1, max_length=1)]
DateFormat = Annotated[str, BeforeValidator(_known_format)]


IdentifierKind = Literal["document", "phone", "email", "name", "none"]
Identifiers = dict[str, IdentifierKind]
# Columns that name an id of another column: what is declared for that one holds for them too.
NAMES = {
    "merged_into_customer_id": "customer_id",
    "original_payment_id": "payment_id",
    "superseded_by_promise_id": "promise_id",
    "visited_from_contact_id": "contact_id",
}


# Settings that tell how files of some formats are read, and mean nothing to the others.
FORMATS_WITH = {
    "delimiter": ("csv",),
    "quote": ("csv",),
    "encoding": ("csv",),
    "header_row": ("csv", "xlsx"),
    "sheet": ("xlsx",),
}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KindMapping(_Settings):
    """What fills the columns of one kind; with nothing mapped, columns of equal name do.

    ``columns`` names the file's column per column of ours, ``constants`` a fixed text,
    ``expressions`` SQL over the file's own columns, all of which are text. ``where`` is such SQL
    too: false leaves a row out, as being of another kind; NULL rejects it. ``identifiers`` says
    which of our columns hold a direct identifier, to be hashed, and of which kind.
    """

    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    expressions: dict[str, str] = {}
    where: str | None = None
    identifiers: Identifiers = {}

    @property
    def is_by_name(self) -> bool:
        """Whether the file's columns are taken by their own names."""
        return not (self.columns or self.constants or self.expressions)

    @property
    def mapped(self) -> tuple[str, ...]:
        """Our columns in the order they are mapped, repeated where mapped twice."""
        return (*self.columns, *self.constants, *self.expressions)


class FileSpec(_Settings):
    """The files of one pattern: how they are read and the kinds they feed."""

    path: str
    day_format: str = "%Y-%m-%d"
    export_day: date | None = None
    format: Literal["csv", "xlsx"] = "csv"
    delimiter: SingleCharacter = ","
    quote: Annotated[str, Field(max_length=1)] = '"'
    encoding: str = "utf-8"
    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1)] = 1
    decimal_mark: Literal[".", ","] | None = None
    thousands_mark: Literal[".", ",", "'", " ", "_"] | None = None
    date_formats: tuple[DateFormat, ...] = ()
    timestamp_formats: tuple[DateFormat, ...] = ()
    delivery: Literal["delta", "full"] = "delta"
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

    @field_validator("day_format")
    @classmethod
    def _day_format_is_known(cls, day_format: str) -> str:
        day_pattern(day_format)
        return day_format

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
        for name, formats in FORMATS_WITH.items():
            if name in self.model_fields_set and self.format not in formats:
                raise ValueError(f"{name} is a setting of {' and '.join(formats)} files only")
        return self

    @cached_property
    def path_pattern(self) -> re.Pattern[str]:
        """Matches the relative paths of these files, with the day in the group ``day``."""
        return _path_pattern(self.path, day_pattern(self.day_format))

    @cached_property
    def near_path_pattern(self) -> re.Pattern[str]:
        """Matches what would be one of these files if it had a day where one is expected."""
        return _path_pattern(self.path, "[^/]*")


class SourceSystem(_Settings):
    """A delivering system. ``id_prefix`` goes before the value of every column ``*_id``.

    ``identifiers`` are those of all its kinds. A system called default may leave ``files`` out,
    which gives it the default layout.
    """

    system: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    id_prefix: str = ""
    identifiers: Identifiers = {}
    files: tuple[FileSpec, ...]

    @model_validator(mode="before")
    @classmethod
    def _default_is_the_default_layout(cls, settings: Any) -> Any:
        if isinstance(settings, dict) and settings.get("system") == "default":
            return {"files": _default_files(), **settings}
        return settings

    @field_validator("files")
    @classmethod
    def _there_are_files(cls, files: tuple[FileSpec, ...]) -> tuple[FileSpec, ...]:
        if not files:
            raise ValueError("no files are declared; declare a path and its kinds")
        return files

    @model_validator(mode="after")
    def _identifiers_are_of_text_columns(self) -> "SourceSystem":
        kinds = {kind: contract()[kind] for spec in self.files for kind in spec.kinds}
        problems = _identifier_problems(self.identifiers, tuple(kinds.values()), "any of its kinds")
        for spec in self.files:
            for kind, mapping in spec.kinds.items():
                problems += _identifier_problems(mapping.identifiers, (kinds[kind],), kind)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def identifiers_of(self, spec: FileSpec, kind: Kind) -> dict[str, str]:
        """Give the columns of a kind that are declared, each with the kind of its identifier."""
        declared = {**self.identifiers, **spec.kinds[kind.id].identifiers}
        found = {
            column.name: declared.get(column.name) or declared.get(NAMES.get(column.name, ""))
            for column in kind.columns
        }
        return {column: identifier for column, identifier in found.items() if identifier}


def load_source(path: Path) -> SourceSystem:
    """Read a system's YAML file; raise ``InputError`` with every problem it has."""
    try:
        settings = yaml.load(path.read_text(encoding="utf-8"), _TextLoader)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from None
    try:
        return SourceSystem.model_validate(settings)
    except ValidationError as error:
        problems = [f"{path}: {_sentence(details)}" for details in error.errors()]
    # not from within: pydantic's error would keep alive all it has seen
    raise InputError(problems)


@cache
def default_source() -> SourceSystem:
    """Return the layout of the export contract: ``<area>/<kind>/<day>*.csv``, columns by name."""
    return SourceSystem(system="default", files=_default_files())


def _default_files() -> tuple[FileSpec, ...]:
    return tuple(
        FileSpec(path=f"{kind.area}/{kind.name}/{{day}}*.csv", kinds={kind.id: KindMapping()})
        for kind in contract().values()
    )


def mapping_hash(system: SourceSystem, spec: FileSpec, kind: Kind) -> str:
    """Return a digest that changes when the same file would land differently in the kind."""
    # what a file is read without is no part of it: a new setting reads no old file again
    reading = spec.model_dump_json(
        exclude={"path", "day_format", "export_day", "kinds"}, exclude_defaults=True
    )
    mapping = spec.kinds[kind.id].model_dump_json(exclude={"identifiers"}, exclude_defaults=True)
    columns = [(column.name, column.data_type, column.is_required) for column in kind.columns]
    identifiers = sorted(system.identifiers_of(spec, kind).items())
    parts = (system.id_prefix, reading, mapping, columns, identifiers)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


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
    pattern = ""
    for part in re.split(r"(\*\*/|\*|\{day\})", path):
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


def _identifier_problems(
    identifiers: Identifiers, kinds: tuple[Kind, ...], place: str
) -> list[str]:
    texts = {
        column.name for kind in kinds for column in kind.columns if column.data_type == "string"
    }
    return [
        f"identifiers: '{name}' is no column of text of {place}"
        for name in identifiers
        if name not in texts
    ]


def _sentence(details: Any) -> str:
    """Say a problem pydantic found as "<key>: <what is wrong>"."""
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in details["loc"])
    messages = {
        "extra_forbidden": "there is no such setting; check its spelling",
        "missing": "this setting is missing",
    }
    message = messages.get(details["type"], details["msg"].removeprefix("Value error, "))
    return f"{place.removeprefix('.') or 'the file'}: {message}."


class _TextLoader(yaml.BaseLoader):
    """Reads every value as the text it is written as, so that ``No`` is no boolean.

    YAML keeps the last of two equal keys; here that is a mistake to be told.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                mark = node.value[position][0].start_mark
                raise yaml.constructor.ConstructorError(None, None, f"'{key}' is there twice", mark)
        return super().construct_mapping(node, deep)
