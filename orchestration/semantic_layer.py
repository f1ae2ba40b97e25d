"""Writes the semantic layer and its page from the KPIs' own YAML files.

`python -m orchestration.semantic_layer`, or `make docs`.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml

from orchestration.contract import DBT_PROJECT
from orchestration.kpi_pages import read_kpis
from orchestration.metric_definitions import measures_and_metrics
from orchestration.metric_readings import Reading, readings, why_left_out

SEMANTIC_LAYER = DBT_PROJECT.parent / "semantic_layer"
FILES = SEMANTIC_LAYER / "models" / "kpis"
PAGE = DBT_PROJECT.parent / "docs" / "semantic-layer.md"
MARKS = ("<!-- the metrics: written by `make docs` -->", "<!-- the end of the metrics -->")
WRITTEN = "Written by `make docs` from the KPI's own YAML: change that, not this."


def files() -> dict[Path, str]:
    """Return every file that is written, with its text, by its path."""
    written = {PAGE: _page(), FILES / "_release.yml": f"# {WRITTEN}\n{_dumped(_release())}"}
    for kpi in read_kpis():
        for reading in readings(kpi):
            path = FILES / kpi.topic / reading.name
            written[path.with_suffix(".sql")] = f"-- {WRITTEN}\n{_view(reading)}\n"
            written[path.with_suffix(".yml")] = f"# {WRITTEN}\n{_dumped(_declared(reading))}"
    return written


def _view(reading: Reading) -> str:
    """Call the macro that selects the rows of a reading."""
    macro = "unit" if reading.counts_units else "row"
    arguments: list = [reading.kpi.kpi_id, list(reading.dimensions)]
    if reading.rule in ("start", "end"):
        macro += "_stocks"
        arguments += [reading.rule, list(reading.sides_with_spans)]
    elif reading.rule == "mean":
        macro += "_means"
        arguments += [list(reading.sides_with_spans)]
    else:
        macro += "_moments"
    written = [repr(argument) for argument in arguments]
    if reading.mix:
        written.append(f"mix={reading.mix!r}")
    if reading.is_native:
        written.append("native=true")
    return f"{{{{ {macro}({', '.join(written)}) }}}}"


def _release() -> dict:
    """Declare the tables the views read; rows of a KPI where its cells are not enough."""
    of_rows = [
        f"kpi_{kpi.kpi_id}"
        for kpi in read_kpis()
        if any(reading.counts_units or reading.rule == "mean" for reading in readings(kpi))
    ]
    return {
        "sources": [
            {
                "name": "release",
                "database": "release",
                "schema": "main",
                "tables": [
                    {"name": table} for table in ["dim_dates", "kpi_catalog", "kpi_cells", *of_rows]
                ],
            }
        ]
    }


def _declared(reading: Reading) -> dict:
    measures, metrics = measures_and_metrics(reading)
    view = {
        "name": reading.name,
        "description": f"What the metric {reading.name} is summed from.",
    }
    # a dimension is an entity of its own: it has the same name for every metric, a metric that
    # does not have it is refused, and none is taken from the rows of another one
    entities = [*reading.dimensions, *([reading.mix] if reading.mix else [])]
    semantic_model = {
        "name": reading.name,
        "model": f"ref('{reading.name}')",
        "defaults": {"agg_time_dimension": "calendar_date"},
        "primary_entity": f"{reading.name}_row",
        "entities": [{"name": name, "type": "foreign", "expr": name} for name in entities],
        "dimensions": [
            {
                "name": "calendar_date",
                "type": "time",
                "type_params": {"time_granularity": "month" if reading.rule else "day"},
            }
        ],
        "measures": measures,
    }
    return {"models": [view], "semantic_models": [semantic_model], "metrics": metrics}


def _dumped(declared: dict) -> str:
    return yaml.safe_dump(declared, sort_keys=False, allow_unicode=True, width=100)


def _page() -> str:
    before, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    written = "\n".join([*_metrics_table(), "", *_left_out_table()])
    return f"{before}{MARKS[0]}\n\n{written}\n\n{MARKS[1]}{after}"


def _metrics_table() -> Iterator[str]:
    yield "| metric | by | periods |"
    yield "| --- | --- | --- |"
    for kpi in read_kpis():
        for reading in readings(kpi):
            entities = ", ".join([*reading.dimensions, *([reading.mix] if reading.mix else [])])
            yield f"| `{reading.name}` | {entities or '-'} | {_periods(reading)} |"


def _periods(reading: Reading) -> str:
    if reading.is_by_month_only:
        return "month"
    return "month and longer" if reading.rule else "day and longer"


def _left_out_table() -> Iterator[str]:
    yield "| not there | why |"
    yield "| --- | --- |"
    for kpi in read_kpis():
        if reason := why_left_out(kpi.meta):
            yield f"| [`{kpi.kpi_id}`](kpis/{kpi.kpi_id}.md) | {reason} |"


def main() -> None:
    """Write the files, and take away those of KPIs that are gone."""
    written = files()
    for path in set(FILES.rglob("*.*")) - set(written):
        path.unlink()
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
