"""The charts of the bundle, as Superset imports them: how each looks, and what it asks for.

A chart is written twice: `params` is what Superset's pages draw and ask by, `query_context` what
its API, reports and alerts ask by. Both are made of the same parts here.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from orchestration.kpi_pages import Kpi
from orchestration.superset.datasets import CATALOG, LATEST, RELEASE
from orchestration.superset.declaration import Chart
from orchestration.superset.identity import Config, identity
from orchestration.superset.measures import (
    CELLS,
    MONTH,
    VALUES,
    currency_of,
    d3_format,
    definition,
    final_value,
    home,
    is_final,
    value_so_far,
)

FINAL, SO_FAR = "Final", "So far"
MOST_ROWS = 10000
MONTH_FORMAT = "%b %Y"
CATALOG_COLUMNS = (
    *("kpi_id", "name_en", "question_en", "definition_en", "unit", "direction", "time_basis"),
    *("is_available", "waits_for"),
)
LATEST_COLUMNS = (
    *("name", "part", "month", "value", "previous_value", "change_points", "change_relative"),
    *("target", "unit_count", "is_small_sample"),
)
RELEASE_COLUMNS = (
    *("release_id", "as_of", "known_at", "released_at", "audit_outcome", "expectation_count"),
    *("warning_count", "override_count"),
)
# Days, points and counts share a table.
UNIT_FORMATS = {"ratio": ",.1%", "money": ",.2f"}


@dataclass(frozen=True)
class Asked:
    """What a chart asks its dataset for."""

    dataset: str
    columns: Sequence[str] = ()
    metrics: Sequence[Config | str] = ()
    filters: Sequence[tuple[str, str, object]] = ()
    having: str = ""
    order_by: Sequence[tuple[str, bool]] = ()
    series: Sequence[str] = ()
    has_months: bool = True
    look: Config = field(default_factory=dict)


def dataset_of(chart: Chart) -> str:
    """Return the name of the dataset a chart reads."""
    tables = {"latest": LATEST, "catalog": CATALOG, "release": RELEASE}
    if chart.shows in tables:
        return tables[chart.shows]
    return CELLS if all(home(kpi) == CELLS for kpi in chart.kpis) else VALUES


def chart_config(chart: Chart, reporting_currency: str) -> Config:
    """Return a chart as Superset imports it."""
    asked, viz_type = _asked(chart, reporting_currency)
    params = {
        "viz_type": viz_type,
        "datasource": "0__table",
        "adhoc_filters": [*_filters(asked)],
        "row_limit": MOST_ROWS,
        **asked.look,
    }
    return {
        "slice_name": chart.title,
        "description": "\n\n".join(
            f"{kpi.meta['name']['en']}: {definition(kpi)}" for kpi in chart.kpis
        )
        or None,
        "viz_type": viz_type,
        "params": params,
        "query_context": json.dumps(_query_context(asked, viz_type)),
        "cache_timeout": None,
        "uuid": identity("chart", chart.name),
        "dataset_uuid": identity("dataset", asked.dataset),
        "version": "1.0.0",
    }


def _asked(chart: Chart, reporting_currency: str) -> tuple[Asked, str]:
    """Return what a chart asks for and the kind of chart Superset draws of it."""
    if chart.shows in ("latest", "catalog", "release"):
        return _table(chart), "table"
    makers = {
        "headline": (_headline, "big_number"),
        "months": (_months, "echarts_timeseries_bar"),
        "lines": (_lines, "echarts_timeseries_line"),
        "slices": (_slices, "heatmap_v2"),
        "parts": (_parts, "echarts_timeseries_bar"),
    }
    make, viz_type = makers[chart.shows]
    asked = make(chart, dataset_of(chart))
    sign = currency_of(chart.kpis[0], reporting_currency)
    look = {
        "y_axis_format": d3_format(chart.kpis[0]),
        "time_grain_sqla": "P1M",
        **({"currency_format": sign} if sign else {}),
        **asked.look,
    }
    return replace(asked, look=look), viz_type


def _of_month(kpis: Sequence[Kpi], table: str, by: str | None = None) -> list[tuple]:
    """Return the filters that leave some KPIs: of published values, one grain and slice."""
    filters = [("kpi_id", "IN", [kpi.kpi_id for kpi in kpis])]
    if table == VALUES:
        filters += [("period_grain", "==", "month"), ("dimension", "==", by or "all")]
    return filters


def _metric(name: str, sql: str) -> Config:
    return {
        "expressionType": "SQL",
        "sqlExpression": sql,
        "label": name,
        "hasCustomLabel": True,
        "optionName": f"metric_{identity('metric', name + sql)[:8]}",
    }


def _headline(chart: Chart, table: str) -> Asked:
    (kpi,) = chart.kpis
    return Asked(
        table,
        columns=[MONTH],
        metrics=[kpi.kpi_id],
        filters=_of_month(chart.kpis, table),
        having=is_final(kpi),
        order_by=[(MONTH, True)],
        look={
            "metric": kpi.kpi_id,
            "x_axis": MONTH,
            "show_trend_line": True,
            "start_y_axis_at_zero": True,
            "show_timestamp": True,
            "time_format": MONTH_FORMAT,
            "header_font_size": 0.4,
            "color_picker": {"r": 31, "g": 95, "b": 168, "a": 1},
        },
    )


def _months(chart: Chart, table: str) -> Asked:
    (kpi,) = chart.kpis
    metrics = [
        _metric(FINAL, final_value(kpi, table)),
        _metric(SO_FAR, value_so_far(kpi, table)),
    ]
    return Asked(
        table,
        columns=[MONTH],
        metrics=metrics,
        filters=_of_month(chart.kpis, table),
        order_by=[(MONTH, True)],
        look={**_over_months(metrics), "stack": "Stack", "show_legend": False},
    )


def _lines(chart: Chart, table: str) -> Asked:
    metrics = [_metric(kpi.meta["name"]["en"], final_value(kpi, table)) for kpi in chart.kpis]
    return Asked(
        table,
        columns=[MONTH],
        metrics=metrics,
        filters=_of_month(chart.kpis, table),
        order_by=[(MONTH, True)],
        look={
            **_over_months(metrics),
            "seriesType": "line",
            "markerEnabled": True,
            "markerSize": 6,
            "sort_series_type": "max",
            "show_legend": True,
            "legendType": "plain",
            "legendOrientation": "top",
            "legendMargin": 50,
        },
    )


def _slices(chart: Chart, table: str) -> Asked:
    (kpi,) = chart.kpis
    member = chart.by if table == CELLS else "member"
    return Asked(
        table,
        columns=[MONTH, member],
        metrics=[kpi.kpi_id],
        filters=_of_month(chart.kpis, table, chart.by),
        having=is_final(kpi),
        look={
            "x_axis": MONTH,
            "groupby": member,
            "metric": kpi.kpi_id,
            "x_axis_time_format": MONTH_FORMAT,
            "sort_x_axis": "alpha_asc",
            "sort_y_axis": "alpha_asc",
            "linear_color_scheme": "schemeBlues",
            "normalize_across": "heatmap",
            "show_values": True,
            "show_legend": False,
            "show_percentage": False,
            "value_bounds": [None, None],
            # amounts are too long for a cell
            **({"y_axis_format": ".3~s", "currency_format": None} if _is_amount(kpi) else {}),
            "left_margin": 50,
            "bottom_margin": 25,
            "xscale_interval": -1,
            "yscale_interval": -1,
        },
    )


def _is_amount(kpi: Kpi) -> bool:
    return kpi.meta["unit"] == "money" and kpi.meta.get("kind") == "amount"


def _parts(chart: Chart, table: str) -> Asked:
    (kpi,) = chart.kpis
    return Asked(
        table,
        columns=[MONTH, "part"],
        metrics=[kpi.kpi_id],
        filters=_of_month(chart.kpis, table),
        order_by=[(MONTH, True)],
        series=["part"],
        look={
            **_over_months([kpi.kpi_id]),
            "groupby": ["part"],
            "y_axis_bounds": [0, 1] if kpi.meta.get("range") == ["0", "1"] else [None, None],
            # several figures of a statistic are no whole
            "stack": "Stack" if "mix" in kpi.meta else None,
            "show_legend": True,
            "legendOrientation": "right",
        },
    )


def _over_months(metrics: Sequence[Config | str]) -> Config:
    return {
        "x_axis": MONTH,
        "metrics": list(metrics),
        "groupby": [],
        "x_axis_time_format": MONTH_FORMAT,
        "rich_tooltip": True,
        "tooltipTimeFormat": MONTH_FORMAT,
        "show_empty_columns": True,
        "truncateXAxis": True,
        "y_axis_bounds": [None, None],
        "comparison_type": "values",
        "annotation_layers": [],
    }


def _table(chart: Chart) -> Asked:
    columns = {"latest": LATEST_COLUMNS, "catalog": CATALOG_COLUMNS, "release": RELEASE_COLUMNS}
    shown = list(columns[chart.shows])
    order = [] if chart.shows == "release" else [("kpi_position", True)]
    formats = {}
    if chart.shows == "latest":
        number = UNIT_FORMATS.get(chart.units[0], ",.1f")
        formats = {
            **{name: {"d3NumberFormat": number} for name in ("value", "previous_value", "target")},
            "change_points": {"d3NumberFormat": f"+{number}"},
            "change_relative": {"d3NumberFormat": "+,.1%"},
            "unit_count": {"d3NumberFormat": ",d"},
        }
    return Asked(
        dataset_of(chart),
        columns=shown,
        filters=[("unit", "IN", list(chart.units))] if chart.units else [],
        order_by=order,
        has_months=False,
        look={
            "query_mode": "raw",
            "all_columns": shown,
            "order_by_cols": [json.dumps(list(pair)) for pair in order],
            "table_timestamp_format": MONTH_FORMAT if chart.shows == "latest" else "%Y-%m-%d",
            "include_search": chart.units == ("ratio",) or chart.shows == "catalog",
            "show_cell_bars": False,
            "column_config": formats,
        },
    )


def _filters(asked: Asked) -> list[Config]:
    """Return the filters as Superset's pages hold them."""
    filters = [
        {
            "clause": "WHERE",
            "expressionType": "SIMPLE",
            "subject": column,
            "operator": operator,
            "operatorId": {"IN": "IN", "==": "EQUALS"}[operator],
            "comparator": wanted,
        }
        for column, operator, wanted in asked.filters
    ]
    if asked.has_months:
        filters.append(
            {
                "clause": "WHERE",
                "expressionType": "SIMPLE",
                "subject": MONTH,
                "operator": "TEMPORAL_RANGE",
                "comparator": "No filter",
            }
        )
    if asked.having:
        filters.append({"clause": "HAVING", "expressionType": "SQL", "sqlExpression": asked.having})
    return filters


def _query_context(asked: Asked, viz_type: str) -> Config:
    query = {
        "columns": list(asked.columns),
        "metrics": list(asked.metrics) or None,
        "filters": [
            {"col": column, "op": operator, "val": wanted}
            for column, operator, wanted in asked.filters
        ],
        "extras": {"having": f"({asked.having})" if asked.having else "", "where": ""},
        "orderby": [list(pair) for pair in asked.order_by],
        "series_columns": list(asked.series),
        "row_limit": MOST_ROWS,
        "annotation_layers": [],
    }
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": {"viz_type": viz_type},
        "result_format": "json",
        "result_type": "full",
    }
