"""The engines the models can be built on: the same models, and the same tables of them."""

from orchestration.errors import InputError
from orchestration.spark.place import check_spark

ENGINE_VARIABLE = "WAREHOUSE_ENGINE"
# by the names of dbt's targets
DUCKDB, SPARK = "duckdb", "spark"
ENGINES = (DUCKDB, SPARK)


def check_engine(engine: str) -> None:
    """Raise ``InputError`` where there is no such engine or it cannot be reached."""
    if engine not in ENGINES:
        raise InputError(
            f"--engine {engine}: there is no such engine; it is {' or '.join(ENGINES)}."
        )
    if engine == SPARK:
        check_spark()
