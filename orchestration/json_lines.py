"""Files of JSON objects, one per line, that are appended to and outlive kills and power cuts."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orchestration.releases import flush


def append_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    """Append objects, on disk when this returns; a new file is its owner's alone.

    A last line that a kill cut off is dropped: what follows would be glued to it.
    """
    is_new = not path.exists()
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    with os.fdopen(os.open(path, flags, 0o600), "a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        lines = (json.dumps(value, ensure_ascii=False) + "\n" for value in values)
        file.write("".join(lines).encode())
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        flush(path.parent)


def whole_lines(path: Path) -> list[bytes]:
    """Read the lines of a file, if there is one; a last one that a kill cut off never counted."""
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []
