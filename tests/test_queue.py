"""The contact queue: what a run on exports makes of it, and its file for a dialler."""

import csv
from pathlib import Path

import duckdb
import pytest
from quick_runs import Statements, quick_run
from running_commands import warehouse
from whole_runs import contents, query, write

from orchestration.contact_queue import export_queue
from orchestration.errors import InputError
from orchestration.releases import release_file

COLUMNS = "queue_position integer, customer_id varchar, recommended_channel varchar, reason varchar"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with a queue of three."""
    file = tmp_path_factory.mktemp("release") / "collections.duckdb"
    with duckdb.connect(file) as connection:
        connection.execute(f"create table contact_queue ({COLUMNS})")
        connection.execute("""
            insert into contact_queue values
            (2, 'b', 'voice', 'owes, and "pays"'), (1, 'a', 'sms', null), (3, 'c', 'sms', 'x')
        """)
    return file


def test_the_queue_is_written_in_its_order(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "queue.csv"
    assert export_queue(release, out) == 3
    with out.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["customer_id"] for row in rows] == ["a", "b", "c"]
    assert rows[1]["reason"] == 'owes, and "pays"'
    assert out.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["queue.csv"]


def test_a_channel_and_the_first_of_it_can_be_asked_for(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "queue.parquet"
    assert export_queue(release, out, ["sms"], top=1) == 1
    assert duckdb.sql(f"select customer_id from '{out}'").fetchall() == [("a",)]
    assert export_queue(release, out, ["voice", "sms"]) == 3


@pytest.mark.parametrize(
    ("name", "channels", "said"),
    [
        ("queue.xlsx", [], "say whether it is .csv or .parquet"),
        ("queue.csv", ["fax"], "its channels are sms, voice"),
        ("nowhere/queue.csv", [], "that cannot be written"),
    ],
)
def test_what_cannot_be_written_is_told_and_nothing_is(
    release: Path, tmp_path: Path, name: str, channels: list[str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        export_queue(release, tmp_path / name, channels)
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_where_the_new_one_cannot_be_written(
    release: Path, tmp_path: Path
) -> None:
    out = tmp_path / "queue.csv"
    out.mkdir()
    (out / "kept").touch()
    with pytest.raises(InputError, match="that cannot be written"):
        export_queue(release, out)
    assert [path.name for path in tmp_path.rglob("*")] == ["queue.csv", "kept"]


def test_a_release_without_a_queue_says_so(tmp_path: Path) -> None:
    old = tmp_path / "collections.duckdb"
    duckdb.connect(old).close()
    with pytest.raises(InputError, match="has no contact queue"):
        export_queue(old, tmp_path / "queue.csv")


DAY = "2026-06-08"
# A customer per case; the day after, of the queue, is a Tuesday.
EXPORTS = {
    f"billing/customers/{DAY}.csv": """
        customer_id,country,region,time_zone
        seven,US,NY,America/New_York
        eight,US,NY,America/New_York
        talked,US,NY,America/New_York
        free,US,NY,America/New_York
        out,BR,SP,America/Sao_Paulo
        """,
    f"billing/contracts/{DAY}.csv": """
        contract_id,customer_id,originated_date
        D_seven,seven,2026-01-01
        D_eight,eight,2026-01-01
        D_talked,talked,2026-01-01
        D_free,free,2026-01-01
        D_out,out,2026-01-01
        """,
    f"billing/instalments/{DAY}.csv": """
        instalment_id,contract_id,due_date,amount
        1,D_seven,2026-03-01,100
        2,D_eight,2026-03-01,100
        3,D_talked,2026-03-01,100
        4,D_free,2026-03-01,100
        5,D_out,2026-03-01,100
        """,
    f"payment/payments/{DAY}.csv": """
        payment_id,contract_id,amount,status,status_at
        1,D_free,10,cleared,2026-05-01
        """,
    f"contact/contact_points/{DAY}.csv": """
        contact_point_id,customer_id,kind,checked_at,is_verified
        p1,seven,phone,2026-06-01,true
        p2,eight,phone,2026-06-01,true
        p3,talked,phone,2026-06-01,true
        p4,free,phone,2026-06-01,true
        p5,out,phone,2026-06-01,true
        """,
    f"contact/consents/{DAY}.csv": """
        customer_id,channel,is_opted_in,is_preferred,effective_at
        seven,voice,true,true,2026-01-01T12:00:00Z
        eight,voice,true,true,2026-01-01T12:00:00Z
        talked,voice,true,true,2026-01-01T12:00:00Z
        free,voice,true,true,2026-01-01T12:00:00Z
        out,voice,true,true,2026-01-01T12:00:00Z
        out,sms,false,,2026-06-01T15:00:00Z
        """,
}


def calls(customer: str, days: list[int], outcome: str = "no_answer", hour: int = 15) -> list[str]:
    """Calls at 11 in the morning there, each on a day of June."""
    return [
        f"{customer}_{number},{customer},D_{customer},voice,outbound,"
        f"2026-06-{day:02d}T{hour + number // 7}:00:00Z,{outcome},"
        + ("right" if outcome == "connected" else "")
        for number, day in enumerate(days, start=1)
    ]


def test_reg_f_and_an_opt_out_from_exports_to_breaches_and_queue(
    tmp_path: Path, statements: Statements
) -> None:
    contacts = [
        "contact_id,customer_id,contract_id,channel,direction,started_at,outcome,party",
        *calls("seven", [1, 2, 3, 4, 5, 6, 7]),
        *calls("eight", [2, 3, 4, 5, 6, 7, 8, 8]),
        *calls("talked", [1], "connected"),
        *(row.replace("talked_", "again_") for row in calls("talked", [7, 8], hour=16)),
        # one business day of delay, Tuesday; Friday is two after it, Thursday being a holiday
        "within,out,D_out,sms,outbound,2026-06-02T15:00:00Z,delivered,",
        "after,out,D_out,sms,outbound,2026-06-05T15:00:00Z,delivered,",
    ]
    exports = tmp_path / "exports"
    write(exports, EXPORTS | {f"contact/contacts/{DAY}.csv": "\n".join(contacts)})
    home = tmp_path / "home"
    quick_run(exports, home, statements)
    served = release_file(home)
    assert query(
        served, "select contact_id, conduct_rule, source from conduct_breaches order by all"
    ) == [
        ("after", "opted_out", "The customer's own word"),
        ("again_1", "us_after_conversation", "12 CFR 1006.14(b)(2)(i)(B)"),
        ("eight_8", "us_7_in_7", "12 CFR 1006.14(b)(2)(i)(A)"),
    ]
    assert query(
        served,
        "select customer_id, recommended_channel, is_scored from contact_queue"
        " order by queue_position",
    ) == [
        ("eight", "whatsapp", False),
        ("out", "voice", False),
        ("seven", "voice", False),
        ("talked", "voice", False),
        ("free", "voice", False),
    ]
    said = warehouse("queue", "--home", home, "--out", tmp_path / "queue.csv", "--channel", "voice")
    assert said == (0, f"4 customers to contact are in {tmp_path / 'queue.csv'}.")


def test_the_command_says_what_is_wrong_and_leaves_the_home_alone(
    sample_home: Path, tmp_path: Path
) -> None:
    before = contents(sample_home / "published")
    code, said = warehouse("queue", "--home", sample_home, "--out", tmp_path / "queue.txt")
    assert (code, "say whether it is .csv or .parquet" in said) == (2, True)
    assert contents(sample_home / "published") == before
