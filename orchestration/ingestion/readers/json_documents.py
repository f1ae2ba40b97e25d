"""Reads a JSON document piece by piece, so that no more of it than a piece is in memory.

The items of the array at the root are pieces; of an object at the root its members are, or the
items of a member that is an array records are in.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from orchestration.errors import InputError
from orchestration.ingestion.readers.json_values import DECODER, TOO_DEEP
from orchestration.ingestion.record_paths import ITEMS, RecordsPath

CHUNK_CHARACTERS = 1 << 20
MOST_CHARACTERS_OF_A_PIECE = 256 << 20
# An error this near to the end of what has been read may be none when more is: \ud83d\ude00
LONGEST_SIGN = 16
BLANKS = " \t\n\r"


def pieces(path: Path, paths: Sequence[RecordsPath]) -> Iterator[Any]:
    """Yield the document's pieces, each in its place: as ``[item]``, ``{member: value}`` or so.

    What is no JSON is an ``InputError``.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        text = _Text(file)
        sign = text.next_sign()
        if sign == "":
            raise InputError("is empty, where a document without records still is [].")
        if sign == "[":
            yield from ([item] for item in text.items())
        elif sign == "{" and not any(path.steps[0] == ITEMS for path in paths):
            streamed = {path.steps[0] for path in paths if path.steps[1:2] == (ITEMS,)}
            yield from text.members(streamed)
        elif sign == "{":
            yield text.value()
        else:
            text.refuse("is no JSON document: it is neither an array nor an object")
        if text.next_sign():
            text.refuse("goes on after its end; declare format: jsonl if each line is a document")


def begins_with_an_object(path: Path) -> bool:
    """Tell whether the root of a document is an object."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return _Text(file).next_sign() == "{"


class _Text:
    """The text of a file from ``position`` on, of which ``buffer`` has been read."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._buffer = ""
        self._position = 0
        self._characters_before = 0
        self._is_whole = False

    def next_sign(self) -> str:
        """Return the sign after the blanks, and stop before it; empty at the end."""
        while True:
            while self._position < len(self._buffer):
                sign = self._buffer[self._position]
                if sign not in BLANKS:
                    return sign
                self._position += 1
            if self._is_whole:
                return ""
            self._read_more()

    def items(self) -> Iterator[Any]:
        """Yield the items of an array."""
        yield from self._listed("[", "]", self.value)

    def members(self, streamed: set[str]) -> Iterator[dict[str, Any]]:
        """Yield the members of an object; of the streamed ones that are arrays, each item."""
        seen: set[str] = set()
        for key in self._listed("{", "}", self._key):
            if key in seen:
                self.refuse("has one key twice at its root")
            seen.add(key)
            if key not in streamed or self.next_sign() != "[":
                yield {key: self.value()}
                continue
            is_empty = True
            for item in self.items():
                is_empty = False
                yield {key: [item]}
            if is_empty:
                yield {key: []}

    def value(self) -> Any:
        """Read a whole value."""
        self.next_sign()
        while True:
            try:
                value, end = DECODER.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                if self._is_whole or not self._may_be_cut(error):
                    self._position = error.pos
                    self.refuse(f"is no JSON: {error.msg}")
            except RecursionError:
                self.refuse(TOO_DEEP)
            else:
                # 12 may be the beginning of 123
                if self._is_whole or end < len(self._buffer):
                    self._position = end
                    return value
            if len(self._buffer) - self._position > MOST_CHARACTERS_OF_A_PIECE:
                self.refuse(f"has a record of more than {MOST_CHARACTERS_OF_A_PIECE >> 20} MB")
            self._read_more()

    def refuse(self, problem: str) -> None:
        """Raise the ``InputError`` of a problem found where the text stands."""
        raise InputError(f"{problem}, at character {self._characters_before + self._position + 1}.")

    def _key(self) -> str:
        if self.next_sign() != '"':
            self.refuse("is no JSON: a key in double quotes is expected")
        key = self.value()
        self._take(":")
        return key

    def _listed(self, opening: str, closing: str, read: Callable[[], Any]) -> Iterator[Any]:
        self._take(opening)
        if self.next_sign() == closing:
            self._take(closing)
            return
        while True:
            yield read()
            if self.next_sign() == closing:
                self._take(closing)
                return
            self._take(",")

    def _take(self, expected: str) -> None:
        if self.next_sign() != expected:
            self.refuse(f"is no JSON or cut off: '{expected}' is expected")
        self._position += 1

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        is_at_the_end = error.pos >= len(self._buffer) - LONGEST_SIGN
        return is_at_the_end or error.msg.startswith("Unterminated string")

    def _read_more(self) -> None:
        """Read on, as much again as there is, so that a long value is not read too often."""
        left = self._buffer[self._position :]
        try:
            more = self._file.read(max(CHUNK_CHARACTERS, len(left)))
        except UnicodeDecodeError:
            raise InputError("is not valid UTF-8, which JSON is written in.") from None
        self._characters_before += self._position
        self._buffer, self._position = left + more, 0
        self._is_whole = not more
