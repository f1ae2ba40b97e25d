"""The guides' code for clients the project does not need itself, run in an environment of theirs.

`make clients` makes it; ODBC, R and Node come with the system.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest
from guides import READER, ROOT, Block, blocks, check
from hand_made_release import make_release
from postgres_server import PASSWORD, Server

from orchestration.postgres.copying import copy_release
from orchestration.release_files import STORAGE_VERSION
from orchestration.releases import release_file

CLIENTS = ROOT / ".venv-clients"
PYTHON = CLIENTS / "bin" / "python"
DRIVER = "PostgreSQL Unicode"

# what a block is followed by, to hand over the figures it made
HAND_OVER = {
    "python": """
import json
rows = figures
if hasattr(figures, "itertuples"):
    rows = figures.itertuples(index=False)
elif hasattr(figures, "rows"):
    rows = figures.rows()
with open("result.json", "w") as result:
    json.dump([[str(m)[:10], p, None if v != v else v] for m, p, v in rows], result)
""",
    "r": """
values <- ifelse(is.na(figures$value), "null", sprintf("%.17g", figures$value))
rows <- sprintf('["%s", "%s", %s]', figures$period_start, figures$portfolio, values)
cat("[", paste(rows, collapse = ", "), "]", file = "result.json")
""",
    "js": """
import { writeFileSync } from 'node:fs';
const rows = figures.map((row) => [row.period_start, row.portfolio, row.value]);
writeFileSync('result.json', JSON.stringify(rows));
""",
}
READ_WHOLE = """
import duckdb, json
release = duckdb.connect("home/published/collections.duckdb", read_only=True)
tables = [name for (name,) in release.execute("select table_name from duckdb_tables()").fetchall()]
counted = {name: len(release.execute(f"from {name}").fetchall()) for name in tables}
with open("result.json", "w") as result:
    json.dump(["v" + duckdb.__version__, counted], result)
"""
KEEP_CONNECTED = """
import psycopg, pyodbc, sqlalchemy
url, odbc = input(), input()
by_psycopg = psycopg.connect(url, autocommit=True)
by_odbc = pyodbc.connect(odbc, autocommit=True)
by_sqlalchemy = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
query = "select distinct number from collections.kpi_values where kpi_id = {}"
while True:
    for _ in range(10):  # so often that the query is prepared on the server
        numbers = {*by_psycopg.execute(query.format("%s"), ["cash_collected"]).fetchone()}
        numbers |= {*by_odbc.execute(query.format("?"), "cash_collected").fetchone()}
        with by_sqlalchemy.connect() as connection:
            text = sqlalchemy.text(query.format(":id"))
            numbers |= {*connection.execute(text, {"id": "cash_collected"}).fetchone()}
    print(*numbers, flush=True)
    if input() == "end":
        break
try:
    by_odbc.execute("create table mine (id int)")
except pyodbc.Error as error:
    print(error)
"""

pytestmark = pytest.mark.soak


@pytest.fixture
def place(sample_home: Path, tmp_path: Path) -> Path:
    """A folder with a home in it, to work in."""
    if not PYTHON.exists():
        pytest.skip("the clients are not there: run `make clients`")
    (tmp_path / "home").symlink_to(sample_home)
    (tmp_path / "node_modules").symlink_to(CLIENTS / "node_modules")
    return tmp_path


def _command(language: str) -> Sequence[str | Path]:
    """How to run a script in a language; skip, and say what to install, where that is not there."""
    if language == "python":
        return [PYTHON, "script.python"]
    if language == "js":
        if shutil.which("node") is None or not (CLIENTS / "node_modules").exists():
            pytest.skip("install Node 20 and npm, remove .venv-clients, and run `make clients`")
        shutil.copy("script.js", "script.mjs")
        return ["node", "script.mjs"]
    if not _succeeds("Rscript", "-e", "library(RPostgreSQL)"):
        pytest.skip("install the Debian packages r-base-core and r-cran-rpostgresql")
    return ["Rscript", "script.r"]


def _need_odbc() -> None:
    if not _succeeds("odbcinst", "-q", "-d", "-n", DRIVER):
        pytest.skip("install the Debian packages unixodbc and odbc-postgresql")


def _succeeds(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _result(place: Path, command: Sequence[str | Path]) -> list:
    """Run a script and return what it leaves in result.json."""
    done = subprocess.run(
        command,
        cwd=place,
        env={**os.environ, "PGPASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((place / "result.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "block",
    [*blocks("python"), *blocks("r"), *blocks("js")],
    ids=lambda block: f"{block.language}-{block.text.splitlines()[0]}",
)
def test_the_code_gives_what_is_published(
    block: Block,
    guides_server: Server,
    sample_home: Path,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "pyodbc" in block.text:
        _need_odbc()
    script = block.text.replace("dbhost", "127.0.0.1").replace("5432", str(guides_server.port))
    (place / f"script.{block.language}").write_text(script + HAND_OVER[block.language])
    monkeypatch.chdir(place)
    rows = _result(place, _command(block.language))
    found = {(date.fromisoformat(month), portfolio): value for month, portfolio, value in rows}
    assert len(found) == len(rows)
    with closing(duckdb.connect(release_file(sample_home), read_only=True)) as release:
        check(release, block.kpi_id, found)


def test_the_oldest_client_reads_the_whole_release(place: Path, sample_home: Path) -> None:
    version, counted = _result(place, [PYTHON, "-c", READ_WHOLE])
    assert version == STORAGE_VERSION
    with closing(duckdb.connect(release_file(sample_home), read_only=True)) as release:
        expected = dict(
            release.execute("select table_name, row_count from release_tables").fetchall()
        )
    assert {table: counted[table] for table in expected} == expected
    assert len(expected) > 100


def test_connections_stay_through_a_release_and_cannot_write(
    guides_server: Server, tmp_path: Path
) -> None:
    if not PYTHON.exists():
        pytest.skip("the clients are not there: run `make clients`")
    _need_odbc()
    guides_server.rows("create database swapped")
    make_release(tmp_path, 1)
    copy_release(tmp_path, guides_server.url("swapped"))
    client = subprocess.Popen(
        [PYTHON, "-c", KEEP_CONNECTED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PGPASSWORD": PASSWORD},
    )
    odbc = (
        f"Driver={{{DRIVER}}};Server=127.0.0.1;Port={guides_server.port};Database=swapped"
        f";UID={READER}"
    )
    print(
        guides_server.url("swapped", READER),
        f"{odbc};ReadOnly=1",
        sep="\n",
        file=client.stdin,
        flush=True,
    )
    assert client.stdout.readline() == "1\n"
    make_release(tmp_path, 2)
    copy_release(tmp_path, guides_server.url("swapped"))
    print("again", file=client.stdin, flush=True)
    assert client.stdout.readline() == "2\n"
    said, _ = client.communicate("end\n", timeout=60)
    assert client.returncode == 0
    assert "Connection is readonly" in said
