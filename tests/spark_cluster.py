"""A real Spark cluster on loopback: a master, two workers of one core, a Connect server."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

SPARK = Path(__file__).parents[1] / ".venv-spark-cluster"
PYSPARK = next(SPARK.glob("lib/python3*/site-packages/pyspark"), None)
HOST = "127.0.0.1"
MANAGING_MEMORY, EXECUTOR_MEMORY, DRIVER_MEMORY = "256m", "1g", "2g"
SECONDS_TO_START = 120

needs_spark = pytest.mark.skipif(
    PYSPARK is None or shutil.which("java") is None,
    reason="`make .venv-spark-cluster/installed` and Java 17 bring the cluster",
)


@dataclass(frozen=True)
class Cluster:
    """A running cluster: where clients reach it, and its workers' processes."""

    remote: str
    workers: tuple[subprocess.Popen[bytes], ...]

    def kill_a_worker(self) -> None:
        """Kill one worker, and the executor it runs, as a machine that is lost."""
        _kill(self.workers[0])


@contextmanager
def running_cluster(place: Path) -> Iterator[Cluster]:
    """Start a cluster that keeps its tables and logs in ``place``; end all of it in the end."""
    master, connect, *web = _free_ports(5)
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str, memory: str = MANAGING_MEMORY) -> subprocess.Popen[bytes]:
        process = _start(place, name, arguments, memory)
        started.append(process)
        return process

    try:
        start(
            "master",
            *("spark-class", "org.apache.spark.deploy.master.Master"),
            *("--host", HOST, "--port", str(master), "--webui-port", str(web[0])),
        )
        _wait_for(place, "master", started, master)
        workers = tuple(
            start(
                f"worker-{number}",
                *("spark-class", "org.apache.spark.deploy.worker.Worker"),
                *("--host", HOST, "--cores", "1", "--memory", EXECUTOR_MEMORY),
                *("--webui-port", str(port), "--work-dir", str(place / f"worker-{number}")),
                f"spark://{HOST}:{master}",
            )
            for number, port in enumerate(web[1:])
        )
        start(
            "connect",
            *("spark-submit", "--master", f"spark://{HOST}:{master}"),
            *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
            *_settings(_conf(place, connect)),
            "spark-internal",
            memory=DRIVER_MEMORY,
        )
        _wait_for(place, "connect", started, connect)
        yield Cluster(f"sc://{HOST}:{connect}", workers)
    finally:
        for process in reversed(started):
            _kill(process)


def _conf(place: Path, connect: int) -> dict[str, str]:
    metastore = f"jdbc:derby:;databaseName={place / 'metastore'};create=true"
    return {
        "spark.connect.grpc.binding.port": str(connect),
        "spark.driver.host": HOST,
        "spark.executor.memory": EXECUTOR_MEMORY,
        "spark.hadoop.javax.jdo.option.ConnectionURL": metastore,
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(place / "tables"),
        "spark.ui.enabled": "false",
    }


def _settings(conf: Mapping[str, str]) -> list[str]:
    return [word for name, value in conf.items() for word in ("--conf", f"{name}={value}")]


def _start(
    place: Path, name: str, arguments: Sequence[str], memory: str
) -> subprocess.Popen[bytes]:
    program, *rest = arguments
    environment = {
        **os.environ,
        "SPARK_HOME": str(PYSPARK),
        "SPARK_DAEMON_MEMORY": memory,
        "SPARK_LOCAL_IP": HOST,
        "SPARK_LOCAL_DIRS": str(place / "scratch"),
        "TZ": "UTC",
    }
    with open(place / f"{name}.log", "wb") as log:
        return subprocess.Popen(
            [str(PYSPARK / "bin" / program), *rest],
            cwd=place,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            # a group of its own, so that what it starts ends with it
            start_new_session=True,
        )


def _wait_for(
    place: Path, name: str, started: Sequence[subprocess.Popen[bytes]], port: int
) -> None:
    """Wait until somebody answers at a port; ``RuntimeError`` with the log where nobody does."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in started):
            break
        with socket.socket() as attempt:
            if attempt.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.2)
    log = (place / f"{name}.log").read_text(errors="replace")[-3000:]
    raise RuntimeError(f"The {name} of the Spark cluster did not start: {log}")


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
