"""What Spark reads in the texts of exports and on the clocks of places, against DuckDB."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from spark_cluster import needs_spark, running_cluster

from orchestration.contract import DBT_PROJECT
from orchestration.dbt_runner import FILE_VARIABLE, QUIET, parsed_project
from orchestration.spark.place import REMOTE_VARIABLE
from orchestration.sql_text import literal

pytestmark = [pytest.mark.spark, needs_spark]

TYPES = (
    "date",
    "timestamp",
    "bigint",
    "decimal(18, 2)",
    "decimal(18, 8)",
    "double",
    "boolean",
)
DAYS = """
    2026-01-02|2026-1-2|2026/01/02|2026 01 02|2026\\01\\02|2026-01/02|26-01-02|126-01-02|
    12026-01-02|02026-01-02|0001-01-01|0999-12-31|1000-01-01|9999-12-31|0000-01-01|-0001-01-01|
    +2026-01-02|2026-01-02x|2026-01-02 x|2026-01-02T|2026-01-02 10|2026-01-02Z|2026-01-02+02|
    2026-02-29|2024-02-29|2026-13-01|2026-00-01|2026-01-00|2026-01-32|20260102|2026|2026-01|
    infinity|-infinity|today|now|2026-W01-1|02/01/2026|01-02-2026|2026-001|99999-01-01
"""
INSTANTS = """
    2026-01-02 10:00|2026-01-02T10:00|2026-01-02t10:00|2026-01-02T10:00:00|2026-01-02 1:2:3|
    2026-01-02 10:00:00.1|2026-01-02 10:00:00.123456789|2026-01-02 10:00:00.9999999|
    2026-01-02 10:00:00.|2026-01-02 10:00:00,5|2026-01-02  10:00:00|2026-01-02 24:00|
    2026-01-02 24:00:00|2026-01-02 24:00:01|2026-01-02 25:00:00|2026-01-02 10:60:00|
    2026-01-02 10:59:60|2026-01-02 10:0|2026-01-02 10:00:0|2026-01-02 100:00:00|
    2026-01-02 10:00:00Z|2026-01-02 10:00:00z|2026-01-02 10:00:00 Z|2026-01-02T10:00Z|
    2026-01-02T10:00:00.5Z|2026-01-02T10:00:00.123-03:00|2026-01-02 10:00+02|
    2026-01-02 10:00:00+02|2026-01-02 10:00:00+2|2026-01-02 10:00:00+0200|
    2026-01-02 10:00:00+02:00|2026-01-02 10:00:00 +02:00|2026-01-02 10:00:00+02:00:30|
    2026-01-02 10:00:00-03:30|2026-01-02 10:00:00+15:59|2026-01-02T10:00:00- 03|
    2026-01-02 10:00:00 UTC|2026-01-02 10:00:00UTC|2026-01-02 10:00:00 America/Sao_Paulo|
    2026-01-02 10:00:00 PM|2026-01-02 10:00:00 AM|2026-01-02-10:00|2026-01-02-10:00:00|
    2026-01-02 24:00:00-03:00|2026-01-02 9:00-03:00|2026-1-2 9:00Z|2018-11-04 00:30:00|
    2018-02-17 23:30:00|2018-02-17 23:30:00-02:00|
    2026-01-02T10:00:00+00:00[UTC]
"""
NUMBERS = """
    1|-1|+1|1.|.5|-.5|1.5|2.5|-1.5|-2.5|0.5|1e3|1E3|1e-3|1e+3|1e|e1|1,5|1.234,5|1_000|1__0|_1|
    1_|1 000|inf|-inf|+inf|nan|NaN|Infinity|1d|1f|1L|1S|1BD|00012|-0|- 1|1.005|1.004999|1.995|
    0.125|9223372036854775807|9223372036854775808|9223372036854775807.4|9223372036854775807.5|
    -9223372036854775808.5|9999999999999999.99|9999999999999999.994|9999999999999999.995|
    10000000000000000|1e15|1e16|1e400|-1e400|1e-400|4.9e-324|1.7976931348623157e308|15e-1|5e-1|
    1.25e1|.|-|+|$1|1%|1.2.3|--1|1-|(1)|1e1.5|1e 1|.e1|.5e1|1.e1|1_000.5|1e1_0|1e18|1e19|
    0.00000000000000000000000000001|123456789012345678901234567890|0.1|1e22|true
"""
BOOLEANS = "true|false|TRUE|False|t|f|T|y|n|Y|yes|no|YES|on|off|1|0|2|-1|01|1.0|tr|wahr|null"
PLACES = (
    *("America/Sao_Paulo", "America/New_York", "Europe/Berlin", "America/Bogota"),
    *("Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "UTC"),
)


def texts() -> list[str]:
    """Every text by itself and with space around it, and texts of nothing but space."""
    plain = [
        text.strip(" \n")
        for table in (DAYS, INSTANTS, NUMBERS, BOOLEANS)
        for text in table.replace("|\n", "|").split("|")
    ]
    spaced = [
        f"{before}{text}{after}"
        for text in plain
        for before, after in ((" ", ""), ("", " "), ("\t", "\n"))
    ]
    return sorted({*plain, *spaced, "", " ", "\n", "\u00a01", "\uff11"})


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place = tmp_path_factory.mktemp("cluster")
    with running_cluster(place) as cluster:
        yield cluster.remote


@pytest.fixture
def place(remote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(REMOTE_VARIABLE, remote)
    monkeypatch.setenv(FILE_VARIABLE, "")
    return tmp_path


def compiled(place: Path, engine: str, sql: str) -> str:
    from dbt.cli.main import dbtRunner

    folder = place / engine
    project = parsed_project(engine)
    os.environ[FILE_VARIABLE] = str(place / "warehouse.duckdb")  # parsing unnames it
    result = dbtRunner(manifest=project).invoke(
        [
            *("compile", "--inline", sql, "--target", engine, *QUIET),
            *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
            *("--target-path", str(folder), "--log-path", str(folder)),
        ]
    )
    assert result.success, result.exception
    return result.result.results[0].node.compiled_code


def differing(place: Path, remote: str, sql: str) -> list[tuple]:
    """Rows of a query on the table ``given`` that come from one engine only."""
    from pyspark.sql import SparkSession

    given = literal(place / "given.parquet")
    session = (
        SparkSession.builder.config("spark.remote", remote)
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.timestampType", "TIMESTAMP_NTZ")
        .getOrCreate()
    )
    of_spark = compiled(place, "spark", sql).replace("given", f"parquet.`{place}/given.parquet`")
    session.sql(of_spark).write.parquet(str(place / "of_spark"))
    session.stop()
    of_duckdb = compiled(place, "duckdb", sql).replace("given", given)
    with closing(duckdb.connect()) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create table of_duckdb as {of_duckdb}")
        rows = literal(place / "of_spark" / "*.parquet")
        connection.execute(f"create view of_spark as from read_parquet({rows})")
        assert connection.execute("select count(*) > 100 from of_duckdb").fetchone() == (True,)
        return connection.execute(
            "select 'duckdb', * from (from of_duckdb except all from of_spark) union all"
            " select 'spark', * from (from of_spark except all from of_duckdb) order by 2"
        ).fetchall()


def test_both_engines_read_the_same_in_odd_texts(place: Path, remote: str) -> None:
    with closing(duckdb.connect()) as connection:
        connection.execute(
            f"copy (select unnest($texts) as written) to {literal(place / 'given.parquet')}",
            {"texts": texts()},
        )
    values = []
    for data_type in TYPES:
        column = {"name": "written", "data_type": data_type}
        readings = {"of": f"{{{{ read_as('written', '{data_type}') }}}}"}
        if data_type == "timestamp":
            readings |= {
                "instant_of": "{{ instant('written') }}",
                "day_of": "{{ business_date('written') }}",
            }
        for name, reading in readings.items():
            values.append(
                f"case when not {{{{ is_mistyped({column}) }}}} then {reading} end"
                f" as {name}_{data_type.split('(')[0]}_{len(values)}"
            )
    assert differing(place, remote, f"select written, {', '.join(values)} from given") == []


def test_both_engines_have_the_same_time_on_the_clocks_of_places(place: Path, remote: str) -> None:
    with closing(duckdb.connect()) as connection:
        connection.execute(
            "copy (select place, timestamp '2009-01-01' + to_minutes(30 * half_hour) as moment"
            " from (select unnest($places) as place), range(11 * 365 * 48) as r (half_hour))"
            f" to {literal(place / 'given.parquet')}",
            {"places": PLACES},
        )
    sql = (
        "select place, moment, {{ utc_of('moment', 'place') }} as in_utc,"
        " {{ time_at('place', 'moment') }} as on_the_clock from given"
    )
    assert differing(place, remote, sql) == []
