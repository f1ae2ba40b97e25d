"""Which PostgreSQL a run is told to serve from: the option, the environment, what a URL hides."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.commands.options import day_and_target
from orchestration.errors import InputError
from orchestration.postgres import target as targets
from orchestration.postgres.target import target_of
from orchestration.settings import Settings


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:s3cret@host/x",
        "postgresql://u:s3cret/more@host/x",
        "postgresql://u:s3cret#more@host/x",
        "postgresql://u:s3cret?more@host/x",
        "postgresql://u:s3cret@[host/x",
    ],
)
def test_a_url_that_cannot_be_read_is_not_quoted(url: str) -> None:
    with pytest.raises(InputError) as refused:
        target_of(url)
    assert "write it as postgresql://" in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:s3cret@host:5432/x",
        "postgresql://u:s3c%72et%@host:5432/x",
        "postgresql://u@host:5432/x?password=s3cret&sslmode=require",
    ],
)
def test_what_is_shown_of_a_target_has_no_secret(url: str) -> None:
    target = target_of(url)
    assert target.shown == "postgresql://u@host:5432/x"
    for text in (repr(target), target.redacted(f'invalid token: "{url}", "{target.url}"')):
        assert "s3c" not in text


def test_runs_about_the_past_stay_out_of_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_TO", "postgresql://host/database")
    now = Settings(exports="exports", home="home")
    assert now.to == "postgresql://host/database"
    assert now.model_copy(update={"known_at": "2026-01-31"}).to is None


def test_to_takes_a_day_a_url_or_both() -> None:
    url = "postgresql://host/database"
    assert day_and_target([]) == (None, None)
    assert day_and_target(["2026-01-31"]) == ("2026-01-31", None)
    assert day_and_target([url, "2026-01-31"]) == ("2026-01-31", url)


def test_a_driver_that_is_missing_is_named_before_anything_is_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(targets, "DRIVER", "a_driver_nobody_has")
    monkeypatch.setenv("WAREHOUSE_TO", "postgresql://host/database")
    with pytest.raises(InputError, match="extra `postgres`"):
        Settings(exports=str(tmp_path), home=str(tmp_path)).check()


def test_the_driver_is_loaded_only_to_copy() -> None:
    code = (
        "import sys, orchestration.postgres.copying, orchestration.command_line;"
        " sys.exit(any(name.startswith('adbc') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
