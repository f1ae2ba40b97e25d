"""Writes the audit as one HTML page of Data Docs that needs no other file and no network."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, FileSystemLoader

from expectations.validation import Finding, TableResult

if TYPE_CHECKING:
    from expectations.audit import Overridden

TEMPLATE = Path(__file__).with_name("report.html")


def write_report(
    report_dir: Path,
    failures: Sequence[Finding],
    overridden: Sequence["Overridden"],
    warnings: Sequence[Finding],
    results: Sequence[TableResult],
) -> Path:
    """Write ``index.html`` into ``report_dir`` and return its path.

    The verdict and the rows behind it come first, then every expectation of every table as Great
    Expectations renders it. Its own page skeleton fetches styles and scripts from the network,
    so only its sections are used.
    """
    renderer = ValidationResultsPageRenderer()
    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([FileSystemLoader(TEMPLATE.parent), view.env.loader])
    tables = [
        {
            "layer": result.layer,
            "name": result.table,
            "statistics": result.result.statistics,
            # the first section repeats ids and versions
            "sections": renderer.render(result.result).to_json_dict()["sections"][1:],
        }
        for result in results
    ]
    page = view.env.get_template(TEMPLATE.name).render(
        failures=failures,
        overridden=overridden,
        warnings=warnings,
        tables=tables,
        checks=sum(len(result.result.results) for result in results),
    )
    report_dir.mkdir(parents=True, exist_ok=True)
    report = report_dir / "index.html"
    report.write_text(page, encoding="utf-8")
    return report
