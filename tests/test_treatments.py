"""What is said of treatments, in worlds where it is known: see docs/what-works.md."""

import duckdb
import pytest
from quick_runs import Statements
from treated_world import World, judged

# no treatment does anything, in ways that fool who does not look
NOTHING = {
    "one_payment_follows_many_actions": {"pays_anyway": True, "actions": 4.0},
    "hardly_anybody_pays": {"rates": (0.1, 0.08, 0.05, 0.03)},
    "a_customer_always_gets_the_same": {"is_loyal": True, "spread": 1.8},
}
# an SMS that does better by 8 points, and a call that does worse by 5
PLANTED = (0.0, 0.08, 0.0, 0.0, -0.05, 0.0, 0.0, 0.0)


def _figure(worlds: duckdb.DuckDBPyConnection, figure: str, where: str = "true") -> float:
    """Return an aggregate over the judged treatments of all worlds' quarters."""
    answer = worlds.execute(
        f"select {figure} from quarters where verdict != 'too_few' and {where}"
    ).fetchone()
    assert answer is not None
    return float(answer[0])


def _share_of_worlds(worlds: duckdb.DuckDBPyConnection, condition: str) -> float:
    """Return the share of the worlds in which any treatment of any slice is so."""
    answer = worlds.execute(
        "select avg(is_so::int) from"
        f" (select bool_or({condition}) as is_so from quarters group by period_start)"
    ).fetchone()
    assert answer is not None
    return float(answer[0])


def test_what_is_planted_is_found_and_what_is_not_is_not(statements: Statements) -> None:
    planted = judged(World(seeds=6, customers=500, effects=(0, 0.35, 0, 0, 0, 0, 0, 0)), statements)
    nothing = judged(World(seeds=6, customers=500, pays_anyway=True), statements)

    is_found = "is_recommended and is_planted_best and dimension = 'all'"
    assert _share_of_worlds(planted, is_found) == 1
    assert _share_of_worlds(planted, "is_recommended and not is_planted_best") == 0
    assert _figure(planted, "avg(is_covered::int)") >= 0.95
    assert _figure(nothing, "count(*)") > 100
    assert _share_of_worlds(nothing, "verdict = 'best'") == 0


def test_who_is_late_pays_less_and_that_is_not_the_fault_of_the_call(
    statements: Statements,
) -> None:
    worlds = judged(World(seeds=6, customers=500), statements)

    of_calls = "treatment = 'voice: unknown' and dimension = 'all'"
    assert _figure(worlds, "avg(outcome_rate - chance)", of_calls) < -0.04
    assert abs(_figure(worlds, "avg(comparable_rate - chance)", of_calls)) < 0.02


@pytest.mark.soak
@pytest.mark.parametrize("way", NOTHING)
def test_where_nothing_is_planted_few_worlds_have_a_best_treatment(
    statements: Statements, way: str
) -> None:
    worlds = judged(World(seeds=200, **NOTHING[way]), statements)

    false_best = _share_of_worlds(worlds, "verdict = 'best'")
    by_chance = _figure(worlds, "avg((p_value <= 0.05)::int)")
    compared = _figure(worlds, "count(*)") / 200
    print(f"{way}: {compared:.0f} compared, {false_best:.1%} false best, p <= 0.05 {by_chance:.1%}")
    assert compared > 20
    assert false_best <= 0.05
    assert by_chance <= 0.055


@pytest.mark.soak
def test_what_is_planted_lies_in_its_interval_as_often_as_stated(statements: Statements) -> None:
    worlds = judged(World(seeds=200, customers=1000, effects=PLANTED), statements)

    covered = {
        who: _figure(worlds, "avg(is_covered::int)", where)
        for who, where in {
            "all": "true",
            "planted best": "is_planted_best",
            "recommended": "is_recommended",
        }.items()
    }
    found = {
        dimension: _figure(
            worlds,
            "avg(is_recommended::int)",
            f"is_planted_best and dimension = '{dimension}'",
        )
        for dimension in ("all", "segment", "age_band")
    }
    wrong = _share_of_worlds(worlds, "is_recommended and not is_planted_best")
    false = _figure(worlds, "avg((effect <= 0)::int)", "verdict = 'best'")
    closer = _figure(
        worlds,
        "avg(power(shrunk_rate - chance - effect, 2))"
        " / avg(power(comparable_rate - chance - effect, 2))",
    )
    print(f"covered {covered}, found {found}, wrong {wrong}, false {false}, error {closer}")
    assert all(share >= 0.95 for share in covered.values())
    assert found["all"] >= 0.7
    assert false <= 0.05
    assert closer < 1
