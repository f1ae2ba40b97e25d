"""Ids of what is in the bundle: the same each time, so that an import replaces what it brought."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

Config = dict[str, Any]
NAMESPACE = uuid5(NAMESPACE_URL, "collections-warehouse/superset")


def identity(kind: str, name: str) -> str:
    """Return the UUID of a database, dataset, chart or dashboard."""
    return str(uuid5(NAMESPACE, f"{kind}/{name}"))
