"""The seal of a warehouse file: that it is as a whole build, with all its tests, has left it.

An audit asks what dbt's tests do not, and the other way round; only what has passed both is
released. Whoever writes to the file after the build, be it part of a build, breaks the seal.
"""

import json
from pathlib import Path

from orchestration.errors import RefusedError


def seal(warehouse: Path, run_id: str) -> None:
    """Note how the file is, now that all of it was built and tested and nobody has it open."""
    partial = _seal_path(warehouse).with_suffix(".partial")
    partial.write_text(json.dumps({"run_id": run_id, **_look(warehouse)}), encoding="utf-8")
    partial.replace(_seal_path(warehouse))


def check_seal(warehouse: Path) -> None:
    """Raise ``RefusedError`` where the file is not as it was sealed."""
    try:
        sealed = json.loads(_seal_path(warehouse).read_text(encoding="utf-8"))
    except FileNotFoundError:
        sealed = {}
    if _look(warehouse).items() <= sealed.items():
        return
    raise RefusedError(
        f"{warehouse} is not as a whole build with all its tests left it: something wrote to it"
        " since, or only a part was built. Nothing is released from it; use `warehouse run`."
    )


def _seal_path(warehouse: Path) -> Path:
    return warehouse.with_suffix(".sealed.json")


def _look(warehouse: Path) -> dict[str, int | bool]:
    status = warehouse.stat()
    return {
        "size_bytes": status.st_size,
        "modified_at_ns": status.st_mtime_ns,
        "has_wal": warehouse.with_name(warehouse.name + ".wal").exists(),
    }
