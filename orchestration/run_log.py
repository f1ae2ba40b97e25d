"""The full log of a run: one JSON object per line in ``<home>/logs/<run_id>.jsonl``."""

import json
import logging
import os
import traceback
from datetime import UTC, datetime
from pathlib import Path


def log_path(home: Path, run_id: str) -> Path:
    """Return where the log of a run is."""
    return home / "logs" / f"{run_id}.jsonl"


def write_line(path: Path, level: str, message: str, **details: str | None) -> None:
    """Append one line; details that are None are left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {
        "at": datetime.now(UTC).isoformat(),
        "level": level,
        "message": message,
        **{name: value for name, value in details.items() if value is not None},
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


class RunLog(logging.Handler):
    """Writes what Dagster hears during a run; named in the instance file."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, with the error of a step that failed."""
        meta = record.dagster_meta
        event = meta["dagster_event"]
        error = getattr(event and event.event_specific_data, "error", None)
        write_line(
            log_path(Path(os.environ["DAGSTER_HOME"]).parent, meta["run_id"]),
            record.levelname,
            meta["orig_message"],
            step=meta["step_key"],
            event=event and event.event_type_value,
            error=error and error.to_string(),
            traceback="".join(traceback.format_exception(*record.exc_info))
            if record.exc_info
            else None,
        )
