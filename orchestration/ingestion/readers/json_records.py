"""Where the records of a JSON document are.

Beside its own columns a record has those of the objects around it, under their paths
from the root ``$``: ``$.entry.id``.
"""

from collections.abc import Sequence
from typing import Any

from orchestration.ingestion.readers.json_values import (
    COLUMN_TWICE,
    Columns,
    Fault,
    FaultError,
    columns_of,
    scalars_of,
)
from orchestration.ingestion.record_paths import ITEMS, RecordsPath

ROOT = "$"


def records_in(
    document: Any, paths: Sequence[RecordsPath], around: Columns | None = None
) -> list[Columns | Fault] | None:
    """List the records of a document; None where no path leads anywhere.

    ``around`` are the columns of what stands around the document itself.
    """
    records: list[Columns | Fault] = []
    is_found = False
    for path in paths:
        try:
            found = _found(document, path.steps, around or {}, ROOT + ".")
        except FaultError as error:
            return [Fault(str(error))]
        if found is None:
            continue
        is_found = True
        marked = {ROOT: path.name} if len(paths) > 1 else {}
        records += [_record(value, {**context, **marked}) for value, context in found]
    return records if is_found else None


def _record(value: Any, context: Columns) -> Columns | Fault:
    try:
        columns = columns_of(value)
    except FaultError as error:
        return Fault(str(error))
    if not columns.keys().isdisjoint(context):
        return Fault(COLUMN_TWICE)
    return columns | context if context else columns


def _found(
    value: Any, steps: tuple[str, ...], context: Columns, prefix: str
) -> list[tuple[Any, Columns]] | None:
    """List what the steps lead to with what is around it; None where they lead nowhere."""
    if not steps or isinstance(value, Fault):
        return [(value, context)]
    step, *rest = steps
    further = tuple(rest)
    if step == ITEMS:
        if not isinstance(value, list):
            return _found(value, further, context, prefix)
        found = [_found(item, further, context, prefix) for item in value]
        reached = [part for part in found if part is not None]
        return [one for part in reached for one in part] if reached or not found else None
    if not isinstance(value, dict) or value.get(step) is None:
        return None
    inner = {**context, **scalars_of(value, prefix, step)}
    return _found(value[step], further, inner, f"{prefix}{step}.")
