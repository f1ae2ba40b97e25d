"""The command line run in this process, as its tests and those of its guides do."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from orchestration import terminal
from orchestration.command_line import main


def warehouse(*arguments: str | Path) -> tuple[int, str]:
    """Run the command in this process; give its exit code and all it said, on one line."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setattr(sys, "argv", ["warehouse", *map(str, arguments)])
        for console in (terminal.console, terminal.errors):
            patch.setattr(console, "width", 200)
        with pytest.raises(SystemExit) as ended:
            main()
    return ended.value.code or 0, " ".join(said.getvalue().split())
