"""What Dagster knows: the graph from raw to release, checks, partitions, pools, history."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import yaml
from dagster import AssetKey
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from operating import EXPORTS as ONE_DAY
from operating import HOLD, process, settings_of
from whole_runs import write

from orchestration.contract import DBT_PROJECT, contract
from orchestration.daily_run import Finished, run_daily
from orchestration.dbt_runner import build
from orchestration.definitions import defs
from orchestration.errors import RefusedError
from orchestration.runs import past_runs
from orchestration.seal import seal
from orchestration.settings import Settings
from orchestration.transformation import manifest, scored_models
from orchestration.warehouse import open_warehouse, warehouse_path

RELEASE = AssetKey("release")
EXPORTS = ONE_DAY | {
    "payment/payments/2026-03-02.csv": """
        payment_id,contract_id,amount,status,status_at
        p2,b,40,cleared,2026-03-01
        """,
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    place = tmp_path_factory.mktemp("dagster")
    write(place / "exports", EXPORTS)
    return settings_of(place)


@pytest.fixture(scope="module")
def finished(settings: Settings) -> Finished:
    return run_daily(settings, "00000000-0000-0000-0000-000000000001")


@pytest.fixture
def instance(finished: Finished) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(finished.home / "dagster")) as opened:
        yield opened


@pytest.fixture(scope="module")
def graph() -> AssetGraph:
    return defs.resolve_asset_graph()


def _downstream(graph: AssetGraph, key: AssetKey) -> set[AssetKey]:
    reached, frontier = set(), {key}
    while frontier:
        reached |= frontier
        frontier = {
            child for parent in frontier for child in graph.get(parent).child_keys
        } - reached
    return reached


def _configured(settings: Settings) -> dict:
    return {"resources": {"settings": {"config": settings.model_dump()}}}


def _launch(
    settings: Settings,
    selection: list[AssetKey],
    tags: dict[str, str],
    instance: dg.DagsterInstance | None = None,
) -> dg.ExecuteInProcessResult:
    """Materialize some assets, as the UI does."""
    return defs.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=selection, tags=tags, run_config=_configured(settings), instance=instance
    )


def test_every_asset_of_the_graph_is_made_by_the_job(graph):
    # a key that differs from dbt's would stand here as an asset nobody makes
    assert graph.unexecutable_asset_keys == set()
    assert defs.resolve_job_def("daily").asset_layer.executable_asset_keys == set(
        graph.materializable_asset_keys
    )


def test_there_is_a_raw_asset_per_export_kind_partitioned_by_export_day(graph):
    for kind in contract().values():
        partitions = graph.get(AssetKey([kind.area, kind.name])).partitions_def
        assert isinstance(partitions, dg.DailyPartitionsDefinition)
        assert partitions.timezone == "America/Sao_Paulo"


def test_what_a_model_reads_leads_from_raw_to_the_release(graph):
    read = {
        AssetKey([source["source_name"], source["name"]])
        for unique_id, source in manifest()["sources"].items()
        if manifest()["child_map"][unique_id]
    }
    assert AssetKey(["payment", "payments"]) in read
    for key in read:
        assert RELEASE in _downstream(graph, key), key


def test_every_published_table_is_audited_before_the_release(graph):
    published = {
        AssetKey(node["name"])
        for node in manifest()["nodes"].values()
        if node["resource_type"] in ("model", "seed")
        and node["name"].startswith(("dim_", "fct_", "kpi_"))
    }
    assert AssetKey("kpi_values") in published
    assert published <= graph.get(RELEASE).parent_keys


def test_every_test_of_dbt_is_an_asset_check(graph):
    tests = {
        node["name"] for node in manifest()["nodes"].values() if node["resource_type"] == "test"
    }
    assert tests
    # beside those of the release and of the raw assets, whose keys have two parts
    of_models = {key for key in graph.asset_check_keys if len(key.asset_key.path) == 1}
    assert {key.name for key in of_models if key.asset_key != RELEASE} == tests


def test_the_daily_job_runs_every_morning_in_the_business_time_zone():
    schedule = defs.resolve_schedule_def("every_morning")
    assert schedule.job_name == "daily"
    assert schedule.cron_schedule == "0 6 * * *"
    assert schedule.execution_timezone == "America/Sao_Paulo"


def test_the_schedule_asks_for_a_catch_up():
    schedule = defs.resolve_schedule_def("every_morning")
    with dg.build_schedule_context() as context:
        requests = schedule.evaluate_tick(context).run_requests
    assert [request.partition_key for request in requests] == [None]


def test_one_op_at_a_time_opens_the_warehouse(instance):
    for node in defs.resolve_job_def("daily").nodes:
        assert node.definition.pool == "warehouse"
    assert instance.get_concurrency_config().pool_config.default_pool_limit == 1


def test_nothing_is_sent_home(instance):
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text())
    assert not project["flags"]["send_anonymous_usage_stats"]
    assert not instance.telemetry_enabled


def test_a_catch_up_records_the_kinds_and_days_it_loaded(instance):
    days = instance.get_materialized_partitions(AssetKey(["payment", "payments"]))
    assert days == {"2026-03-01", "2026-03-02"}
    assert instance.get_materialized_partitions(AssetKey(["billing", "contracts"])) == {
        "2026-03-01"
    }
    assert not instance.get_materialized_partitions(AssetKey(["billing", "disputes"]))


def test_rows_are_counted_per_kind_and_day(instance):
    records = instance.fetch_materializations(AssetKey(["payment", "payments"]), limit=10).records
    of_the_day = {record.partition_key: record.asset_materialization.metadata for record in records}
    assert of_the_day["2026-03-02"]["rows_in"].value == 1
    assert of_the_day["2026-03-02"]["rows_loaded"].value == 1
    assert of_the_day["2026-03-02"]["rows_rejected"].value == 0


def test_a_model_says_its_rows_and_seconds(instance):
    event = instance.get_latest_materialization_event(AssetKey("dim_contracts"))
    metadata = event.asset_materialization.metadata
    assert metadata["dagster/row_count"].value == 2
    assert metadata["Execution Duration"].value > 0


def test_the_release_says_what_it_is_of(finished):
    assert finished.released["as_of"] == "2026-03-02"
    assert Path(finished.released["path"]).is_dir()


def test_the_release_says_what_became_of_the_run(finished):
    (run,) = past_runs(finished.home)[:1]
    said = finished.released
    assert (said["rows_in"], said["rows_loaded"], said["rows"]) == (
        run.rows_in,
        run.rows_loaded,
        run.rows_released,
    )
    assert said["building_seconds"] == run.seconds_by_step["building"]


def test_the_release_is_to_be_made_anew_every_day(graph):
    policy = graph.get(RELEASE).freshness_policy
    assert policy.warn_window.to_timedelta() == timedelta(hours=26)


def test_each_kind_says_whether_it_comes_when_expected(settings, tmp_path):
    often = {
        f"contact/complaints/2026-02-{day:02}.csv": f"""
            complaint_id,received_at
            x{day},2026-02-{day:02}
            """
        for day in (1, 2, 4, 5, 6)
    }
    write(tmp_path / "exports", EXPORTS | often)
    instance = dg.DagsterInstance.ephemeral()
    keys = [AssetKey([kind.area, kind.name]) for kind in contract().values()]
    _launch(settings_of(tmp_path), keys, {}, instance)
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(key, "comes_when_expected") for key in keys]
    )
    said = {
        key.asset_key: record.event.dagster_event.event_specific_data
        for key, record in records.items()
    }
    assert set(said) == set(keys)
    # of the others too few have come to say what is usual
    late = AssetKey(["contact", "complaints"])
    assert {key for key, check in said.items() if not check.passed} == {late}
    assert said[late].severity == dg.AssetCheckSeverity.WARN
    # its newest is of 6 February, the newest of all of 2 March, and two days were the longest
    assert said[late].metadata["days_overdue"].value == 24 - 2
    assert said[late].metadata["newest_export_day"].value == "2026-02-06"


def _audit_checks(instance: dg.DagsterInstance) -> dict[str, dg.AssetCheckEvaluation]:
    """What the newest audit says in the UI, by layer."""
    checks = {
        key for key in defs.resolve_asset_graph().asset_check_keys if key.asset_key == RELEASE
    }
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(checks))
    return {
        key.name: record.event.dagster_event.event_specific_data for key, record in records.items()
    }


def test_each_layer_of_the_audit_is_a_check_on_the_release(instance, finished):
    checks = _audit_checks(instance)
    assert {"audit_arrivals", "audit_core", "audit_kpis", "audit_drift"} <= set(checks)
    warnings = [line.splitlines()[0] for line in finished.released["warnings"]]
    for name, check in checks.items():
        warned_by = check.metadata["warned_by"].value
        layer = name.removeprefix("audit_")
        assert len(warned_by) == len([line for line in warnings if f"({layer}, " in line])
        assert check.passed == (not warned_by)


def test_a_refused_release_says_so_on_its_checks(finished, settings, tmp_path):
    home = shutil.copytree(finished.home, tmp_path / "home", symlinks=True)
    own = settings.model_copy(update={"home": str(home)})
    with closing(duckdb.connect(own.warehouse)) as connection:
        connection.execute("delete from raw.files where kind = 'payments'")
    seal(own.warehouse, "test")
    instance = dg.DagsterInstance.ephemeral()
    with pytest.raises(RefusedError):
        _launch(own, [RELEASE], {}, instance)
    check = _audit_checks(instance)["audit_arrivals"]
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.ERROR
    assert check.metadata["refused_by"].value == ["required_kinds_are_delivered"]
    assert past_runs(home)[-1].outcome == "refused"


def test_a_run_of_the_ui_waits_for_others_as_the_command_line_does(settings, tmp_path):
    own = settings.model_copy(update={"home": str(tmp_path / "home"), "wait": 0})
    (tmp_path / "home").mkdir()
    other = process(HOLD, tmp_path / "home")
    with pytest.raises(dg.DagsterError) as told:
        _launch(own, [AssetKey(["payment", "payments"])], {})
    assert "another run is at work there: run the-other" in str(told.value.__cause__)
    assert not own.warehouse.exists()
    other.communicate("\n")


def test_partitions_can_be_loaded_from_the_ui_alone(settings, tmp_path):
    own = settings.model_copy(update={"home": str(tmp_path / "home")})
    _launch(
        own,
        [AssetKey(["payment", "payments"])],
        {
            "dagster/asset_partition_range_start": "2026-03-02",
            "dagster/asset_partition_range_end": "2026-03-03",
        },
    )
    with closing(duckdb.connect(own.warehouse)) as connection:
        loaded = connection.execute("select area, kind, export_day from raw.files").fetchall()
    assert loaded == [("payment", "payments", date(2026, 3, 2))]


@pytest.mark.parametrize(
    "selection",
    [
        [AssetKey("dim_contracts"), RELEASE],
        [AssetKey(["payment", "payments"]), AssetKey(["ingestion", "files"]), RELEASE],
        [*scored_models.keys, RELEASE],
    ],
    ids=["one model", "ingestion", "what reads scores"],
)
def test_no_run_of_a_part_reaches_the_release(finished, settings, tmp_path, selection):
    home = shutil.copytree(finished.home, tmp_path / "home", symlinks=True)
    late = "payment_id,contract_id,amount,status,status_at\np3,b,1,cleared,2026-03-01\n"
    write(tmp_path / "exports", EXPORTS | {"payment/payments/2026-03-03.csv": late})
    own = settings_of(tmp_path)
    served = (home / "published").readlink()
    for selected in (selection, [RELEASE]):
        with pytest.raises(RefusedError, match="not as a whole build with all its tests left it"):
            _launch(own, selected, {})
    assert (home / "published").readlink() == served
    assert len(list((home / "releases").iterdir())) == 1


def test_the_release_can_be_tried_again_alone_where_nothing_was_written_since_the_build(
    finished, settings, tmp_path
):
    home = shutil.copytree(finished.home, tmp_path / "home", symlinks=True)
    own = settings.model_copy(update={"home": str(home)})
    _launch(own, [RELEASE], {})
    assert (home / "published").readlink().name.startswith("000002")


def test_one_model_can_be_built_from_the_ui_alone(finished, settings):
    result = _launch(settings, [AssetKey("dim_contracts")], {})
    built = {event.asset_key for event in result.get_asset_materialization_events()}
    assert built == {AssetKey("dim_contracts")}


def test_dbt_lets_go_of_the_warehouse_file(finished, settings):
    held = {path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}
    assert settings.warehouse not in held


def test_a_test_of_dbt_that_fails_stops_the_run_before_the_release(settings, tmp_path):
    write(
        tmp_path / "exports",
        EXPORTS
        | {
            "contact/contacts/2026-03-01.csv": """
                contact_id,customer_id,channel,direction,started_at
                c1,a,pigeon,outbound,2026-02-10 10:00:00
                """
        },
    )
    own = settings_of(tmp_path)
    instance = dg.DagsterInstance.ephemeral()
    result = defs.resolve_job_def("daily").execute_in_process(
        instance=instance, run_config=_configured(own), raise_on_error=False
    )
    assert not result.success
    assert instance.get_latest_materialization_event(AssetKey("dim_contracts"))
    assert not instance.get_latest_materialization_event(RELEASE)
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert [check.asset_key for check in failed] == [AssetKey("fct_contacts")]
    assert not (tmp_path / "home" / "published").exists()


def test_ingestion_and_dbt_make_the_same_raw_tables(tmp_path):
    columns = """
        select table_name, column_name, data_type
        from information_schema.columns
        where table_schema = 'raw'
        order by table_name, ordinal_position
    """
    by_dbt = Settings(exports=str(tmp_path), home=str(tmp_path / "dbt"))
    by_dbt.run_home.mkdir()
    build(["--select", "int_clock"], by_dbt, lambda event: None)
    by_ingestion = warehouse_path(tmp_path / "ingestion")
    open_warehouse(by_ingestion).close()
    found = []
    for path in (by_dbt.warehouse, by_ingestion):
        with closing(duckdb.connect(path)) as connection:
            found.append(connection.execute(columns).fetchall())
    assert found[0]
    assert found[0] == found[1]
