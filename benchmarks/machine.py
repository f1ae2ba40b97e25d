"""The machine a benchmark ran on, in words."""

import os
import platform
from pathlib import Path


def cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0))


def memory_bytes() -> int:
    """Return the memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def load() -> float:
    """Return how many processes wanted to run, on average of the last minute."""
    return os.getloadavg()[0]


def description() -> str:
    """Name processor, cores, memory and system."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    return (
        f"{cores()} cores of {cpu}, {memory_bytes() / 2**30:.0f} GiB of memory,"
        f" {platform.system()} {platform.release()}"
    )
