"""The ways a run ends without a release, and the sentences for what the machine does to it."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from expectations.audit import AuditOutcome


class _ProblemsError(Exception):
    """Holds ``problems``: one sentence each, ready to be shown."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


class InputError(_ProblemsError):
    """Bad input or configuration: exit code 2, nothing was changed."""


class RefusedError(_ProblemsError):
    """The audit refused the release: exit code 1, the old release stays.

    ``outcome`` is the audit's, where it came so far.
    """

    def __init__(
        self, problems: str | Sequence[str], outcome: "AuditOutcome | None" = None
    ) -> None:
        super().__init__(problems)
        self.outcome = outcome

    @property
    def safe_problems(self) -> list[str]:
        """Say what does not hold without the rows that show it."""
        return [problem.splitlines()[0] for problem in self.problems]


class TransientError(_ProblemsError):
    """What may be gone in a moment: tried again, and exit code 3 where it stays."""

    @property
    def safe_problems(self) -> list[str]:
        """All of them: they are about files and locks."""
        return self.problems


class MachineError(_ProblemsError):
    """The disk or the warehouse file, not the exports or the models: exit code 3.

    Its sentences hold nothing of any row.
    """

    @property
    def safe_problems(self) -> list[str]:
        """All of them."""
        return self.problems


TRANSIENT = (
    errno.EIO,
    errno.ESTALE,
    errno.EAGAIN,
    errno.ETIMEDOUT,
    errno.EBUSY,
    errno.ENOLCK,
    errno.EREMOTEIO,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ECONNRESET,
)
FULL = (errno.ENOSPC, errno.EDQUOT)
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
# what DuckDB and SQLite say in their own words; DuckDB also says what the system says
LOCKED_TEXTS = ("Could not set lock on file",)
FULL_TEXTS = ("database or disk is full", "failed to offload data block")
READ_ONLY_TEXTS = ("attempt to write a readonly database",)
CORRUPT_TEXTS = (
    "Corrupt database file",
    "is not a valid DuckDB database file",
    "Could not read enough bytes from file",
    "Failure while replaying WAL",
    "Serialization Error",
    "database has been invalidated",
)
WHOLE = "The release that is served is whole; `warehouse status` says which it is."


def safe_problems(error: BaseException) -> tuple[str, ...]:
    """Say what went wrong without any value of a row, for alerts and for what is kept of a run."""
    if hasattr(error, "safe_problems"):
        return tuple(error.safe_problems)
    return (f"{type(error).__name__}: the log says what it was.",)


def is_transient(error: BaseException) -> bool:
    """Whether it may be gone in a moment."""
    return isinstance(error, TransientError) or _is(error, TRANSIENT, LOCKED_TEXTS)


def is_read_only(error: BaseException) -> bool:
    """Whether a folder or file may not be written to."""
    return _is(error, READ_ONLY, READ_ONLY_TEXTS)


def machine_error(error: BaseException, home: Path) -> MachineError | None:
    """Say in sentences what the disk or the warehouse file did; None where it was neither."""
    if isinstance(error, _ProblemsError):
        return error if isinstance(error, MachineError) else None
    if _is(error, FULL, FULL_TEXTS):
        return MachineError(
            f"The disk is full: {_fullest_place(home)}. {WHOLE} Free some space and run again."
        )
    if is_read_only(error):
        return MachineError(
            f"A folder the run writes to is read-only ({_own_words(error, READ_ONLY)}). {WHOLE}"
            f" Give the right to write below {home} and run again."
        )
    if _is(error, (), CORRUPT_TEXTS):
        return MachineError(
            f"The warehouse file in {home} is damaged. {WHOLE} Run `warehouse run --rebuild`, with"
            " the options as they were: it loads everything again from the exports."
        )
    return None


def _is(error: BaseException, codes: Sequence[int], texts: Sequence[str]) -> bool:
    spoken = [*texts, *(os.strerror(code) for code in codes)]
    return any(
        (isinstance(one, OSError) and one.errno in codes)
        or any(text in str(one) for text in spoken)
        for one in _chain(error)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it came from, as a traceback shows them."""
    following: BaseException | None = error
    seen: set[int] = set()  # a chain may close on itself
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (
            None if following.__suppress_context__ else following.__context__
        )


def _own_words(error: BaseException, codes: Sequence[int]) -> str:
    """Quote the system on what it would not do, with the path where it says one."""
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno in codes:
            return f"{one.filename}: {one.strerror}" if one.filename else str(one.strerror)
    return str(error).splitlines()[0]


def _fullest_place(home: Path) -> str:
    """Name the folder with the least free space of those a run writes to."""
    purposes = {
        home: "the warehouse, its releases and what DuckDB spills",
        Path(os.environ.get("DBT_TARGET_PATH") or home): "what dbt compiles",
        Path(tempfile.gettempdir()): "temporary files",
    }
    usages = {place: shutil.disk_usage(place) for place in purposes if place.exists()}
    place = min(usages, key=lambda place: usages[place].free)
    free, total = (round(size / 1e6, 1) for size in (usages[place].free, usages[place].total))
    return f"{free:,} MB of {total:,} MB are free in {place} ({purposes[place]})"
