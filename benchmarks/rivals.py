"""What a user would pick instead, as processes to be measured: each writes the same ten KPIs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.measuring import Measured, measure
from benchmarks.postgres_server import Server

SCRIPTS = Path(__file__).with_name("contenders")


def scripts(
    python: Path, exports: Path, scratch: Path, server: Server | None
) -> dict[str, Callable[[], Measured]]:
    """Name the contenders there are here, with what measures each; figures go to scratch."""
    found = {
        name: partial(measure, [python, SCRIPTS / script, exports, figures_of(name, scratch)])
        for name, script in (
            ("pandas", "pandas_kpis.py"),
            ("Polars", "polars_kpis.py"),
            ("PySpark", "pyspark_kpis.py"),
        )
    }
    if server:
        found["PostgreSQL"] = partial(
            measure,
            [
                *(python, SCRIPTS / "postgres_kpis.py", exports),
                *(figures_of("PostgreSQL", scratch), server.conninfo),
            ],
            also_watch=server.pid,
        )
    return found


def figures_of(name: str, scratch: Path) -> Path:
    """Return where a contender writes its figures."""
    return scratch / f"figures of {name}.csv"
