"""Others at work on a home, and a disk that fills up, for the tests of operations."""

import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from orchestration.settings import Settings

EXPORTS = {
    "billing/contracts/2026-03-01.csv": """
        contract_id,customer_id,originated_date,principal_amount
        a,a,2026-01-01,100
        b,b,2026-01-01,100
        """,
    "billing/instalments/2026-03-01.csv": """
        instalment_id,contract_id,due_date,amount
        a1,a,2026-02-01,100
        b1,b,2026-02-01,1500
        """,
    "payment/payments/2026-03-01.csv": """
        payment_id,contract_id,amount,status,status_at
        p1,a,100,cleared,2026-02-20
        """,
}

RUN_ID = "11111111-1111-1111-1111-111111111111"

HOLD = """
import sys, time
from pathlib import Path
from orchestration.home_lock import held
with held(Path(sys.argv[1]), "the-other"):
    print("held", flush=True)
    sys.stdin.readline()
    Path(sys.argv[1], "done").touch()
"""

RUN = """
import sys
from pathlib import Path
from orchestration.runs import at_work
with at_work(Path(sys.argv[1]), "the-other"):
    print("at work", flush=True)
    sys.stdin.readline()
"""

LOCK = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("locked", flush=True)
sys.stdin.readline()
"""


def process(script: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start a script, and wait for its first line."""
    started = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout.readline()
    return started


def end_after(seconds: float, started: subprocess.Popen[str]) -> threading.Thread:
    def end() -> None:
        time.sleep(seconds)
        started.communicate("\n")

    thread = threading.Thread(target=end)
    thread.start()
    return thread


def settings_of(place: Path, **more: Any) -> Settings:
    return Settings(exports=str(place / "exports"), home=str(place / "home"), **more)


def fill(disk: Path) -> None:
    """Leave not a byte free."""
    with (disk / "filler").open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
