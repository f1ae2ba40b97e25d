"""Names and texts written into SQL, where no parameter can stand."""

from pathlib import Path


def quoted(name: str) -> str:
    """Quote the name of a column, table or schema."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """Quote a text, or a path as a text."""
    return "'" + str(text).replace("'", "''") + "'"
