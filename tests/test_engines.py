"""What the engines have in common, as far as it can be seen without a cluster."""

import re
import socket
from pathlib import Path

import pytest

from orchestration.contract import DBT_PROJECT
from orchestration.engines import check_engine
from orchestration.errors import InputError
from orchestration.settings import Settings
from orchestration.spark import place

MACROS = "\n".join(path.read_text() for path in DBT_PROJECT.glob("macros/*.sql"))
# what the engines spell or mean differently, which is for macros/engines.sql alone
DIFFERENT = re.compile(
    r"\b(try_cast|hugeint|string_agg|listagg|timezone|convert_timezone|generate_series|sequence"
    r"|regexp_\w+|date_diff|datediff|timestamptz|strptime|strftime|list|unnest|explode)\s*\("
    r"|//|::|\bhugeint\b|\bquarter\b",
    re.IGNORECASE,
)


def variants(engine: str) -> set[str]:
    return set(re.findall(rf"\bmacro {engine}__(\w+)\(", MACROS))


def test_every_difference_is_said_for_both_engines() -> None:
    assert (
        variants("duckdb")
        == variants("spark")
        == set(re.findall(r"adapter\.dispatch\('(\w+)'\)", MACROS))
    )


def test_no_model_or_test_says_what_only_one_engine_understands() -> None:
    found = {}
    for path in [*DBT_PROJECT.glob("models/**/*.sql"), *DBT_PROJECT.glob("tests/**/*.sql")]:
        sql = re.sub(r"--.*|'[^']*'|{#.*?#}", "", path.read_text())
        if DIFFERENT.search(sql) or "target." in sql:
            found[path.name] = DIFFERENT.findall(sql)
    assert found == {}


def test_an_engine_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match="duckdb or spark"):
        check_engine("postgres")


def test_without_its_client_spark_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "CLIENT", ("dbt.adapters.none", "none.at_all"))
    with pytest.raises(InputError, match="the extra `spark`"):
        check_engine("spark")


@pytest.mark.parametrize(
    ("remote", "said"),
    [
        ("", "name the cluster in WAREHOUSE_SPARK_REMOTE"),
        ("http://host:15002", "write it as sc://"),
        ("sc://host:port", "write it as sc://"),
        ("sc://127.0.0.1:{closed}/;token=s3cret", "nobody answers at 127.0.0.1"),
    ],
)
def test_a_cluster_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, remote: str, said: str
) -> None:
    monkeypatch.setattr(place, "CLIENT", ())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("WAREHOUSE_SPARK_REMOTE", remote.format(closed=closed.getsockname()[1]))
        settings = Settings(exports=str(tmp_path), home=str(tmp_path), engine="spark")
        with pytest.raises(InputError, match=said) as refused:
            settings.check()
    assert "s3cret" not in str(refused.value)


def test_the_environment_names_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.from_environment().engine == "duckdb"
    monkeypatch.setenv("WAREHOUSE_ENGINE", "spark")
    assert Settings.from_environment().engine == "spark"
