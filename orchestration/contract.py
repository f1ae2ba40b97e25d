"""The export contract: what billing, contact and payment systems may deliver.

Every kind is declared once, as a source of the dbt project; this module reads the declaration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml

DBT_PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
AREAS = ("billing", "contact", "payment")
# Every kind has it beside its own columns: true withdraws the row's key.
IS_DELETED = "is_deleted"


@dataclass(frozen=True)
class Column:
    """A column of an export kind; ``data_type`` is what staging makes of its text.

    Where ``values`` are declared, another one, in any case, stops the build.
    """

    name: str
    data_type: str
    is_required: bool
    description: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """An export kind, ``id`` being "billing.customers"."""

    area: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def id(self) -> str:
        """Area and name, as YAML files and messages name the kind."""
        return f"{self.area}.{self.name}"

    @property
    def table(self) -> str:
        """Raw table the kind lands in."""
        return f"raw.{self.area}_{self.name}"


@cache
def contract() -> Mapping[str, Kind]:
    """All export kinds by id, in the order of their declaration."""
    return MappingProxyType(
        {
            kind.id: kind
            for area in AREAS
            for source in _sources(DBT_PROJECT / f"models/staging/{area}/_{area}__sources.yml")
            for kind in (_kind(source["name"], table) for table in source["tables"])
        }
    )


@cache
def own_tables(source: str) -> Mapping[str, tuple[Column, ...]]:
    """Columns of the raw tables that "ingestion", its books, or "insight" writes, by table."""
    return MappingProxyType(
        {
            f"raw.{table.get('identifier', table['name'])}": _columns(table)
            for declared in _sources(DBT_PROJECT / f"models/staging/_{source}__sources.yml")
            for table in declared["tables"]
        }
    )


def _sources(path: Path) -> list[dict]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]


def _kind(area: str, table: dict) -> Kind:
    return Kind(area, table["name"], _columns(table), tuple(table["config"]["meta"]["key"]))


def _columns(table: dict) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=column["name"],
            data_type=column["data_type"],
            is_required=column.get("config", {}).get("meta", {}).get("is_required", False),
            description=column["description"],
            values=tuple(column.get("config", {}).get("meta", {}).get("values", ())),
        )
        for column in table["columns"]
    )
