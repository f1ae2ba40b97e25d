"""Files that are still being written: their markers, and whether they are left alone."""

import time
from collections.abc import Sequence

from orchestration.ingestion.exports import Delivery, size_and_time

# A file is read when nobody has touched it for so long.
SETTLED_SECONDS = 3


def settled(deliveries: Sequence[Delivery]) -> tuple[list[Delivery], list[str]]:
    """Part deliveries into those left alone for a while and, by name, those just written to.

    Waits only where a file was changed just now, and then once for all of them.
    """
    now = time.time_ns()
    ages = {one.path: (now - one.size_and_time[1]) / 1e9 for one in deliveries}
    fresh = {path: age for path, age in ages.items() if age < SETTLED_SECONDS}
    if not fresh:
        return list(deliveries), []
    # the clock of a share may be ahead
    time.sleep(SETTLED_SECONDS - max(0, min(fresh.values())))
    still, growing = [], []
    for delivery in deliveries:
        if delivery.path in fresh and _has_changed(delivery):
            growing.append(f"{delivery.file_name} (it is being written to)")
        else:
            still.append(delivery)
    return still, growing


def _has_changed(delivery: Delivery) -> bool:
    try:
        return size_and_time(delivery.path) != delivery.size_and_time
    except FileNotFoundError:
        return True
