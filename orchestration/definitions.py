"""Everything Dagster runs: raw assets, dbt models, the release, the daily job."""

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import dagster as dg

from expectations.audit import AuditOutcome, suites
from expectations.limits import load_limits
from orchestration.dashboard import dashboard
from orchestration.errors import RefusedError
from orchestration.ingestion.arrival_sensor import when_exports_are_complete
from orchestration.ingestion.assets import WAREHOUSE_POOL, raw
from orchestration.insight.assets import insight
from orchestration.postgres.copying import copy_release
from orchestration.progress import report
from orchestration.publication import publish
from orchestration.retries import retried
from orchestration.runs import recorder_of
from orchestration.schedule import daily, every_morning
from orchestration.settings import Settings
from orchestration.transformation import manifest, models, scored_models

# runs that Dagster starts write what is their owner's alone, like those of the command line
os.umask(0o077)

# what is audited, and all of it but the rejected rows released
AUDITED = [
    dg.AssetKey(node["name"])
    for node in manifest()["nodes"].values()
    if node["resource_type"] == "seed"
    or (node["resource_type"] == "model" and "marts" in node["fqn"])
]
LAYERS = tuple(suite.layer for suite in suites(load_limits(), is_compared=True))
# the job runs daily
FRESH = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=26), fail_window=timedelta(hours=50)
)


@dg.asset(
    deps=AUDITED,
    group_name="release",
    pool=WAREHOUSE_POOL,
    freshness_policy=FRESH,
    check_specs=[
        dg.AssetCheckSpec(f"audit_{layer}", asset="release", description=f"The audit of {layer}.")
        for layer in LAYERS
    ],
)
def release(
    context: dg.AssetExecutionContext, settings: Settings
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Audit the warehouse and put it where BI tools read, or refuse to."""
    recorder = recorder_of(context.run.run_id)

    def tell(message: str) -> None:
        report("Releasing", 0, 0, message)
        if message.startswith("writing"):
            recorder.enter("release")

    try:
        with recorder.step("audit"):
            published = retried(
                lambda: publish(
                    settings.run_home,
                    settings.warehouse,
                    context.run.run_id,
                    tell,
                    keep=settings.keep,
                ),
                context.log.warning,
            )
    except RefusedError as refused:
        if refused.outcome:
            yield from _checks(refused.outcome)
        raise
    recorder.note(
        release_id=published.release_id,
        as_of=str(published.as_of),
        known_at=str(published.known_at),
        rows_released=sum(published.row_counts.values()),
        warnings=len(published.warnings),
        problems=tuple(warning.splitlines()[0] for warning in published.warnings),
    )
    run = recorder.until_now()
    yield dg.MaterializeResult(
        metadata={
            "release_id": published.release_id,
            "path": dg.MetadataValue.path(published.path),
            "report": dg.MetadataValue.path(published.report),
            "as_of": str(published.as_of),
            "known_at": str(published.known_at),
            "rows": run.rows_released,
            "rows_in": run.rows_in,
            "rows_loaded": run.rows_loaded,
            "rows_rejected": run.rows_rejected,
            **{f"{step}_seconds": seconds for step, seconds in run.seconds_by_step.items()},
            "seconds": run.seconds,
            "warnings": list(published.warnings),
            "overridden": list(published.overridden),
        }
    )
    yield from _checks(published.outcome)


def _checks(outcome: AuditOutcome) -> Iterator[dg.AssetCheckResult]:
    """Say of each layer of the audit which expectations do not hold, by name."""
    for layer in LAYERS:
        failures, warned = (
            [finding.check.name for finding in findings if finding.layer == layer]
            for findings in (outcome.failures, outcome.warnings)
        )
        overridden = [
            one.finding.check.name for one in outcome.overridden if one.finding.layer == layer
        ]
        yield dg.AssetCheckResult(
            check_name=f"audit_{layer}",
            passed=not (failures or warned or overridden),
            severity=dg.AssetCheckSeverity.ERROR if failures else dg.AssetCheckSeverity.WARN,
            metadata={
                "refused_by": failures,
                "overridden": overridden,
                "warned_by": warned,
                "report": dg.MetadataValue.path(outcome.report),
            },
        )


@dg.asset(deps=[release], group_name="release", pool=WAREHOUSE_POOL, output_required=False)
def postgres_release(settings: Settings) -> Iterator[dg.MaterializeResult]:
    """Have PostgreSQL serve the release that is published; skipped where none is named."""
    if settings.to is None:
        return
    copied = copy_release(settings.run_home, settings.to, partial(report, "Copying to PostgreSQL"))
    yield dg.MaterializeResult(
        metadata={
            "release_id": copied.release_id,
            "place": copied.place,
            "tables": copied.table_count,
            "rows": copied.row_count,
        }
    )


defs = dg.Definitions(
    assets=[raw, models, insight, scored_models, release, postgres_release, dashboard],
    jobs=[daily],
    schedules=[every_morning],
    sensors=[when_exports_are_complete],
    resources={"settings": Settings.from_environment()},
    executor=dg.in_process_executor,
)
