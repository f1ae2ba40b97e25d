"""Serves the dashboard in a Superset on this machine: `make superset`.

`python -m orchestration.superset.serving [--home HOME] [--port PORT] [--database URI]`. Everything
of the installation is in HOME/superset: its database, its secret key, the bundle it was given.
"""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from orchestration.contract import DBT_PROJECT
from orchestration.errors import InputError
from orchestration.releases import DATABASE_NAME, release_file
from orchestration.superset.bundle import bundle, release_uri

HERE = Path(__file__).parent
ENVIRONMENT = DBT_PROJECT.parent / ".venv-superset"
ADDRESS = "127.0.0.1"
SECONDS_TO_START = 180
PASSWORD = "SUPERSET_ADMIN_PASSWORD"


@dataclass(frozen=True)
class Installation:
    """A Superset: the environment its programs are in, and the folder of all it keeps."""

    programs: Path
    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """What its programs find in their environment."""
        return {
            **os.environ,
            "SUPERSET_HOME": str(self.folder),
            "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
            "FLASK_APP": "superset.app:create_app()",
            "SCARF_ANALYTICS": "false",
        }

    def run(self, program: str, *arguments: str, more: Mapping[str, str] | None = None) -> None:
        """Run one of its programs to its end; raise where it fails, with what it said last."""
        done = subprocess.run(
            [self.programs / program, *arguments],
            env={**self.variables, **(more or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = "\n".join(done.stderr.splitlines()[-20:])
            raise RuntimeError(f"{program} {' '.join(arguments)} of Superset failed:\n{said}")


def prepare(installation: Installation, uri: str) -> str | None:
    """Set the installation up where it is not yet, and give it the bundle for a database.

    Returns the password of the administrator where one was made up: it is not kept anywhere.
    """
    folder = installation.folder
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not (folder / "secret_key").exists():
        (folder / "secret_key").write_text(secrets.token_urlsafe(48), encoding="utf-8")
    set_up, given = folder / "set_up_for", folder / "bundle_given"
    release = _digest([(HERE / "requirements.txt").read_text(encoding="utf-8")])
    if _text(set_up) != release:
        installation.run("superset", "db", "upgrade")
        installation.run("superset", "init")
        set_up.write_text(release, encoding="utf-8")

    made_up = None if given.exists() or PASSWORD in os.environ else secrets.token_urlsafe(12)
    files = bundle(uri)
    content = _digest(files.values())
    if made_up or PASSWORD in os.environ or _text(given) != content:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            for path, text in files.items():
                (Path(place) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(place) / path).write_text(text, encoding="utf-8")
            password = {PASSWORD: made_up} if made_up else {}
            installation.run("python", str(HERE / "prepare.py"), place, more=password)
        given.write_text(content, encoding="utf-8")
    return made_up


@contextmanager
def served(installation: Installation, port: int) -> Iterator[subprocess.Popen]:
    """Serve on the loopback address while the block runs; it begins when pages can be asked for."""
    with socket.socket() as probe:
        if probe.connect_ex((ADDRESS, port)) == 0:
            raise InputError(f"Port {port} is taken: name another one, `make superset PORT=...`.")
    server = subprocess.Popen(
        [
            *(installation.programs / "gunicorn", "--bind", f"{ADDRESS}:{port}"),
            *("--workers", "2", "--threads", "4", "--timeout", "120", "--graceful-timeout", "5"),
            *("--log-level", "warning", "superset.app:create_app()"),
        ],
        env=installation.variables,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_ready(server, port)
        yield server
    finally:
        server.terminate()
        server.wait()


def _wait_until_ready(server: subprocess.Popen, port: int) -> None:
    give_up_at = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{ADDRESS}:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("Superset did not start: what it said is above.")


def _digest(texts: Iterable[str]) -> str:
    return sha256("\0".join(texts).encode()).hexdigest()


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _serve(home: Path, port: int, database: str | None) -> None:
    release_file(home)
    installation = Installation(ENVIRONMENT / "bin", home / "superset")
    print("Superset is made ready; the first time, this takes a minute or two.", flush=True)
    password = prepare(installation, database or release_uri(home / "published" / DATABASE_NAME))
    with served(installation, port) as server:
        print(f"http://{ADDRESS}:{port}/superset/dashboard/collections/", flush=True)
        if password:
            print(f"Log in as admin with {password}: it is not shown again.", flush=True)
        print("Ctrl-C ends it.", flush=True)
        server.wait()


def main() -> None:
    """Make Superset ready and serve it until it is interrupted; exit with 2 for bad input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, default=Path("home"))
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--database", help="SQLAlchemy URI of another place the release is served")
    options = parser.parse_args()
    # what is written is its owner's alone, and a stop from outside ends what was begun
    os.umask(0o077)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _serve(options.home.resolve(), options.port, options.database)
    except KeyboardInterrupt:
        pass
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
