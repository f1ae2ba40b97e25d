"""What experiments and effects tell of units drawn by lot is right as often as it says.

Experiments of many seeds lie side by side in one warehouse, and are told by the SQL of the models.
The soak takes 200 seeds; docs/what-works.md tells what came of it.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import duckdb
import pytest
from quick_runs import Statements

from orchestration.warehouse import warehouse_path

# an equal draw for every seed, unit and question, the same in every run
DRAWN = "hash(seed, name, arm, unit, '{}') / 18446744073709551616"
# name, arm, planned share, share it is filled by, units of both arms, rate of the outcome
ARMS = """
    ('shown', 'control', 0.5, 0.5, 2000, 0.30), ('shown', 'treated', 0.5, 0.5, 2000, 0.345),
    ('uneven', 'control', 0.1, 0.1, 3000, 0.05), ('uneven', 'treated', 0.9, 0.9, 3000, 0.10),
    ('null', 'control', 0.5, 0.5, 1000, 0.40), ('null', 'treated', 0.5, 0.5, 1000, 0.40),
    ('rare', 'control', 0.2, 0.2, 1200, 0.02), ('rare', 'treated', 0.8, 0.8, 1200, 0.02),
    ('small', 'control', 0.5, 0.5, 120, 0.15), ('small', 'treated', 0.5, 0.5, 120, 0.15),
    ('broken', 'control', 0.5, 0.42, 2000, 0.30), ('broken', 'treated', 0.5, 0.58, 2000, 0.30)
"""
TRUTHS = {"shown": 0.045, "uneven": 0.05, "null": 0.0, "rare": 0.0, "small": 0.0}
REMINDED_MORE = 0.08

Run = Callable[..., duckdb.DuckDBPyConnection]


@pytest.fixture
def run(statements: Statements, tmp_path: Path) -> Iterator[Run]:
    """Builds a model from tables given as SELECTs, by name."""
    copyfile(statements.start, warehouse_path(tmp_path))
    with closing(duckdb.connect(warehouse_path(tmp_path))) as connection:

        def built(model: str, **tables: str) -> duckdb.DuckDBPyConnection:
            for name, rows in tables.items():
                connection.execute(f"create or replace table main.{name} as {rows}")
            connection.execute(statements.models[model])
            return connection

        yield built


def results_of(run: Run, seeds: int) -> duckdb.DuckDBPyConnection:
    """Draw the experiments of so many seeds and tell their results."""
    experiments = f"""
        select
            seed || ':' || name as experiment, 'treatment' as purpose, 'control' as control_arm,
            'paid' as outcome, 30 as horizon_days, null::date as read_on_date,
            null::varchar as campaign, true as is_described
        from (select distinct name from (values {ARMS}) as arms (name))
        cross join range({seeds}) as seeds (seed)
    """
    # a unit goes to the arm its draw falls to: the first of the two below its share, else the other
    followed = f"""
        with drawn as (
            select
                seed, name, unit, hash(seed, name, unit, 'arm') / 18446744073709551616 as draw,
                max(filled) filter (where arm = 'control') as control_share
            from (values {ARMS}) as arms (name, arm, planned, filled, units, rate)
            cross join range({seeds}) as seeds (seed)
            cross join range(3000) as numbers (unit)
            where unit < units
            group by all
        )
        select
            seed || ':' || name as experiment, 'customer' as unit_kind, unit::varchar as unit_id,
            arm, arm = 'control' as is_control, false as is_crossover,
            planned::decimal(18, 6) as planned_share, date '2026-01-01' as assigned_date,
            date '2026-01-31' as horizon_end_date, true as is_matured, true as is_eligible,
            {DRAWN.format("outcome")} < rate as has_outcome, false as is_treated
        from drawn
        inner join (values {ARMS}) as arms (name, arm, planned, filled, units, rate) using (name)
        where (arm = 'control') = (draw < control_share)
    """
    return run(
        "experiment_results",
        int_clock="select date '2026-03-31' as as_of, date '2026-03-31' as known_at",
        int_experiments=experiments,
        int_assignments_followed=followed,
    )


def told_by_name(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, float]]:
    """Share of the seeds of every experiment that are covered, shown and withheld."""
    truths = ", ".join(f"('{name}', {truth})" for name, truth in TRUTHS.items())
    rows = connection.execute(f"""
        select
            split_part(experiment, ':', 2) as name,
            avg((interval_low <= truth and truth <= interval_high)::int) as covered,
            avg((verdict = 'shown')::int) as shown,
            avg(is_withheld::int) as withheld
        from experiment_results
        left join (values {truths}) as truths (name, truth)
            on split_part(experiment, ':', 2) = truths.name
        group by all
    """).fetchall()
    return {
        name: {"covered": covered, "shown": shown, "withheld": withheld}
        for name, covered, shown, withheld in rows
    }


def effects_of(run: Run, seeds: int) -> list[tuple[float, float, float, float]]:
    """Tell the reminder effect of so many seeds, a portfolio each: value, interval and p-value.

    Customers have one to four instalments and pay them alike. In one stratum they pay less and are
    reminded more, so that the plain difference of the two rates is not the effect.
    """
    compared = f"""
        with customers as (
            select
                seed, 'reminder' as name, 'none' as arm, unit, unit % 2 = 0 as is_late,
                {DRAWN.format("reminded")} < if(unit % 2 = 0, 0.7, 0.3) as is_exposed,
                1 + (hash(seed, unit, 'instalments') % 4)::int as instalments,
                if(hash(seed, unit, 'mood') % 2 = 0, 0.2, -0.2) as mood
            from range({seeds}) as seeds (seed)
            cross join range(400) as numbers (unit)
        )
        select
            'association' as part, seed || ':' || unit || ':' || instalment as unit_id,
            seed || ':' || unit as customer_id, date '2026-01-15' as kpi_date,
            date '2026-01-15' as matures_on, seed::varchar as portfolio,
            null::varchar as segment, null::varchar as region, null::varchar as age_band,
            if(is_late, 'late', 'punctual') as stratum, is_exposed,
            (hash(seed, unit, instalment, 'paid') / 18446744073709551616
            < if(is_late, 0.4, 0.6) + mood + if(is_exposed, {REMINDED_MORE}, 0))::int as outcome
        from customers
        cross join range(4) as numbers (instalment)
        where instalment < instalments
    """
    connection = run("kpi_reminder_effect", int_reminders_compared=compared)
    return connection.execute("""
        select value, interval_low, interval_high, p_value from kpi_reminder_effect
        where dimension = 'portfolio' and period_grain = 'year'
    """).fetchall()


def test_worked_cases_have_the_figures_known_for_them(run: Run) -> None:
    # 345 of 1,000 against 300 of 1,000; intervals and p-values as published for such tables
    connection = run(
        "experiment_results",
        int_clock="select date '2026-03-31' as as_of, date '2026-03-31' as known_at",
        int_experiments="""
            select
                'e' || range as experiment, 'treatment' as purpose, 'control' as control_arm,
                'paid' as outcome, 30 as horizon_days, null::date as read_on_date,
                null::varchar as campaign, true as is_described
            from range(2)
        """,
        int_assignments_followed="""
            select
                experiment, 'customer' as unit_kind, unit::varchar as unit_id, arm,
                arm = 'control' as is_control, false as is_crossover,
                share::decimal(18, 6) as planned_share, date '2026-01-01' as assigned_date,
                true as is_matured, true as is_eligible, unit < outcomes as has_outcome,
                false as is_treated
            from (
                values ('e0', 'control', 1000, 300, 0.5), ('e0', 'b', 1000, 345, 0.5),
                ('e1', 'control', 80, 48, 0.4), ('e1', 'b', 70, 56, 0.3), ('e1', 'c', 60, 40, 0.3)
            ) as arms (experiment, arm, units, outcomes, share)
            cross join range(1000) as numbers (unit) where unit < units
        """,
    )
    told = connection.execute("""
        select difference, difference_relative, z, p_value, interval_low, interval_high
        from experiment_results where experiment = 'e0'
    """).fetchone()
    assert told[:2] == pytest.approx((0.045, 0.15))
    assert told[2] == pytest.approx(2.1527, abs=1e-4)
    assert told[3] == pytest.approx(0.0313, abs=1e-4)
    assert told[4:] == pytest.approx((0.00403, 0.08576), abs=1e-5)
    # Newcombe's first table gives 0.0524 and 0.3339; chi-square 1.111 with two degrees of freedom
    told = connection.execute("""
        select interval_low, interval_high, ratio_p_value
        from experiment_results where experiment = 'e1' and arm = 'b'
    """).fetchone()
    assert told == pytest.approx((0.0524, 0.3339, 0.5738), abs=5e-4)


def test_results_of_a_few_seeds_are_as_good_as_they_say(run: Run) -> None:
    told = told_by_name(results_of(run, seeds=25))
    assert min(told[name]["covered"] for name in TRUTHS) >= 0.8
    assert max(told[name]["shown"] for name in ("null", "rare", "small")) <= 0.2
    assert told["uneven"]["shown"] > told["null"]["shown"]
    assert told["broken"]["withheld"] == 1
    assert max(told[name]["withheld"] for name in TRUTHS) <= 0.04
    effects = effects_of(run, seeds=25)
    assert len(effects) == 25
    assert sum(low <= REMINDED_MORE <= high for _, low, high, _ in effects) >= 20


@pytest.mark.soak
def test_results_of_200_seeds_are_as_good_as_they_say(run: Run) -> None:
    told = told_by_name(results_of(run, seeds=200))
    effects = effects_of(run, seeds=200)
    covered = sum(low <= REMINDED_MORE <= high for _, low, high, _ in effects) / len(effects)
    mean = sum(value for value, *_ in effects) / len(effects)
    print(f"\n{told}\nreminders covered {covered}, mean effect {mean}")
    # 95 % less what chance does to 200 of them
    assert min(told[name]["covered"] for name in TRUTHS) >= 0.91
    assert max(told[name]["shown"] for name in ("null", "rare", "small")) <= 0.09
    # one sound experiment in 1,000, and every broken one
    assert sum(told[name]["withheld"] for name in TRUTHS) * 200 <= 5
    assert told["broken"]["withheld"] >= 0.99
    assert 0.91 <= covered <= 0.99
    assert mean == pytest.approx(REMINDED_MORE, abs=0.01)
