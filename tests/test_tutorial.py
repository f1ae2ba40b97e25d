"""The KPI that the guide adds step by step, added to a copy of the project and built."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from whole_runs import query

from orchestration.comparing.comparison import Which, compared
from orchestration.contract import DBT_PROJECT
from orchestration.releases import release_file
from orchestration.warehouse import warehouse_path

GUIDE = DBT_PROJECT.parent / "docs" / "change-a-kpi.md"
KPI = "kpi_payment_reversal_rate"


@pytest.fixture(scope="module")
def blocks() -> tuple[str, ...]:
    """The rows, the metadata and the unit test of the guide."""
    text = GUIDE.read_text(encoding="utf-8").split("## Add one, step by step")[1]
    return tuple(re.findall(r"```(?:sql|yaml)\n(.*?)```", text, re.DOTALL))


def test_a_kpi_is_added_in_under_30_lines(blocks: tuple[str, ...]) -> None:
    rows, metadata, _ = blocks
    assert len(rows.splitlines()) + len(metadata.splitlines()) < 30


def test_the_kpi_of_the_guide_has_values(
    blocks: tuple[str, ...], sample_home: Path, tmp_path: Path
) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copyfile(warehouse_path(sample_home), warehouse)
    rows, metadata, unit_test = blocks
    topic = project / "models" / "marts" / "kpis" / "recovery"
    (topic / f"{KPI}.sql").write_text(rows, encoding="utf-8")
    (topic / f"{KPI}.yml").write_text(metadata + "\n" + unit_test, encoding="utf-8")
    macros = project / "macros" / "kpis.sql"
    macros.write_text(
        macros.read_text().replace("'cash_collected',", f"'cash_collected', '{KPI[4:]}',")
    )

    # of the tests only its own, the others are run with the project
    build = subprocess.run(
        [
            *(Path(sys.executable).with_name("dbt"), "build", "--indirect-selection", "empty"),
            *("--select", f"{KPI}+,resource_type:model", re.search(r"- name: (\w+)", unit_test)[1]),
            *("--target-path", tmp_path / "target", "--log-path", tmp_path / "logs"),
        ],
        cwd=project,
        env={**os.environ, "WAREHOUSE_FILE": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert build.returncode == 0, build.stdout
    assert "1 unit test" in build.stdout
    ((numerator, denominator, value),) = query(
        warehouse,
        "select numerator, denominator, value from kpi_values"
        f" where kpi_id = '{KPI[4:]}' and period_grain = 'year' and period_start = '2026-01-01'"
        " and dimension = 'all'",
    )
    assert (numerator, denominator) == query(
        warehouse,
        "select count(*) filter (restated_amount < amount), count(*) from fct_cash"
        " where movement_kind = 'payment' and year(booked_date) = 2026",
    )[0]
    assert value == pytest.approx(float(numerator) / float(denominator))
    # and against the release nothing else differs, as the guide says to look
    with compared(release_file(sample_home), warehouse) as comparison:
        (difference,) = comparison.by_kpi(Which())
    assert (difference.kpi_id, difference.final_count, difference.gone_count) == (KPI[4:], 0, 0)
    assert difference.new_count > 0
