"""What `warehouse explain` makes of values worked out by hand, one of each way of counting."""

from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.comparing.explanation import Explanation, ExplanationError, explain, open_release
from orchestration.errors import InputError
from orchestration.periods import period_named
from orchestration.slices import Slice

TABLES = """
create table kpi_catalog (
    kpi_id varchar, kind varchar default 'ratio', counts varchar default 'row',
    numerator_spans varchar, denominator_spans varchar, mix varchar,
    multiplier double default 1, dimensions varchar, waits_for varchar,
    is_numerator_money boolean default false, is_denominator_money boolean default false,
    name_en varchar default 'Name', question_en varchar default 'Question?',
    definition_en varchar default 'Definition.', unit varchar default 'ratio'
);
create table kpi_values (
    kpi_id varchar, period_grain varchar, period_start date, dimension varchar, member varchar,
    part varchar, numerator decimal(28, 4), denominator decimal(28, 4), value double,
    unit_count bigint, currency varchar, previous_value double, change_points double,
    change_relative double, target double, is_mature boolean default true,
    is_small_sample boolean default true, is_complete_period boolean default true,
    blocked_by varchar
);
create table dim_fx_rates as
select * from (
    values
    ('BRL', date '2026-03-01', 1, true),
    ('USD', date '2026-02-28', 5, false),
    ('USD', date '2026-03-01', 5.5, false),
    ('USD', date '2026-03-31', 6, false)
) as rates (currency, rate_date, rate, is_reporting_currency);
"""
MOMENTS = """
    unit_id, kpi_date, portfolio, numerator, denominator
    before, 2026-02-28, retail, 1, 1
    first_day, 2026-03-01, retail, 1, 1
    last_day, 2026-03-31, , 0, 1
    after, 2026-04-01, retail, 1, 1
"""
MOMENTS_OF_UNITS = """
    unit_id, kpi_date, numerator, denominator
    x, 2026-03-01, 1, 1
    x, 2026-03-02, 2, 1
    x, 2026-03-03, 0, 1
    y, 2026-03-03, 0, 1
"""
SPANS = """
    unit_id, kpi_date, ends_on, numerator
    a, 2026-02-10, 2026-03-10, 100
    b, 2026-03-05, 2026-04-30, 50
    until_the_eve, 2026-01-01, 2026-02-28, 30
    ended_before_the_eve, 2026-01-01, 2026-02-27, 7
    not_yet, 2026-04-01, 2026-04-30, 7
"""
# x counts from the 1st to the 20th, however its spans overlap
SPANS_OF_UNITS = """
    unit_id, kpi_date, ends_on, numerator, denominator
    x, 2026-02-10, 2026-03-10, 1, 1
    x, 2026-03-05, 2026-03-20, 2, 1
    x, 2026-03-06, 2026-03-07, 1, 1
    y, 2026-03-30, 2026-04-30, 0, 1
    z, 2026-03-29, 2026-04-30, 1, 0
    w, 2026-03-31, 2026-04-30, 1, 1
"""
MOMENTS_AND_SPANS_OF_UNITS = """
    unit_id, kpi_date, ends_on, numerator, denominator
    old, 2026-02-10, 2026-03-10, 0, 1
    old, 2026-03-05, , 1, 1
    new, 2026-03-05, , 0, 1
    gone, 2026-02-10, 2026-02-27, 0, 1
"""
PARTS = """
    unit_id, kpi_date, channel, numerator, denominator
    a, 2026-03-01, bank, 30, 30
    b, 2026-03-01, portal, 50, 50
    a, 2026-03-01, , 20, 20
"""
AMOUNTS = """
    unit_id, kpi_date, numerator
    a, 2026-03-01, 100.50
    a, 2026-03-02, -20.25
"""
OPINIONS = """
    unit_id, kpi_date, numerator, denominator
    promoter, 2026-03-01, 1, 1
    detractor, 2026-03-01, -1, 1
    another, 2026-03-01, -1, 1
"""
CURRENCIES = """
    unit_id, kpi_date, currency, numerator, denominator
    in_reais, 2026-03-30, BRL, 10, 20
    in_dollars, 2026-03-01, USD, 2, 10
    nothing_without_a_rate, 2026-03-02, USD, 0, 0
"""
LACKING = CURRENCIES + "    without_a_rate, 2026-03-02, USD, 1, 0\n"
BALANCES = """
    unit_id, kpi_date, ends_on, currency, numerator
    in_reais, 2026-01-01, 2026-04-30, BRL, 10
    in_dollars, 2026-01-01, 2026-04-30, USD, 2
    lent_since, 2026-03-10, 2026-04-30, USD, 1
    in_euros, 2026-01-01, 2026-03-30, EUR, 1
"""


@dataclass(frozen=True)
class Case:
    """Rows of a KPI, how it is counted, and its value: both sides, value and unit_count."""

    rows: str
    published: tuple[float | None, ...]
    counted: dict[str, object] = field(default_factory=dict)
    where: tuple[str, str, str] = ("all", "all", "all")
    as_of: str = "2026-03-31"
    blocked_by: str | None = None


BOTH_BY = {
    rule: {"counts": "unit", "numerator_spans": rule, "denominator_spans": rule}
    for rule in ("start", "end", "change", "mean")
}
STOCK_BY = {rule: {"kind": "amount", "numerator_spans": rule} for rule in BOTH_BY}
BY_CURRENCY = {"dimensions": "currency", "is_numerator_money": True}
BOTH_MONEY = BY_CURRENCY | {"is_denominator_money": True}
CASES = {
    "rows of the period": Case(MOMENTS, (1, 2, 0.5, 2)),
    "rows of a member": Case(
        MOMENTS, (1, 1, 1, 1), {"dimensions": "portfolio"}, ("portfolio", "retail", "all")
    ),
    "rows of no member": Case(
        MOMENTS, (0, 1, 0, 1), {"dimensions": "portfolio"}, ("portfolio", "unknown", "all")
    ),
    "rows until now": Case(MOMENTS, (1, 1, 1, 1), as_of="2026-03-30"),
    "an amount": Case(AMOUNTS, (80.25, None, 80.25, 2), {"kind": "amount"}),
    "a multiplied value": Case(OPINIONS, (-1, 3, -100 / 3, 3), {"multiplier": 100}),
    "nothing to divide by": Case(MOMENTS.replace("1\n", "0\n"), (1, 0, None, 2)),
    "units": Case(MOMENTS_OF_UNITS, (1, 2, 0.5, 2), {"counts": "unit"}),
    "a stock on the eve": Case(SPANS, (130, None, 130, 2), STOCK_BY["start"]),
    "a stock on the last day": Case(SPANS, (50, None, 50, 1), STOCK_BY["end"]),
    "the change of a stock": Case(SPANS, (-80, None, -80, 1), STOCK_BY["change"]),
    "the mean of a stock": Case(SPANS, (round(2350 / 31, 4), None, 2350 / 31, 1), STOCK_BY["mean"]),
    "the mean until now": Case(
        SPANS, (round(1800 / 20, 4), None, 1800 / 20, 1), STOCK_BY["mean"], as_of="2026-03-20"
    ),
    "units on the eve": Case(SPANS_OF_UNITS, (1, 1, 1, 1), BOTH_BY["start"]),
    "units on the last day": Case(SPANS_OF_UNITS, (2, 2, 1, 2), BOTH_BY["end"]),
    "the change of units": Case(SPANS_OF_UNITS, (1, 1, 1, 1), BOTH_BY["change"]),
    "the mean of units": Case(
        SPANS_OF_UNITS,
        (round(24 / 31, 4), round(23 / 31, 4), 24 / 23, 0),
        BOTH_BY["mean"],
    ),
    "units by spans and moments": Case(
        MOMENTS_AND_SPANS_OF_UNITS,
        (1, 2, 0.5, 2),
        {"counts": "unit", "denominator_spans": "start"},
    ),
    "a part of a mix": Case(PARTS, (30, 100, 0.3, 1), {"mix": "channel"}, ("all", "all", "bank")),
    "the part not known": Case(
        PARTS, (20, 100, 0.2, 1), {"mix": "channel"}, ("all", "all", "unknown")
    ),
    "a part of a mix of units": Case(
        PARTS, (1, 3, 1 / 3, 3), {"mix": "channel", "counts": "unit"}, ("all", "all", "bank")
    ),
    "amounts at the rate of their day": Case(CURRENCIES, (21, 75, 0.28, 3), BOTH_MONEY),
    "one side of money": Case(CURRENCIES, (21, 30, 0.7, 3), BY_CURRENCY),
    "amounts in their own currency": Case(
        CURRENCIES, (2, 10, 0.2, 2), BOTH_MONEY, ("currency", "USD", "all")
    ),
    "balances at the rate of the last day": Case(
        BALANCES, (28, None, 28, 3), BY_CURRENCY | STOCK_BY["end"]
    ),
    "dollars on the eve": Case(
        BALANCES, (2, None, 2, 1), BY_CURRENCY | STOCK_BY["start"], ("currency", "USD", "all")
    ),
}
BLOCKED = {
    "rows": Case(
        LACKING,
        (None, None, None, 4),
        BOTH_MONEY,
        blocked_by="no rate of USD on 2026-03-02",
    ),
    "a balance on the eve": Case(
        BALANCES,
        (None, None, None, 3),
        BY_CURRENCY | STOCK_BY["start"],
        blocked_by="no rate of EUR on 2026-02-28",
    ),
    "a change": Case(
        BALANCES,
        (None, None, None, 3),
        BY_CURRENCY | STOCK_BY["change"],
        blocked_by="no rate of EUR on 2026-02-28",
    ),
}
MIX = CASES["a part of a mix"]
OF_A_MEMBER = CASES["rows of a member"]


def release_of(place: Path, **kpis: Case) -> Path:
    """Write a release with a value of March 2026 per KPI."""
    release = place / "collections.duckdb"
    with closing(duckdb.connect(release)) as connection:
        connection.execute(TABLES)
        for kpi_id, case in kpis.items():
            rows = place / f"{kpi_id}.csv"
            rows.write_text("\n".join(line.strip() for line in case.rows.strip().splitlines()))
            connection.execute(f"create table kpi_{kpi_id} as from read_csv('{rows}', sep=', ')")
            connection.execute(f"comment on column kpi_{kpi_id}.unit_id is 'The customer.'")
            said = {"kpi_id": kpi_id, **case.counted}
            connection.execute(
                f"insert into kpi_catalog ({', '.join(said)}) select unnest(?)",
                [said],
            )
            connection.execute(
                """
                insert into kpi_values (
                    kpi_id, period_grain, period_start, dimension, member, part, numerator,
                    denominator, value, unit_count, blocked_by
                ) values (?, 'month', '2026-03-01', ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [kpi_id, *case.where, *case.published, case.blocked_by],
            )
        connection.execute(f"create table release as select date '{case.as_of}' as as_of")
    return release


def explained(release: Path, wanted: Slice, most: int = 10) -> Explanation:
    with closing(open_release(release)) as connection:
        return explain(connection, wanted, most)


def march(kpi_id: str, case: Case) -> Slice:
    return Slice(kpi_id, period_named("2026-03"), *case.where)


@pytest.mark.parametrize("name", CASES)
def test_a_value_is_made_of_its_rows(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    explanation = explained(release_of(tmp_path, it=case), march("it", case))
    numerator, denominator, value, unit_count = case.published
    sides = {side: round(float(one.total), 4) for side, one in explanation.sides.items()}
    assert sides["numerator"] == numerator
    assert sides.get("denominator") == denominator
    assert explanation.value == (None if value is None else pytest.approx(value))
    assert explanation.unit_count == unit_count


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("name", ["rows of the period", "units", "a part of a mix"])
def test_a_value_its_rows_do_not_give_fails(tmp_path: Path, name: str, column: int) -> None:
    case = CASES[name]
    wrong = [*case.published]
    wrong[column] += 0.5 if column < 3 else 1
    release = release_of(tmp_path, it=replace(case, published=tuple(wrong)))
    named = ("numerator", "denominator", "value", "unit_count")[column]
    with pytest.raises(ExplanationError, match=f"its {named} is .* but kpi_values has"):
        explained(release, march("it", case))


@pytest.mark.parametrize("name", BLOCKED)
def test_a_value_that_lacks_a_rate_says_which(tmp_path: Path, name: str) -> None:
    case = BLOCKED[name]
    release = release_of(tmp_path, it=case)
    with pytest.raises(
        InputError, match=f"it in 2026-03 is not published: there is {case.blocked_by}"
    ):
        explained(release, march("it", case))


@pytest.mark.parametrize(
    "case",
    [
        replace(BLOCKED["rows"], blocked_by=None, published=(21, 75, 0.28, 4)),
        replace(BLOCKED["rows"], blocked_by="no rate of USD on 2026-03-01"),
        replace(CASES["one side of money"], blocked_by="no rate of USD on 2026-03-02"),
    ],
)
def test_a_rate_that_lacks_or_not_as_published_fails(tmp_path: Path, case: Case) -> None:
    with pytest.raises(ExplanationError, match=r"its blocked_by is .* but kpi_values has"):
        explained(release_of(tmp_path, it=case), march("it", case))


def test_a_unit_with_a_moment_and_a_span_counts_once(tmp_path: Path) -> None:
    case = CASES["units by spans and moments"]
    side = explained(release_of(tmp_path, it=case), march("it", case)).sides["denominator"]
    assert (side.moments, side.spans, side.in_both) == (2, 1, 1)
    assert (side.rule, side.span_count) == ("start", 1)


def test_the_largest_come_first_and_all_are_counted(tmp_path: Path) -> None:
    case = CASES["the mean of a stock"]
    found = explained(release_of(tmp_path, it=case), march("it", case), most=1).contributors
    assert found.count == 2
    assert found.columns == ["unit_id", "kpi_date", "ends_on", "numerator"]
    ((unit_id, kpi_date, ends_on, adds),) = found.rows
    assert (unit_id, kpi_date, ends_on) == ("b", date(2026, 3, 5), date(2026, 4, 30))
    assert adds == pytest.approx(50 * 27 / 31)


def test_units_are_told_with_how_many_rows_they_have(tmp_path: Path) -> None:
    case = CASES["units"]
    found = explained(release_of(tmp_path, it=case), march("it", case)).contributors
    assert found.columns == ["unit_id", "kpi_date", "row_count", "numerator", "denominator"]
    assert found.rows == [
        ("x", date(2026, 3, 1), 3, 1, 1),
        ("y", date(2026, 3, 3), 1, 0, 1),
    ]


STATISTIC = Case(
    "unit_id, kpi_date\n", (3, 5, 60, 5), {"kind": "statistic", "definition_en": "A median."}
)
WAITING = Case(MOMENTS, (1, 2, 0.5, 2), {"waits_for": "contact.promises"})


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        (Slice("other", period_named("2026-03")), "other: there is no such KPI, but it, mix, "),
        (
            Slice("waiting", period_named("2026-03")),
            "waiting has no values: it waits for the exports contact.promises.",
        ),
        (
            Slice("it", period_named("2026-03"), "colour", "red"),
            "--dimension colour: that is no dimension of it, but portfolio.",
        ),
        (
            Slice("mix", period_named("2026-03"), "portfolio", "retail", "bank"),
            "--dimension portfolio: that is no dimension of mix, but none.",
        ),
        (
            Slice("it", period_named("2026-03"), "portfolio", "wholesale"),
            "--member wholesale: it has no such portfolio, but retail.",
        ),
        (
            Slice("it", period_named("2026-03"), "portfolio", "retail", "bank"),
            "--part bank: it is no mix and has no parts.",
        ),
        (
            Slice("mix", period_named("2026-03"), part="cash"),
            "--part cash: mix has no such channel, but bank.",
        ),
        (
            Slice("mix", period_named("2026-03")),
            "--part all: mix has no such channel, but bank.",
        ),
        (
            Slice("it", period_named("2026-04"), "portfolio", "retail"),
            "--period 2026-04: there is no value for it in 2026-04, portfolio retail; those by"
            " month begin on 2026-03-01 to 2026-03-01.",
        ),
        (
            Slice("it", period_named("2026-W10"), "portfolio", "retail"),
            "--period 2026-W10: it has no values by week there.",
        ),
        (
            Slice("statistic", period_named("2026-03")),
            "statistic in 2026-03 is a statistic, not a sum of rows, and cannot be taken apart:"
            " it is 60, from 3 events among 5 units at risk. kpi_statistic holds it for every"
            " period and slice; its definition: A median.",
        ),
    ],
)
def test_what_cannot_be_taken_apart_is_refused(
    tmp_path: Path, wanted: Slice, complaint: str
) -> None:
    release = release_of(tmp_path, it=OF_A_MEMBER, mix=MIX, statistic=STATISTIC, waiting=WAITING)
    with pytest.raises(InputError) as refused:
        explained(release, wanted)
    assert str(refused.value).startswith(complaint)
