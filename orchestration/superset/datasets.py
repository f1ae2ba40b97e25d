"""The datasets of the bundle: what a chart can read, with a metric per KPI."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import yaml

from orchestration.contract import DBT_PROJECT
from orchestration.kpi_pages import Kpi
from orchestration.superset.identity import Config, identity
from orchestration.superset.measures import (
    CELLS,
    VALUES,
    currency_of,
    d3_format,
    definition,
    home,
    value,
)

LATEST, CATALOG, RELEASE = "kpi_latest", "kpi_catalog", "release"
DATABASE = "collections"

# A month is an instant without a time zone: PostgreSQL would move a day into that of the session.
# A cell is final when its month is over and the day it matures on has come.
CELLS_SQL = """\
select
    kpi_cells.*,
    cast(date_trunc('month', kpi_cells.calendar_date) as timestamp) as month,
    date_trunc('month', kpi_cells.calendar_date) < date_trunc('month', release.as_of + 1)
    and coalesce(kpi_cells.matures_on <= release.as_of, true) as is_final
from kpi_cells
cross join release
"""
VALUES_SQL = """\
select
    kpi_values.*,
    cast(kpi_values.period_start as timestamp) as month,
    kpi_values.is_complete_period and kpi_values.is_mature as is_final
from kpi_values
"""
LATEST_SQL = """\
with

final_months as (

    select
        kpi_values.*,
        row_number() over (
            partition by kpi_values.kpi_id, kpi_values.part
            order by kpi_values.period_start desc
        ) as months_ago
    from kpi_values
    where
        kpi_values.period_grain = 'month'
        and kpi_values.dimension = 'all'
        and kpi_values.is_complete_period
        and kpi_values.is_mature

)

select
    kpi_catalog.kpi_position,
    kpi_catalog.kpi_id,
    kpi_catalog.name_en as name,
    kpi_catalog.unit,
    kpi_catalog.direction,
    final_months.part,
    cast(final_months.period_start as timestamp) as month,
    final_months.value,
    final_months.previous_value,
    final_months.change_points,
    final_months.change_relative,
    final_months.target,
    final_months.unit_count,
    final_months.is_small_sample,
    final_months.blocked_by
from final_months
inner join kpi_catalog on final_months.kpi_id = kpi_catalog.kpi_id
where final_months.months_ago = 1
"""
SQL = {CELLS: CELLS_SQL, VALUES: VALUES_SQL, LATEST: LATEST_SQL}
ABOUT = {
    CELLS: (
        "Row-counting KPIs by day and all their dimensions, to be summed and divided: take the"
        " metrics, which do. By month; stocks of more than one day give no value."
    ),
    VALUES: (
        "Every published value. Filter period_grain and dimension to one each: a metric gives no"
        " value where it would have to choose. By currency, amounts are in that currency, whatever"
        " sign stands before them."
    ),
    LATEST: "Every KPI in its newest month that is over and in which nothing will change.",
    CATALOG: "Every KPI: what it is called, asks and means, and whether it is available.",
    RELEASE: "The release that is read: as of which day, and what its audit said.",
}
# Columns that are no text, and those of the SQL above that no table has.
TYPES = {
    "TIMESTAMP": ("month", "released_at"),
    "DATE": ("calendar_date", "matures_on", "period_start", "period_end", "as_of", "known_at"),
    "BIGINT": (
        *("row_count", "unit_count", "kpi_position", "multiplier", "version"),
        *("expectation_count", "warning_count", "override_count"),
    ),
    "DOUBLE PRECISION": (
        *("numerator", "denominator", "native_numerator", "native_denominator", "value", "target"),
        *("previous_value", "change_points", "change_relative", "minimum_value", "maximum_value"),
    ),
}
RELEASE_COLUMNS = {
    "release_id": "The release.",
    "released_at": "When it was written, in UTC.",
    "as_of": "The day, to its end, that the figures describe.",
    "known_at": "Exports after this day were not known yet.",
    "audit_outcome": "passed, passed_with_warnings or passed_with_overrides.",
    "expectation_count": "What the audit checked.",
    "warning_count": "What it warned of.",
    "override_count": "Critical failures that were overridden.",
}
# Headings, where a name with spaces for its underscores will not do.
HEADINGS = {
    "kpi_id": "KPI",
    "name_en": "Name",
    "question_en": "Question",
    "definition_en": "Definition",
    "previous_value": "Month before",
    "change_points": "Change in points",
    "change_relative": "Relative change",
    "unit_count": "Rests on",
    "is_small_sample": "Small sample",
    "is_available": "Available",
    "is_final": "Final",
    "as_of": "As of",
    "expectation_count": "Checks",
    "warning_count": "Warnings",
    "override_count": "Overridden",
}
MADE_HERE = {
    "month": "First day of the month; of kpi_values, of the period.",
    "is_final": "Whether the month is over and nothing in it will change any more.",
    "name": "Name of the KPI.",
}
LATEST_COLUMNS = (
    *("kpi_position", "kpi_id", "name", "unit", "direction", "part", "month", "value"),
    *("previous_value", "change_points", "change_relative", "target", "unit_count"),
    *("is_small_sample", "blocked_by"),
)


@dataclass(frozen=True)
class Dataset:
    """A dataset: its table or SQL, its columns with what they mean, the KPIs it has metrics of."""

    name: str
    columns: Mapping[str, str]
    kpis: Sequence[Kpi] = ()


def datasets(kpis: Sequence[Kpi]) -> list[Dataset]:
    """Return all datasets."""
    values = _columns("kpi_values")
    catalog = _columns("kpi_catalog")
    added = {name: MADE_HERE[name] for name in ("month", "is_final")}
    known = {**catalog, **values, **MADE_HERE}
    return [
        Dataset(CELLS, _columns("kpi_cells") | added, [k for k in kpis if home(k) == CELLS]),
        Dataset(VALUES, values | added, kpis),
        Dataset(LATEST, {name: known[name] for name in LATEST_COLUMNS}),
        Dataset(CATALOG, catalog),
        Dataset(RELEASE, RELEASE_COLUMNS),
    ]


def dataset_config(dataset: Dataset, reporting_currency: str) -> Config:
    """Return a dataset as Superset imports it."""
    times = [name for name in dataset.columns if _type(name) in ("TIMESTAMP", "DATE")]
    return {
        "table_name": dataset.name,
        "description": ABOUT[dataset.name],
        "main_dttm_col": next(
            (name for name in ("month", "as_of") if name in times), times[0] if times else None
        ),
        "schema": None,
        "catalog": None,
        "sql": SQL.get(dataset.name),
        "filter_select_enabled": True,
        "uuid": identity("dataset", dataset.name),
        "database_uuid": identity("database", DATABASE),
        "columns": [
            {
                "column_name": name,
                "verbose_name": HEADINGS.get(name, name.replace("_", " ").capitalize()),
                "type": _type(name),
                "is_dttm": name in times,
                "groupby": True,
                "filterable": True,
                "description": text,
            }
            for name, text in dataset.columns.items()
        ],
        "metrics": [
            {
                "metric_name": kpi.kpi_id,
                "verbose_name": kpi.meta["name"]["en"],
                "description": definition(kpi),
                "expression": value(kpi, dataset.name),
                "d3format": d3_format(kpi),
                "currency": currency_of(kpi, reporting_currency),
            }
            for kpi in dataset.kpis
        ],
        "version": "1.0.0",
    }


def _type(column: str) -> str:
    if column.startswith("is_"):
        return "BOOLEAN"
    return next((kind for kind, columns in TYPES.items() if column in columns), "VARCHAR")


@cache
def _columns(table: str) -> Mapping[str, str]:
    """Return what the columns of a KPI table mean, by name."""
    path = DBT_PROJECT / "models" / "marts" / "kpis" / "_kpis.yml"
    models = yaml.load(path.read_text(encoding="utf-8"), yaml.CBaseLoader)["models"]
    (model,) = (model for model in models if model["name"] == table)
    return {column["name"]: column["description"] for column in model["columns"]}
