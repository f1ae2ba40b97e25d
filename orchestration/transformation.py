"""The dbt project as Dagster assets.

It is built in two steps: all that reads no score, what scores are made from among it, and then
what reads them. What dbt says while it builds becomes Dagster's materializations and check
results, by dagster-dbt's own translation.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from dbt.cli.main import dbtRunnerResult
from dbt_common.events.base_types import EventMsg
from google.protobuf.json_format import MessageToDict

from orchestration.dbt_runner import (
    ALL_MODELS,
    BuildError,
    build,
    failed_nodes,
    parsed_project,
    problems,
)
from orchestration.engines import SPARK
from orchestration.errors import InputError, is_transient
from orchestration.ingestion.assets import WAREHOUSE_POOL
from orchestration.progress import report
from orchestration.retries import retried
from orchestration.runs import recorder_of
from orchestration.seal import seal
from orchestration.settings import Settings

TRANSLATOR = DagsterDbtTranslator()
SCORED = "source:insight+"


@cache
def manifest() -> Mapping:
    """Return the parsed project as dagster-dbt reads it.

    Every test is attached to a model, so that it is an asset check: to one of the step that runs
    it, which is the last that builds what it names.
    """
    project = parsed_project().writable_manifest().to_dict(omit_none=False)
    scored = downstream_of_scores(project)
    for node in project["nodes"].values():
        if node["resource_type"] == "test":
            named = node["depends_on"]["nodes"]
            of_last_step = [one for one in named if one in scored] or named
            if node.get("attached_node") not in of_last_step:
                node["attached_node"] = of_last_step[0]
    return project


def downstream_of_scores(project: Mapping) -> set[str]:
    """Return the ids of all that reads a score, itself or through others."""
    found = set()
    new = [key for key, source in project["sources"].items() if source["source_name"] == "insight"]
    while new:
        found.update(new)
        new = [child for one in new for child in project["child_map"][one] if child not in found]
    return found


@dbt_assets(
    manifest=manifest(), select=ALL_MODELS, exclude=SCORED, name="models", pool=WAREHOUSE_POOL
)
def models(context: dg.AssetExecutionContext, settings: Settings) -> Iterator:
    """Build and test the models that read no score; a failed model or test fails the run."""
    yield from _build(context, settings, select=ALL_MODELS, exclude=SCORED)


@dbt_assets(manifest=manifest(), select=SCORED, name="scored_models", pool=WAREHOUSE_POOL)
def scored_models(context: dg.AssetExecutionContext, settings: Settings) -> Iterator:
    """Build and test the models that read scores; a failed model or test fails the run.

    Only where all models were built and tested is the warehouse sealed for release.
    """
    yield from _build(context, settings, select=SCORED)
    # of a whole job, no selection is told
    asked = context.run.asset_selection
    if not context.is_subset and (not asked or asked >= models.keys):
        seal(settings.warehouse, context.run.run_id)


def _build(
    context: dg.AssetExecutionContext,
    settings: Settings,
    *,
    select: str,
    exclude: str | None = None,
) -> Iterator:
    """Have dbt build and test what is selected, and tell Dagster of it."""
    recorder = recorder_of(context.run.run_id)
    arguments = _build_arguments(context, settings, select, exclude)
    events: list[dict] = []
    unheard: list[Exception] = []

    def hear(event: EventMsg) -> None:
        try:
            if event.info.level != "debug":
                take_down(event)
        except Exception as error:  # dbt would wait for ever for a thread that ends by it
            unheard.append(error)

    def take_down(event: EventMsg) -> None:
        recorder.log(event.info.level.upper(), event.info.msg, step="models")
        if hasattr(event.data, "node_info"):
            events.append(MessageToDict(event, preserving_proto_field_name=True))
            _report(event)

    def attempt() -> tuple[dbtRunnerResult, dict[str, dict[str, int]]]:
        events.clear()
        unheard.clear()
        _check_clocks(settings)
        result = _builder(settings)(arguments, settings, hear)
        if unheard:
            raise unheard[0]
        if not result.success and is_transient(error := BuildError(problems(result))):
            raise error
        return result, _row_counts(settings, events)

    with recorder.step("building"):
        result, row_counts = retried(attempt, context.log.warning)
    for event in events:
        message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
        rows = row_counts.get(event["data"]["node_info"]["unique_id"], {})
        for outcome in message.to_default_asset_events(manifest(), TRANSLATOR, context):
            if isinstance(outcome, dg.Output):
                yield outcome.with_metadata({**outcome.metadata, **rows})
            else:
                yield outcome
    if not result.success:
        with recorder.step("building"):
            raise BuildError(problems(result), failed_nodes(result))


def _builder(settings: Settings) -> Callable[..., dbtRunnerResult]:
    """Return what builds on the settings' engine, into the run's warehouse file."""
    if settings.engine == SPARK:
        from orchestration.spark.building import build_on_spark  # not everybody has a client

        return build_on_spark
    return build


def _build_arguments(
    context: dg.AssetExecutionContext, settings: Settings, select: str, exclude: str | None
) -> list[str]:
    selection, indirect = get_subset_selection_for_context(
        context=context,
        manifest=manifest(),
        select=select,
        exclude=exclude,
        selector=None,
        dagster_dbt_translator=TRANSLATOR,
        current_dbt_indirect_selection_env=None,
    )
    return [
        *("--exclude-resource-type", "unit_test"),
        *selection,
        *(["--indirect-selection", indirect] if indirect else []),
        *(["--vars", json.dumps(settings.clocks)] if settings.clocks else []),
    ]


def _check_clocks(settings: Settings) -> None:
    """Refuse to describe a day whose exports have not come yet."""
    as_of = settings.clocks.get("as_of")
    if not as_of or settings.known_at:
        return
    with closing(duckdb.connect(settings.warehouse, read_only=True)) as connection:
        newest = connection.execute("select max(export_day)::varchar from raw.files").fetchone()[0]
    if newest is None or as_of > newest:
        raise InputError(
            f"--as-of {as_of} is after the newest export day, {newest or 'there being none'}:"
            " a day cannot be described before its exports are known."
        )


def _report(event: EventMsg) -> None:
    if event.info.name == "LogStartLine":
        report("Building", event.data.index, event.data.total, event.data.node_info.node_name)


def _row_counts(settings: Settings, events: Sequence[Mapping]) -> dict[str, dict[str, int]]:
    """Rows of each table that was built, as metadata, by dbt's id of its model."""
    tables = {
        node["unique_id"]: node["node_relation"]["relation_name"]
        for node in (event["data"]["node_info"] for event in events)
        if node["node_status"] == "success" and node["materialized"] in ("table", "seed")
    }
    if not tables:
        return {}
    counts = " union all ".join(
        f"select '{model}', count(*) from {table}" for model, table in tables.items()
    )
    with closing(duckdb.connect(settings.warehouse, read_only=True)) as connection:
        rows = connection.execute(counts).fetchall()
    return {model: {"dagster/row_count": count} for model, count in rows}
