"""The full log of a run: one JSON object per line in ``<home>/logs/<run_id>.jsonl``.

No secret gets into it, nor is one shown: neither what the environment says is one, nor the
password of a URL.
"""

import json
import logging
import os
import re
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

SECRET_VARIABLES = ("WAREHOUSE_SECRET", "WAREHOUSE_ALERT_WEBHOOK")
PASSWORD = re.compile(r"(\w+://[^\s:/@]*:)[^\s@]+@")
HIDDEN = "***"


def scrubbed(text: str) -> str:
    """Return the text without secrets."""
    for variable in SECRET_VARIABLES:
        if secret := os.environ.get(variable):
            text = text.replace(secret, HIDDEN)
    return PASSWORD.sub(rf"\1{HIDDEN}@", text)


def log_path(home: Path, run_id: str) -> Path:
    """Return where the log of a run is."""
    return home / "logs" / f"{run_id}.jsonl"


def write_line(path: Path, level: str, message: str, **details: str | None) -> None:
    """Append one line; details that are None are left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {
        "at": datetime.now(UTC).isoformat(),
        "level": level,
        "message": scrubbed(message),
        **{name: scrubbed(value) for name, value in details.items() if value is not None},
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


class RunLog(logging.Handler):
    """Writes what Dagster hears during a run; named in the instance file."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, with the error of a step that failed, as far as the disk lets it."""
        with suppress(OSError):
            self._write(record)

    def _write(self, record: logging.LogRecord) -> None:
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
