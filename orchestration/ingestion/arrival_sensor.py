"""Starts the daily job when the exports of a day are complete, or a late file has come."""

import hashlib
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import dagster as dg
import duckdb

from orchestration.ingestion.exports import Delivery, Found, find_deliveries
from orchestration.ingestion.pending import unread
from orchestration.ingestion.sources import SourceSystem
from orchestration.schedule import daily
from orchestration.settings import Settings

# A file younger than this may still be written to.
SETTLED_SECONDS = 60


@dg.sensor(job=daily, minimum_interval_seconds=300)
def when_exports_are_complete(
    context: dg.SensorEvaluationContext, settings: Settings
) -> dg.RunRequest | dg.SkipReason:
    """Start the job once for new or changed files, when those expected with them are there.

    Which ones are is said as ``expected`` of a pattern. A file that never comes holds up nothing
    but this: the schedule starts the job all the same.
    """
    systems = settings.systems
    found = find_deliveries(Path(settings.exports), systems)
    try:
        new = _not_loaded(settings.warehouse, found)
    except duckdb.IOException:
        return dg.SkipReason("The warehouse file is open: a run is at work, or another program.")
    if not new:
        return dg.SkipReason("Nothing has come that is not loaded.")
    if young := [one.file_name for one in new if _age_seconds(one) < SETTLED_SECONDS]:
        return dg.SkipReason(f"May still be written to: {', '.join(young)}.")
    if missing := _missing(found.deliveries, systems):
        return dg.SkipReason(f"Waiting for {', '.join(missing)}.")
    return dg.RunRequest(run_key=_digest(new))


def _not_loaded(warehouse: Path, found: Found) -> Sequence[Delivery]:
    if not warehouse.exists():
        return found.deliveries
    with closing(duckdb.connect(warehouse, read_only=True)) as connection:
        return unread(connection, found)


def _age_seconds(delivery: Delivery) -> float:
    return time.time() - delivery.size_and_time[1] / 1e9


def _missing(deliveries: Sequence[Delivery], systems: Sequence[SourceSystem]) -> list[str]:
    """Name the patterns that have no file of the newest day and should have one."""
    newest = deliveries[-1].export_day
    here = {id(delivery.spec) for delivery in deliveries if delivery.export_day == newest}
    return [
        f"{spec.path} of {newest} from {system.system}"
        for system in systems
        for spec in system.files
        if spec.is_expected_on(newest) and id(spec) not in here
    ]


def _digest(deliveries: Sequence[Delivery]) -> str:
    """Write down which files there are and how they look, as the name of the run they want."""
    looks = [(delivery.file_name, delivery.size_and_time) for delivery in deliveries]
    return hashlib.sha256(repr(looks).encode()).hexdigest()
