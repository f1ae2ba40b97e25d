import os
import subprocess
import sys
from pathlib import Path

from orchestration.contract import DBT_PROJECT


def test_an_analyst_can_build_and_test_the_project_by_itself(tmp_path: Path) -> None:
    """On an empty file, so that every unit test of every model runs, and nothing else."""
    dbt = Path(sys.executable).with_name("dbt")
    build = subprocess.run(
        [dbt, "build", "--target-path", tmp_path / "target", "--log-path", tmp_path / "logs"],
        cwd=DBT_PROJECT,
        env={**os.environ, "WAREHOUSE_FILE": str(tmp_path / "warehouse.duckdb")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stdout
    assert "unit tests" in build.stdout
