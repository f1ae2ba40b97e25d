"""Where a cluster is, and the directory through which rows go there and come back."""

import os
import shutil
import socket
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from orchestration.errors import InputError

REMOTE_VARIABLE = "WAREHOUSE_SPARK_REMOTE"
STORAGE_VARIABLE = "WAREHOUSE_SPARK_STORAGE"
STORAGE_URI_VARIABLE = "WAREHOUSE_SPARK_STORAGE_URI"
CLIENT = ("dbt.adapters.spark", "pyspark.sql.connect")
DEFAULT_PORT = 15002
SECONDS_TO_ANSWER = 10


@dataclass(frozen=True)
class Storage:
    """A directory as it is seen from here, and ``uri``, as the cluster sees it."""

    path: Path
    uri: str

    @classmethod
    def from_environment(cls, home: Path) -> "Storage":
        """Read the WAREHOUSE_SPARK_STORAGE... variables; without them it is below the home."""
        path = Path(os.environ.get(STORAGE_VARIABLE) or home / "spark").absolute()
        return cls(path, os.environ.get(STORAGE_URI_VARIABLE, path.as_uri()).rstrip("/"))

    def below(self, name: str) -> "Storage":
        """Return a directory in it."""
        return Storage(self.path / name, f"{self.uri}/{name}")

    def emptied(self) -> "Storage":
        """Have it there with nothing in it."""
        if self.path.exists():
            shutil.rmtree(self.path)
        self.path.mkdir(parents=True)
        return self


def remote() -> str:
    """Return the URL of the cluster, which may hold a token."""
    return os.environ.get(REMOTE_VARIABLE, "")


def check_spark() -> None:
    """Raise ``InputError`` where no client is installed, or no cluster named or in reach."""
    if not all(map(_is_installed, CLIENT)):
        raise InputError(
            "--engine spark needs a client that is not installed: install the extra `spark`, with"
            " `pip install '.[spark]'` where the project is."
        )
    if not remote():
        raise InputError(
            f"--engine spark: name the cluster in {REMOTE_VARIABLE}, as sc://host:{DEFAULT_PORT}."
        )
    try:
        url = urlsplit(remote())
        host, port = url.hostname, url.port or DEFAULT_PORT
    except ValueError:
        host = None
    if not host or url.scheme != "sc":
        raise InputError(f"{REMOTE_VARIABLE}: write it as sc://host:{DEFAULT_PORT}.")
    try:
        socket.create_connection((host, port), timeout=SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise InputError(
            f"{REMOTE_VARIABLE}: nobody answers at {host}:{port} ({error}); check that Spark"
            " Connect runs there and can be reached from here."
        ) from None


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package it is in
        return False
