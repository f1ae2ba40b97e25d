"""Writes the bundle, a folder of YAML files that Superset imports: `make docs`.

`python -m orchestration.superset.bundle` writes it here, for those who import it by hand;
`make superset` makes it of the KPIs as they are and imports it itself.
"""

import shutil
from pathlib import Path

import yaml

from orchestration.contract import DBT_PROJECT
from orchestration.kpi_pages import read_kpis
from orchestration.superset.charts import chart_config
from orchestration.superset.dashboard import dashboard_config
from orchestration.superset.datasets import DATABASE, dataset_config, datasets
from orchestration.superset.declaration import charts_of, declared_tabs
from orchestration.superset.identity import Config, identity

BUNDLE = Path(__file__).with_name("bundle")
# Nobody's file but the release is read, nothing is written, and no session can allow itself more.
OPTIONS = "access_mode=read_only&enable_external_access=false&lock_configuration=true"
WRITTEN_AT = "2026-01-01T00:00:00+00:00"


def release_uri(release: Path | str) -> str:
    """Return the SQLAlchemy URI under which Superset reads a DuckDB release."""
    return f"duckdb:///{release}?{OPTIONS}"


def bundle(uri: str) -> dict[str, str]:
    """Return the files of the bundle, by path, with the database at a SQLAlchemy URI."""
    kpis = read_kpis()
    tabs = declared_tabs(kpis)
    variables = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    currency = variables["vars"]["reporting_currency"]
    configs = {
        "metadata.yaml": {"version": "1.0.0", "timestamp": WRITTEN_AT},
        f"databases/{DATABASE}.yaml": _database(uri),
        **{
            f"datasets/{DATABASE}/{dataset.name}.yaml": dataset_config(dataset, currency)
            for dataset in datasets(kpis)
        },
        **{f"charts/{chart.name}.yaml": chart_config(chart, currency) for chart in charts_of(tabs)},
        "dashboards/collections.yaml": dashboard_config(tabs),
    }
    return {
        path: yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100)
        for path, config in configs.items()
    }


def _database(uri: str) -> Config:
    return {
        "database_name": "Collections release",
        "sqlalchemy_uri": uri,
        "uuid": identity("database", DATABASE),
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "cache_timeout": None,
        "extra": {"allows_virtual_table_explore": True},
        "version": "1.0.0",
    }


def main() -> None:
    """Write the bundle anew, for a release beside the process that serves Superset."""
    shutil.rmtree(BUNDLE, ignore_errors=True)
    for path, text in bundle(release_uri("home/published/collections.duckdb")).items():
        (BUNDLE / path).parent.mkdir(parents=True, exist_ok=True)
        (BUNDLE / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
