"""JSON values as the text of columns.

Numbers keep the digits they are written with: an id of 20 digits and 0.10 would not survive a
double. What JSON (RFC 8259) leaves to its readers, or forbids and many take, is a fault here and
never a guess: a key twice in one object, NaN, half a surrogate pair, NUL.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from orchestration.ingestion.readers.landing import BLANKS, PATH, ROW

KEY_TWICE = "an object in it has one key twice"
COLUMN_TWICE = "two of its values would stand in one column"
NO_NUMBER = "holds NaN or Infinity, which are no JSON"
NO_TEXT = "holds a NUL or half a surrogate pair, which are no text"
NO_COLUMN = "has a key that no column can be called: blank, with blanks around it, or #path or #row"
NO_OBJECT = "is no JSON object"
TOO_DEEP = "is nested too deeply"

Columns = dict[str, str | None]


class FaultError(ValueError):
    """A value that cannot be told; the message is its reason."""


@dataclass(frozen=True)
class Fault:
    """Stands where a value was that JSON does not have, or that means two things."""

    reason: str


class Number(str):
    """A number, as it is written."""

    __slots__ = ()


def columns_of(record: Any) -> Columns:
    """Name the values of a record by their dotted paths; raise ``FaultError`` where it has one.

    Objects give the columns of what they hold, arrays are JSON text, null is None.
    """
    if type(record) is not dict:
        raise FaultError(record.reason if isinstance(record, Fault) else NO_OBJECT)
    columns: Columns = {}
    try:
        _add(columns, record, "")
    except RecursionError:
        raise FaultError(TOO_DEEP) from None
    return columns


def scalars_of(around: dict[str, Any], prefix: str, but: str) -> Columns:
    """Name what stands beside the member ``but`` of an object; arrays are left out."""
    members = {
        key: value for key, value in around.items() if key != but and not isinstance(value, list)
    }
    columns: Columns = {}
    _add(columns, members, prefix)
    return columns


def _add(columns: Columns, members: dict[str, Any], prefix: str) -> None:
    for key, value in members.items():
        name = _column_name(prefix, key)
        type_of_value = type(value)
        if type_of_value is dict:
            _add(columns, value, name + ".")
        elif name in columns:
            raise FaultError(COLUMN_TWICE)
        elif value is None:
            columns[name] = None
        elif type_of_value is str:
            if "\0" in value or not (value.isascii() or _is_text(value)):
                raise FaultError(NO_TEXT)
            columns[name] = value
        else:
            columns[name] = value if type_of_value is Number else _json(value)


@lru_cache(maxsize=10_000)
def _column_name(prefix: str, key: str) -> str:
    name = prefix + key
    if not key or key.strip(BLANKS) != key or not _is_text(key) or name in (PATH, ROW):
        raise FaultError(NO_COLUMN)
    return name


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _json(value: Any) -> str:
    """Write a value as JSON, its numbers as they were written."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Fault():
            raise FaultError(value.reason)
        case Number():
            return value
        case str():
            if not _is_text(value):
                raise FaultError(NO_TEXT)
            return json.dumps(value, ensure_ascii=False)
        case list():
            return f"[{', '.join(map(_json, value))}]"
    members = (f"{_json(key)}: {_json(inner)}" for key, inner in value.items())
    return f"{{{', '.join(members)}}}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Fault:
    members = dict(pairs)
    return members if len(members) == len(pairs) else Fault(KEY_TWICE)


def _no_number(_: str) -> Fault:
    return Fault(NO_NUMBER)


DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_no_number
)
