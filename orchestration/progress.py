"""How far a run is, told to whoever listens; without a listener nobody is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` items of a stage are finished, the newest being ``item``.

    ``total`` is 0 where it is not known.
    """

    stage: str
    done: int
    total: int
    item: str


_listeners: list[Callable[[Progress], None]] = []


def report(stage: str, done: int, total: int, item: str = "") -> None:
    """Tell the listeners, from whichever thread."""
    for listener in _listeners:
        listener(Progress(stage, done, total, item))


@contextmanager
def listening(listener: Callable[[Progress], None]) -> Iterator[None]:
    """Have ``listener`` told until the block ends."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
