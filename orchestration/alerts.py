"""Tells people about a run that needs them: a webhook, a command, or both.

An alert names the home, the run, what does not hold, and where the report is; no value of any
row. One that cannot be sent is a warning in the log and never fails a run.
"""

import json
import logging
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

WEBHOOK_VARIABLE = "WAREHOUSE_ALERT_WEBHOOK"
COMMAND_VARIABLE = "WAREHOUSE_ALERT_COMMAND"
TIMEOUT_SECONDS = 10
RETRY_AFTER_SECONDS = (1, 4)
MOST_PROBLEMS = 20

HEADLINES = {
    "refused": "The audit refused the release; the one before is still served",
    "bad input": "Bad input or configuration; nothing was loaded",
    "failed": "The run failed; the release that is served is whole",
    "killed": "The run was killed; the release that is served is whole",
    "blocked": "The run waited in vain for another",
    "late": "Exports are late",
    "status": "Somebody has to look after it",
}


def alert(
    outcome: str,
    home: Path,
    run_id: str,
    problems: Sequence[str],
    log: Callable[[str, str], None],
) -> None:
    """Send what there is to say of a run to whoever is to hear of it."""
    text = _text(outcome, home, run_id, problems)
    for variable, send in ((WEBHOOK_VARIABLE, _post), (COMMAND_VARIABLE, _pipe)):
        target = os.environ.get(variable)
        if not target:
            continue
        try:
            send(target, text, {"outcome": outcome, "home": home.name, "run_id": run_id})
        except Exception as error:  # whatever it is, the run is more than its alert
            message = f"The alert of {variable} could not be sent: {type(error).__name__}."
            log("WARNING", message)
            logging.getLogger(__name__).warning(message)


def _text(outcome: str, home: Path, run_id: str, problems: Sequence[str]) -> str:
    report = home / "reports" / run_id / "index.html"
    lines = [
        f"{HEADLINES[outcome]}: {home.name}, run {run_id}.",
        *problems[:MOST_PROBLEMS],
        *([f"... and {len(problems) - MOST_PROBLEMS} more."] if problems[MOST_PROBLEMS:] else []),
        *([f"The audit's report is {report}."] if report.exists() else []),
        f"The log is {home / 'logs' / run_id}.jsonl.",
    ]
    return "\n".join(lines)


def _post(url: str, text: str, facts: dict[str, str]) -> None:
    """Post JSON: ``text``, as chat services take it, and the facts of it."""
    request = urllib.request.Request(
        url,
        data=json.dumps({"text": text, **facts}).encode(),
        headers={"Content-Type": "application/json"},
    )
    for seconds in (*RETRY_AFTER_SECONDS, None):
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
                return
        except OSError:
            if seconds is None:
                raise
            time.sleep(seconds)


def _pipe(command: str, text: str, facts: dict[str, str]) -> None:
    subprocess.run(
        command,
        shell=True,
        input=text,
        text=True,
        check=True,
        capture_output=True,
        timeout=6 * TIMEOUT_SECONDS,
    )
