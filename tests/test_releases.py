"""Which releases a home keeps, going back to one, and what lets a refused one pass."""

import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from hand_made_warehouse import build, make_warehouse
from whole_runs import contents, query

from expectations.overrides import Override, load_overrides, overrides_file, save_overrides
from orchestration import releases
from orchestration.errors import InputError, RefusedError
from orchestration.publication import publish
from orchestration.releases import kept_releases, release_file, roll_back

BROKEN = "update fct_debt_periods set overdue_amount = 60 where contract_id = 'C7'"
TODAY = date.today()


@pytest.fixture(scope="module")
def three_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three releases, each with a debt more than the one before."""
    home = tmp_path_factory.mktemp("releases")
    publish(home, make_warehouse(home / "warehouse.duckdb"), "run-0")
    for number in (1, 2):
        late = f"insert into dim_contracts values ('late {number}', 'K1', 'BRL')"
        publish(home, build(home / "warehouse.duckdb", late), f"run-{number}")
    return home


@pytest.fixture
def home(three_releases: Path, tmp_path: Path) -> Path:
    return shutil.copytree(three_releases, tmp_path / "home", symlinks=True)


def debts(home: Path) -> int:
    return query(release_file(home), "select count(*) from dim_contracts")[0][0]


def overriding(home: Path, expires_on: date) -> Override:
    override = Override(
        expectation="balances_are_possible",
        person="Ana Souza",
        reason="The core system's fix of C7 comes on Monday.",
        expires_on=expires_on,
    )
    save_overrides(overrides_file(home), [override])
    return override


def test_releases_are_listed_the_newest_first_with_the_one_that_is_served(home):
    kept = kept_releases(home)
    assert [release.release_id[:6] for release in kept] == ["000003", "000002", "000001"]
    assert [release.is_served for release in kept] == [True, False, False]
    assert (kept[0].as_of, kept[0].audit_outcome) == (date(2026, 1, 31), "passed")
    assert kept[0].size_bytes > 100_000


def test_going_back_serves_an_earlier_release_and_nothing_else_changes(home):
    before = contents(home / "releases")
    served = roll_back(home, "000001")
    assert (debts(home), served.is_served) == (200, True)
    assert os.readlink(home / "published") == f"releases/{served.release_id}"
    assert contents(home / "releases") == before
    assert roll_back(home, kept_releases(home)[0].release_id).release_id.startswith("000003")
    assert debts(home) == 202


@pytest.mark.parametrize(
    ("release_id", "complaint"),
    [("000009", "no release of"), ("00000", "several releases of"), ("", "several releases of")],
)
def test_a_release_that_is_not_kept_cannot_be_served(home, release_id, complaint):
    with pytest.raises(InputError, match=complaint):
        roll_back(home, release_id)
    assert debts(home) == 202


def test_going_back_is_atomic(home, monkeypatch):
    """Killed before the swap, the release of before is served."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        roll_back(home, "000001")
    assert debts(home) == 202
    monkeypatch.undo()
    roll_back(home, "000001")
    assert debts(home) == 200


def test_only_the_newest_releases_are_kept_and_the_one_that_is_served(home):
    releases.prune(home, 2)
    assert [release.release_id[:6] for release in kept_releases(home)] == ["000003", "000002"]
    roll_back(home, "000002")
    releases.prune(home, 1)
    assert [release.release_id[:6] for release in kept_releases(home)] == ["000003", "000002"]
    assert publish(home, home / "warehouse.duckdb", "run-4", keep=1).release_id[:6] == "000004"
    assert [release.release_id[:6] for release in kept_releases(home)] == ["000004"]
    assert not list((home / "releases").glob(".*"))


def test_a_clock_set_back_does_not_change_the_order_of_releases(home, monkeypatch):
    class LongAgo(releases.datetime):
        @classmethod
        def now(cls, zone):
            return super().now(zone) - timedelta(days=400)

    monkeypatch.setattr(releases, "datetime", LongAgo)
    release = publish(home, home / "warehouse.duckdb", "run-4", keep=3)
    assert release.release_id.startswith("000004")
    assert [kept.release_id[:6] for kept in kept_releases(home)] == ["000004", "000003", "000002"]
    assert kept_releases(home)[0].is_served


@pytest.mark.parametrize(
    "write",
    [
        "update dim_contracts set currency = 'USD' where contract_id = 'C1'",
        "create view seen_by_nobody as select 1 as one",
    ],
)
def test_a_warehouse_written_to_after_its_build_is_not_released(home, write):
    before = contents(home / "releases")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(write)
    with pytest.raises(RefusedError, match="not as a whole build"):
        publish(home, home / "warehouse.duckdb", "run-4")
    assert contents(home / "releases") == before


def test_what_a_killed_writer_left_in_the_log_of_the_file_breaks_the_seal(home):
    (home / "warehouse.duckdb.wal").touch()
    with pytest.raises(RefusedError, match="not as a whole build"):
        publish(home, home / "warehouse.duckdb", "run-4")


def test_a_warehouse_that_was_never_built_whole_is_not_released(home):
    (home / "warehouse.sealed.json").unlink()
    with pytest.raises(RefusedError, match="not as a whole build"):
        publish(home, home / "warehouse.duckdb", "run-4")


def test_an_override_lets_an_expectation_fail_and_the_release_says_so(home):
    overriding(home, TODAY)
    build(home / "warehouse.duckdb", BROKEN)
    release = publish(home, home / "warehouse.duckdb", "run-4")
    (sentence,) = release.overridden
    assert sentence.startswith(f"Overridden by Ana Souza until {TODAY} (The core system's fix")
    assert "contract_id = C7" in sentence
    assert query(release_file(home), "select audit_outcome, override_count from release") == [
        ("passed_with_overrides", 1)
    ]
    assert query(
        release_file(home),
        "select expectation, observed_count, person, expires_on from release_overrides",
    ) == [("balances_are_possible", 1, "Ana Souza", TODAY)]
    report = (release.path / "audit" / "index.html").read_text("utf-8")
    assert f"Overridden by Ana Souza until {TODAY}:" in report
    assert "Refused" not in report


def test_an_override_lets_nothing_else_fail(home):
    overriding(home, TODAY)
    build(home / "warehouse.duckdb", "update kpi_values set value = 0.51")
    with pytest.raises(RefusedError, match="ratios_are_their_sides"):
        publish(home, home / "warehouse.duckdb", "run-4")


def test_an_override_that_has_expired_lets_nothing_pass_and_is_named(home):
    yesterday = TODAY - timedelta(days=2)
    overriding(home, yesterday)
    build(home / "warehouse.duckdb", BROKEN)
    with pytest.raises(
        RefusedError, match=f"override of balances_are_possible by Ana Souza ended on {yesterday}"
    ):
        publish(home, home / "warehouse.duckdb", "run-4")
    assert debts(home) == 202


def test_a_release_holds_the_policies_it_was_computed_with(home):
    values = dict(query(release_file(home), "from release_policies"))
    assert values["promise_grace_days"] == "2"
    assert values["roll_due_dates"] == "null"
    assert values["customer_states"].startswith('[["settled", "not_due"]')
    assert not {"known_at", "as_of"} & values.keys()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- {expectation: x, person: y, reason: z}", "0.expires_on: Field required"),
        (
            "- {expectation: x, person: '', reason: z, expires_on: 2026-01-31}",
            "0.person: String should have at least 1 character",
        ),
        ("- {expectation: [", "is not valid YAML"),
    ],
)
def test_overrides_that_say_too_little_are_bad_input(tmp_path, text, complaint):
    file = overrides_file(tmp_path)
    file.write_text(text)
    with pytest.raises(InputError, match="overrides.yml.*" + complaint):
        load_overrides(file)
