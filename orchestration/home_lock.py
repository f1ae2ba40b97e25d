"""One at a time works on a home: a lock that says who holds it, where later ones queue."""

import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from orchestration.errors import InputError, is_read_only

LOCK_NAME = "run.lock"
POLL_SECONDS = 0.2
# a look at the lock holds it for an instant, which even who does not want to wait sits out
LEAST_WAIT_SECONDS = 0.5


@dataclass(frozen=True)
class Holder:
    """Who holds a home, and since when (ISO, in UTC)."""

    run_id: str
    pid: int
    host: str
    user: str
    since: str

    def __str__(self) -> str:
        since = datetime.fromisoformat(self.since)
        minutes = max(0, (datetime.now(UTC) - since).total_seconds()) / 60
        return (
            f"run {self.run_id} of {self.user} on {self.host} (process {self.pid}),"
            f" at work since {since:%Y-%m-%d %H:%M} UTC ({minutes:.0f} minutes)"
        )


_held_here: set[Path] = set()


@contextmanager
def held(
    home: Path,
    run_id: str,
    wait_seconds: float = 0,
    on_wait: Callable[[str], None] = lambda holder: None,
) -> Iterator[Holder | None]:
    """Have a home to oneself; yield who held it last, where that one died holding it.

    Waits for others up to ``wait_seconds`` and tells ``on_wait`` for whom. What a process holds
    already it may hold again. ``InputError`` where others hold it too long or nothing can be
    written there.
    """
    home = home.resolve()
    if home in _held_here:
        yield None
        return
    with _opened(home) as file:
        _wait_for(file, home, wait_seconds, on_wait)
        died = _holder(file)
        _write(file, json.dumps(asdict(_this_process(run_id))))
        _held_here.add(home)
        try:
            yield died
        finally:
            _held_here.remove(home)
            _write(file, "")


def holder_of(home: Path) -> Holder | str | None:
    """Say who is at work on a home: None for nobody, a text where it cannot be told."""
    try:
        with (home / LOCK_NAME).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        with (home / LOCK_NAME).open() as file:
            return _holder(file) or "another run"


def user_name() -> str:
    """Return the name of who runs this process; some containers have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def make_home(home: Path) -> None:
    """Create the directory of a home; ``InputError`` where nothing can be written there."""
    with _told(home):
        home.mkdir(parents=True, exist_ok=True)


@contextmanager
def _opened(home: Path) -> Iterator[TextIO]:
    with _told(home):
        file = (home / LOCK_NAME).open("a+")
    with file:
        yield file


@contextmanager
def _told(home: Path) -> Iterator[None]:
    """Say in a sentence why a home is none."""
    try:
        yield
    except OSError as error:
        if is_read_only(error) or isinstance(
            error, FileNotFoundError | FileExistsError | NotADirectoryError
        ):
            raise InputError(
                f"--home {home}: nothing can be written there: {error.strerror}; name a directory"
                " that can be written to, or give the right to."
            ) from None
        raise


def _wait_for(
    file: TextIO, home: Path, wait_seconds: float, on_wait: Callable[[str], None]
) -> None:
    deadline = time.monotonic() + max(wait_seconds, LEAST_WAIT_SECONDS)
    told = None
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = _holder(file)
        if time.monotonic() >= deadline:
            raise InputError(
                f"{home}: another run is at work there: {holder or 'it does not say who'}."
                f" This one waited {wait_seconds / 60:g} minutes; wait for the other's end, or"
                " give --wait more minutes."
            )
        if wait_seconds and holder != told:
            told = holder
            on_wait(str(holder or "another run"))
        time.sleep(POLL_SECONDS)


def _holder(file: TextIO) -> Holder | None:
    file.seek(0)
    try:
        return Holder(**json.loads(file.read()))
    except (ValueError, TypeError):
        return None  # nobody, or one who is just writing it


def _write(file: TextIO, text: str) -> None:
    file.truncate(0)
    file.write(text)
    file.flush()


def _this_process(run_id: str) -> Holder:
    return Holder(
        run_id=run_id,
        pid=os.getpid(),
        host=socket.gethostname(),
        user=user_name(),
        since=datetime.now(UTC).isoformat(timespec="seconds"),
    )
