import fcntl
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import duckdb
import pytest
from guides import served
from hand_made_warehouse import make_published
from hypothesis import HealthCheck, is_hypothesis_test, settings
from postgres_server import Server
from quick_runs import STATEMENTS, Statements, compile_project, statements_in
from whole_runs import released

from orchestration.releases import release_file
from orchestration.sample import write_sample
from orchestration.warehouse import open_warehouse, warehouse_path

# All runs of a test session share what dbt has parsed, and none of it lands in the tree.
os.environ.setdefault("DBT_TARGET_PATH", tempfile.mkdtemp(prefix="dbt-"))

pytest_plugins = ["browsing"]

# Properties: the same few examples in every run, and in the soak many, others each time.
in_a_test = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
settings.register_profile("few", max_examples=50, derandomize=True, **in_a_test)
settings.register_profile("many", max_examples=2000, print_blob=True, **in_a_test)

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("many" if config.option.markexpr == "soak" else "few")


def pytest_itemcollected(item: pytest.Item) -> None:
    is_property = is_hypothesis_test(item.function)
    if item.config.option.markexpr == "soak" and is_property:
        item.add_marker("soak")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the real data sets are not there: {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def sample_exports(sample_home: Path) -> Path:
    """Exports of five months, with late, corrected and repeated rows."""
    return sample_home.with_name("exports")


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home to which one run brought all of the sample; not to be written to.

    It is made once, by the process that comes first, where several share the tests.
    """
    with _shared_place(tmp_path_factory, "shared_sample") as place:
        if not (place / "home" / "published").exists():
            write_sample(place / "exports", 150, 5, seed=17)
            released(place / "exports", place / "home")
    return place / "home"


@pytest.fixture(scope="module")
def release(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the run on the sample released."""
    with closing(duckdb.connect(release_file(sample_home), read_only=True)) as connection:
        yield connection


@pytest.fixture(scope="session")
def guides_server(sample_home: Path) -> Iterator[Server]:
    """A PostgreSQL that serves it as the guides say."""
    with served(sample_home) as running:
        yield running


@pytest.fixture(scope="session")
def statements(tmp_path_factory: pytest.TempPathFactory) -> Statements:
    """The dbt project as SQL, for quick runs; compiled once."""
    with _shared_place(tmp_path_factory, "statements") as place:
        if not (place / STATEMENTS).exists():
            compile_project(place)
    return statements_in(place)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release before the hand-made warehouse; not to be written to."""
    return make_published(tmp_path_factory.mktemp("published") / "collections.duckdb")


@contextmanager
def _shared_place(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """Have to oneself a folder that all processes of a test session share."""
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent
    place = place / name
    place.mkdir(exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place


@pytest.fixture
def write_exports(tmp_path: Path) -> Callable[[dict[str, str | bytes]], Path]:
    """Write files below an exports directory, by path; return the directory."""

    def write(files: dict[str, str | bytes]) -> Path:
        exports = tmp_path / "exports"
        exports.mkdir(exist_ok=True)
        for name, content in files.items():
            path = exports / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return exports

    return write


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An open warehouse file with nothing in it but the raw tables."""
    with closing(open_warehouse(warehouse_path(tmp_path / "home"))) as connection:
        yield connection


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 600 MB in memory."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a disk, and of memory only on Linux")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600m", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    if mounted.returncode and "permission denied" in mounted.stderr:
        pytest.skip("root of this container may not mount: it lacks the capability SYS_ADMIN")
    assert mounted.returncode == 0, mounted.stderr
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """A server that takes alerts, the second time it is asked; and what it was sent."""
    sent: list[dict[str, str]] = []
    failures = [503]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if failures:
                self.send_error(failures.pop())
                return
            sent.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("WAREHOUSE_ALERT_WEBHOOK", f"http://127.0.0.1:{server.server_port}/hook")
    yield sent
    server.shutdown()
    server.server_close()
