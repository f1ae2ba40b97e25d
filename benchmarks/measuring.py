"""Times whole processes by the clock on the wall, and watches the memory of all they start."""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS_BETWEEN_LOOKS = 0.2
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Measured:
    """What a process took: seconds, and the most memory it and its children had at a time."""

    seconds: float
    peak_bytes: int


class ProcessError(Exception):
    """A process that is measured has failed."""


def measure(
    command: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
    also_watch: int | None = None,
) -> Measured:
    """Run a command to its end; ``also_watch`` is a server whose memory counts too."""
    done = threading.Event()
    started = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    peaks = [0]

    def watch() -> None:
        while not done.wait(SECONDS_BETWEEN_LOOKS):
            roots = [process.pid, *([also_watch] if also_watch else [])]
            peaks.append(resident_bytes(roots))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        _, said = process.communicate()
    finally:
        done.set()
        watcher.join()
    seconds = time.monotonic() - started
    if process.returncode != 0:
        shown = " ".join(str(part) for part in command)
        raise ProcessError(f"{shown}\nended with {process.returncode}:\n{said[-3000:]}")
    return Measured(seconds, max(peaks))


def resident_bytes(roots: Sequence[int]) -> int:
    """Sum the memory of processes and all they have started; what they share counts once."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            children.setdefault(parent, []).append(int(entry.name))
    family, found = list(roots), 0
    while found < len(family):
        family += children.get(family[found], [])
        found += 1
    own, shared = 0, 0
    for pid in set(family):
        try:
            _, resident, of_others, *_ = Path(f"/proc/{pid}/statm").read_text().split()
        except OSError:
            continue  # it has ended
        own += int(resident) - int(of_others)
        shared = max(shared, int(of_others))
    return (own + shared) * PAGE


def _parent(entry: Path) -> int:
    try:
        # the name, in brackets, may hold anything
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return -1


def in_turn(
    measures: Mapping[str, Callable[[], Measured]],
    repeats: int,
    say: Callable[[str], object],
    failed: dict[str, str] | None = None,
) -> dict[str, Measured]:
    """Measure each in turn, so often; give the medians, and the most memory, by name.

    In turn, so that what else the machine does falls on all alike. Who fails is out, with the
    reason in ``failed``; where that is not given, nobody may.
    """
    taken: dict[str, list[Measured]] = {name: [] for name in measures}
    for repeat in range(repeats):
        for name in list(taken):
            try:
                one = measures[name]()
            except ProcessError as error:
                if failed is None:
                    raise
                failed[name] = str(error)
                del taken[name]
                say(f"{name} is out: {error}")
                continue
            taken[name].append(one)
            say(
                f"{name}, {repeat + 1} of {repeats}: {one.seconds:.1f} s,"
                f" {one.peak_bytes / 2**30:.2f} GiB (load {os.getloadavg()[0]:.1f})"
            )
    return {
        name: Measured(
            statistics.median(one.seconds for one in several),
            max(one.peak_bytes for one in several),
        )
        for name, several in taken.items()
    }
