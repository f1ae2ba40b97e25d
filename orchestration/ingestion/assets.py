"""The raw assets: one per export kind, partitioned by export day, all loaded by one op.

A file may feed several kinds and is read once, so the kinds share an op. A run without
partitions catches up: it loads every day that is new or changed, and records what it loaded
per kind and day.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import dagster as dg

from orchestration.contract import contract, own_tables
from orchestration.ingestion.exports import DayRange, find_deliveries
from orchestration.ingestion.filling import LoadedFile
from orchestration.ingestion.loading import load_by_group
from orchestration.ingestion.pending import pending
from orchestration.ingestion.waiting import settled
from orchestration.ingestion.withdrawal import withdraw
from orchestration.policies import policy
from orchestration.privacy.declared_identifiers import use_secret
from orchestration.privacy.forgetting import catch_up
from orchestration.privacy.tombstones import tombstones_of
from orchestration.progress import report
from orchestration.retries import retried
from orchestration.runs import recorder_of
from orchestration.settings import Settings
from orchestration.warehouse import newest_export_days, open_warehouse, overdue_kinds

WAREHOUSE_POOL = "warehouse"
PUNCTUAL = "comes_when_expected"
EXPORT_DAYS = dg.DailyPartitionsDefinition("2010-01-01", timezone=policy("business_time_zone"))
BOOKS = tuple(
    dg.AssetKey(["ingestion", table.removeprefix("raw.")]) for table in own_tables("ingestion")
)


@dataclass(frozen=True)
class Ingested:
    """What a run took in, in how many seconds; ``unclaimed`` files no pattern matches.

    ``withdrawn`` is what was taken out, its mapping having been withdrawn;
    ``waiting`` are the files that are not complete yet, each with what says so. By kind,
    ``newest_days`` are the newest export days there are, as ISO texts, and ``days_overdue`` how
    long the next is overdue, where it is.
    """

    files: tuple[LoadedFile, ...]
    unclaimed: tuple[str, ...]
    waiting: tuple[str, ...]
    withdrawn: tuple[str, ...]
    newest_days: dict[str, str]
    days_overdue: dict[str, int]
    seconds: float


def ingest(
    settings: Settings,
    days: DayRange | None,
    kinds: Collection[str],
    warn: Callable[[str], object] = lambda message: None,
) -> Ingested:
    """Load the new and changed files of the days, for kinds as "billing.customers".

    ``InputError`` names every file found wanting, and then nothing is loaded. A file that is still
    being written is left for the next run. What may pass, as a share that is away, is tried again;
    ``warn`` hears of it.
    """
    started = time.monotonic()
    files: list[LoadedFile] = []  # of all attempts
    withdrawn: list[str] = []

    def attempt() -> Ingested:
        found = find_deliveries(Path(settings.exports), settings.systems)
        catch_up(Path(settings.home), settings.warehouse)
        with closing(open_warehouse(settings.warehouse)) as connection:
            use_secret(connection, settings.systems)
            tombstones = tombstones_of(Path(settings.home), connection)
            deliveries, growing = settled(pending(connection, found, days, kinds))
            loading = partial(report, "Loading")
            for group in load_by_group(connection, deliveries, loading, tombstones):
                files.extend(group)
            # not before: where a file is refused, all stays as it was
            taken_out = withdraw(connection, found, settings.systems, days, kinds)
            withdrawn.extend(map(str, taken_out))
            newest_days = newest_export_days(connection)
            overdue = overdue_kinds(connection)
        waiting = (*found.waiting, *growing)
        return Ingested(
            tuple(files),
            found.unclaimed,
            waiting,
            tuple(withdrawn),
            newest_days,
            overdue,
            time.monotonic() - started,
        )

    return retried(attempt, warn)


@dg.multi_asset(
    name="raw",
    specs=[
        dg.AssetSpec(key, group_name="raw", kinds={"duckdb"}, partitions_def=EXPORT_DAYS)
        for key in (*(dg.AssetKey([kind.area, kind.name]) for kind in contract().values()), *BOOKS)
    ],
    check_specs=[
        dg.AssetCheckSpec(
            PUNCTUAL,
            asset=dg.AssetKey([kind.area, kind.name]),
            description="Its newest export is no older than its exports were ever apart of late.",
        )
        for kind in contract().values()
    ],
    can_subset=True,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=WAREHOUSE_POOL,
)
def raw(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
    """Load export files; every row lands in its kind's raw table or among the rejected."""
    days = _partitions(context)
    kinds = [".".join(key.path) for key in context.selected_asset_keys if key not in BOOKS]
    recorder = recorder_of(context.run.run_id)
    with recorder.step("landing"):
        settings.start_from_the_current_warehouse()
        ingested = ingest(settings, days or settings.days, kinds, context.log.warning)
    recorder.note(
        files=len({file.file_name for file in ingested.files}),
        rows_in=sum(file.rows_in for file in ingested.files),
        rows_loaded=sum(file.rows_loaded for file in ingested.files),
        rows_rejected=sum(file.rows_rejected for file in ingested.files),
        newest_export_days=ingested.newest_days,
    )
    by_kind: dict[dg.AssetKey, list[LoadedFile]] = defaultdict(list)
    for file in ingested.files:
        by_kind[dg.AssetKey([file.area, file.kind])].append(file)
    for key in context.selected_asset_keys:
        if days is None:
            _record_days(context, key, by_kind[key])
        yield dg.MaterializeResult(
            asset_key=key,
            metadata=_summary(ingested) if key in BOOKS else _counts(by_kind[key]),
        )
        if key not in BOOKS:
            yield _punctuality(key, ingested)


def _punctuality(key: dg.AssetKey, ingested: Ingested) -> dg.AssetCheckResult:
    kind = ".".join(key.path)
    days_overdue = ingested.days_overdue.get(kind, 0)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=PUNCTUAL,
        passed=days_overdue == 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "newest_export_day": ingested.newest_days.get(kind, "none yet"),
            "days_overdue": days_overdue,
        },
    )


def _partitions(context: dg.AssetExecutionContext) -> DayRange | None:
    """Days a run was launched for from the UI; a catch-up has none."""
    if not (context.has_partition_key or context.has_partition_key_range):
        return None
    keys = context.partition_key_range
    return DayRange(date.fromisoformat(keys.start), date.fromisoformat(keys.end))


def _record_days(
    context: dg.AssetExecutionContext, key: dg.AssetKey, files: Iterable[LoadedFile]
) -> None:
    """Tell Dagster which days of a kind a catch-up has loaded."""
    by_day = defaultdict(list)
    for file in files:
        by_day[file.export_day.isoformat()].append(file)
    for day, of_the_day in by_day.items():
        context.log_event(dg.AssetMaterialization(key, partition=day, metadata=_counts(of_the_day)))


def _counts(files: Sequence[LoadedFile]) -> dict[str, int | list[str]]:
    return {
        "files": len({file.file_name for file in files}),
        "rows_in": sum(file.rows_in for file in files),
        "rows_loaded": sum(file.rows_loaded for file in files),
        "rows_rejected": sum(file.rows_rejected for file in files),
        "rows_left_out": sum(file.rows_left_out for file in files),
        "unknown_columns": sorted({name for file in files for name in file.unknown_columns}),
    }


def _summary(ingested: Ingested) -> dict[str, int | float | list[str]]:
    return {
        **_counts(ingested.files),
        "unclaimed": list(ingested.unclaimed),
        "waiting": list(ingested.waiting),
        "withdrawn": list(ingested.withdrawn),
        "seconds": ingested.seconds,
    }
