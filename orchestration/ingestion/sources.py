"""Source systems: the delivering systems and the files they declare.

One YAML file per system, validated here. The default layout of the export contract is a source
system like any other.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from orchestration.contract import Kind, contract
from orchestration.errors import InputError
from orchestration.ingestion.file_spec import FileSpec, Identifiers, KindMapping
from orchestration.ingestion.strict_settings import StrictSettings, TextLoader

# Columns that name an id of another column: what is declared for that one holds for them too.
NAMES = {
    "merged_into_customer_id": "customer_id",
    "original_payment_id": "payment_id",
    "superseded_by_promise_id": "promise_id",
    "visited_from_contact_id": "contact_id",
}


class SourceSystem(StrictSettings):
    """A delivering system. ``id_prefix`` goes before the value of every column ``*_id``.

    ``identifiers`` are those of all its kinds. A system called default may leave ``files`` out,
    which gives it the default layout.
    """

    system: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    id_prefix: str = ""
    identifiers: Identifiers = Field(default={})
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
        settings = yaml.load(path.read_text(encoding="utf-8"), TextLoader)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read as YAML: {error}") from None
    try:
        return SourceSystem.model_validate(settings, context={"folder": path.parent})
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
        exclude={
            *("path", "day_format", "export_day", "kinds"),
            *("done_marker", "expected", "unpacked_limit_mb"),
        },
        exclude_defaults=True,
    )
    mapping = spec.kinds[kind.id].model_dump_json(exclude={"identifiers"}, exclude_defaults=True)
    columns = [(column.name, column.data_type, column.is_required) for column in kind.columns]
    identifiers = sorted(system.identifiers_of(spec, kind).items())
    parts = (system.id_prefix, reading, mapping, columns, identifiers)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


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
