"""The dashboard of the bundle: its tabs, where each chart stands, and what can be filtered."""

from collections.abc import Iterator, Sequence

from orchestration.superset.charts import FINAL, SO_FAR, dataset_of
from orchestration.superset.declaration import Chart, Tab, charts_of
from orchestration.superset.identity import Config, identity
from orchestration.superset.measures import CELLS

TITLE = "Collections KPIs"
COLUMNS = 12
HEIGHTS = {
    "headline": 27,
    "months": 32,
    "lines": 42,
    "slices": 42,
    "parts": 42,
    "latest": 46,
    "catalog": 90,
    "release": 16,
}
NOTE_HEIGHT = 10
# One accent; horizons and steps of a funnel from light to dark or dark to light.
ACCENT, PALE = "#1f5fa8", "#b9d0ea"
SHADES = ("#9dc3e6", "#5b9bd5", "#1f5fa8", "#0b2f5c")
FILTER_NOTE = "Applies to the charts that then have a funnel: those summed from cells that have it."
FILTERED = ("portfolio", "product", "creditor_brand", "segment", "region", "age_band")


def dashboard_config(tabs: Sequence[Tab]) -> Config:
    """Return the dashboard as Superset imports it."""
    charts = {chart.name: number for number, chart in enumerate(charts_of(tabs), start=1)}
    return {
        "dashboard_title": TITLE,
        "description": "Every collection KPI by month, as it was published.",
        "css": "",
        "slug": "collections",
        "published": True,
        "uuid": identity("dashboard", TITLE),
        "position": dict(_position(tabs, charts)),
        "metadata": {
            "color_scheme": "supersetColors",
            "label_colors": _label_colors(tabs),
            "cross_filters_enabled": False,
            "refresh_frequency": 0,
            "native_filter_configuration": list(_filters(tabs, charts)),
        },
        "version": "1.0.0",
    }


def _position(tabs: Sequence[Tab], charts: dict[str, int]) -> Iterator[tuple[str, Config | str]]:
    yield "DASHBOARD_VERSION_KEY", "v2"
    yield "ROOT_ID", {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]}
    yield "HEADER_ID", {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": TITLE}}
    yield "GRID_ID", _part("GRID_ID", "GRID", ["TABS"], ["ROOT_ID"])
    above = ["ROOT_ID", "GRID_ID"]
    names = [f"TAB-{number}" for number in range(len(tabs))]
    yield "TABS", _part("TABS", "TABS", names, above)
    for name, tab in zip(names, tabs, strict=True):
        notes = [f"{name}-NOTE"] if tab.note else []
        rows = [f"{name}-ROW-{number}" for number in range(len(tab.rows))]
        meta = {"text": tab.title}
        yield name, _part(name, "TAB", [*notes, *rows], [*above, "TABS"], meta)
        for note in notes:
            meta = {"code": tab.note, "width": COLUMNS, "height": NOTE_HEIGHT}
            yield note, _part(note, "MARKDOWN", [], [*above, "TABS", name], meta)
        for row, shown in zip(rows, tab.rows, strict=True):
            places = [f"CHART-{chart.name}" for chart in shown]
            meta = {"background": "BACKGROUND_TRANSPARENT"}
            yield row, _part(row, "ROW", places, [*above, "TABS", name], meta)
            for place, chart in zip(places, shown, strict=True):
                meta = {
                    "chartId": charts[chart.name],
                    "uuid": identity("chart", chart.name),
                    "sliceName": chart.title,
                    "width": COLUMNS // len(shown),
                    "height": max(other.height or HEIGHTS[other.shows] for other in shown),
                }
                yield place, _part(place, "CHART", [], [*above, "TABS", name, row], meta)


def _part(
    name: str, kind: str, children: list[str], parents: list[str], meta: Config | None = None
) -> Config:
    return {
        "id": name,
        "type": kind,
        "children": children,
        "parents": parents,
        "meta": meta or {},
    }


def _label_colors(tabs: Sequence[Tab]) -> dict[str, str]:
    colors = {FINAL: ACCENT, SO_FAR: PALE}
    for chart in charts_of(tabs):
        if chart.shows == "lines":
            # a label that is also the name of a metric is looked up by the metric
            colors |= {kpi.kpi_id: shade for kpi, shade in zip(chart.kpis, SHADES, strict=False)}
    return colors


def _filters(tabs: Sequence[Tab], charts: dict[str, int]) -> Iterator[Config]:
    """Yield the filters: of months, and of each dimension for the charts that have it."""
    months = [chart for chart in charts_of(tabs) if chart.kpis]
    yield _filter("Months", "filter_time", [{}], months, charts)
    for dimension in FILTERED:
        having = [
            chart
            for chart in months
            if dataset_of(chart) == CELLS
            and all(dimension in kpi.meta.get("dimensions", []) for kpi in chart.kpis)
        ]
        target = {"column": {"name": dimension}, "datasetUuid": identity("dataset", CELLS)}
        name = dimension.replace("_", " ").capitalize()
        yield _filter(name, "filter_select", [target], having, charts)


def _filter(
    name: str, kind: str, targets: list[Config], scope: Sequence[Chart], charts: dict[str, int]
) -> Config:
    in_scope = {chart.name for chart in scope}
    return {
        "id": f"NATIVE_FILTER-{identity('filter', name)}",
        "name": name,
        "type": "NATIVE_FILTER",
        "filterType": kind,
        "targets": targets,
        "description": FILTER_NOTE if kind == "filter_select" else "",
        "cascadeParentIds": [],
        "controlValues": {"multiSelect": True, "enableEmptyFilter": False},
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "scope": {
            "rootPath": ["ROOT_ID"],
            "excluded": [number for chart, number in charts.items() if chart not in in_scope],
        },
    }
