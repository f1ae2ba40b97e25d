"""Reads JSON Lines of a shape that was there before without decoding each of them anew.

Nearly every line of a log has the keys of a line before, in their order, and values of the same
types. A regular expression made of such a line takes what JSON (RFC 8259) has for it and no more;
a line that none matches is left to the decoder, which alone says what is wrong with it.
"""

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

from orchestration.ingestion.readers.json_values import Columns, Number

# An expression takes as long to make as hundreds of lines to decode, and one that does not match
# is looked at for nothing.
MOST_SHAPES = 32
MOST_COLUMNS_OF_A_SHAPE = 200

_BLANKS = r"[ \t\r\n]*+"
# Every repetition keeps what it has taken, so no line is looked at twice.
_PLAIN = r'[^"\\\x00-\x1f]*+'
# NUL and halves of surrogate pairs are the decoder's, and whole pairs with them.
_ESCAPE = r'\\(?:["\\/bfnrt]|u(?!0000|[dD][89a-fA-F])[0-9a-fA-F]{4})'
_TEXT = f'"({_PLAIN}(?:{_ESCAPE}{_PLAIN})*+)"'
_NUMBER = r"(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)"
# what has only been null so far is nothing else: the group never matches
_VALUES = {str: _TEXT, Number: _NUMBER, bool: "(true|false)", type(None): "((?!))"}


class _Shape(NamedTuple):
    """The columns of lines, and the expression that has a group for each."""

    names: tuple[str, ...]
    pattern: re.Pattern[str]


class Alike(NamedTuple):
    """A line of a shape that is known."""

    names: tuple[str, ...]
    match: re.Match[str]

    def values(self, header: tuple[str, ...]) -> tuple[str | None, ...]:
        """Give the values of the header's columns, None where the line has no such column."""
        values: tuple[str | None, ...] = (None, *self.match.groups())
        if "\\" in self.match.string:
            values = tuple(map(_unescaped, values))
        return tuple(map(values.__getitem__, _places(self.names, header)))


class Shapes:
    """The shapes of the lines of one file; those seen last are tried first."""

    def __init__(self) -> None:
        self._shapes: list[_Shape] = []

    def find(self, line: bytes) -> Alike | None:
        """Read a line of a known shape; None if it has another, or is no line that can be read."""
        try:
            text = line.decode()
        except UnicodeDecodeError:
            return None
        for position, (names, pattern) in enumerate(self._shapes):
            if match := pattern.fullmatch(text):
                if position:
                    self._shapes.insert(0, self._shapes.pop(position))
                return Alike(names, match)
        return None

    def learn(self, document: dict[str, Any], columns: Columns) -> None:
        """Know lines like a decoded one again, unless it holds arrays."""
        if len(self._shapes) == MOST_SHAPES or len(columns) > MOST_COLUMNS_OF_A_SHAPE:
            return
        try:
            pattern = _pattern_of(document)
        except RecursionError:
            return
        if pattern is not None:
            pattern = f"{_BLANKS}{pattern}{_BLANKS}"
            self._shapes.insert(0, _Shape(tuple(columns), re.compile(pattern)))


def _pattern_of(value: Any) -> str | None:
    """Write the expression for values like one; its groups stand as ``columns_of`` lists them."""
    if type(value) is not dict:
        one = _VALUES.get(type(value))
        return f"(?:null|{one})" if one else None
    members = []
    for key, inner in value.items():
        pattern = _pattern_of(inner)
        if pattern is None:
            return None
        name = re.escape(json.dumps(key, ensure_ascii=False))
        members.append(f"{_BLANKS}{name}{_BLANKS}:{_BLANKS}{pattern}{_BLANKS}")
    return rf"\{{{','.join(members) or _BLANKS}\}}"


@lru_cache(maxsize=1000)
def _places(names: tuple[str, ...], header: tuple[str, ...]) -> tuple[int, ...]:
    """Say which group has each column of the header, 0 where none has."""
    places = {name: place for place, name in enumerate(names, start=1)}
    return tuple(places.get(name, 0) for name in header)


def _unescaped(value: str | None) -> str | None:
    return json.loads(f'"{value}"') if value and "\\" in value else value
