"""Tries again what may succeed in a moment: a locked file, a share that is away for a while."""

import time
from collections.abc import Callable
from typing import TypeVar

from orchestration.errors import TransientError, is_transient
from orchestration.progress import report

# between the attempts
SECONDS = (2, 4, 8, 16)

Result = TypeVar("Result")


def retried(
    attempt: Callable[[], Result], warn: Callable[[str], object] = lambda message: None
) -> Result:
    """Do it, and again after a while as long as only what may pass is in its way.

    Raises ``TransientError`` where it did not pass; anything else at once.
    """
    for seconds in SECONDS:
        try:
            return attempt()
        except Exception as error:
            if not is_transient(error):
                raise
            why = str(error).splitlines()[0]
        message = f"Trying again in {seconds} seconds: {why}"
        warn(message)
        report(message, 0, 0)
        time.sleep(seconds)
    try:
        return attempt()
    except Exception as error:
        if not is_transient(error):
            raise
        raise TransientError(
            f"{str(error).splitlines()[0]} This was tried {len(SECONDS) + 1} times in"
            f" {sum(SECONDS)} seconds; run again when it is over."
        ) from error
