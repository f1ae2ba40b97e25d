"""Training and scoring: by what was known before, the same every time, or a reason why not."""

import csv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from orchestration.contract import DBT_PROJECT
from orchestration.insight import scoring
from orchestration.insight.features import FEATURES, SCORE_MODELS
from orchestration.insight.scoring import score
from orchestration.policies import policies
from orchestration.warehouse import open_warehouse

DAYS = ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30")
COLUMNS = ", ".join(
    # the features vary by hash; what counts is a few of them
    f"cast(hash(customer || '{feature.name}' || day) % 7 as double) as {feature.name}"
    for feature in FEATURES
)
OUTCOME = """
    cast(payments_made + instalments_due_soon + hash(customer_id || decision_date) % 8
        > days_since_payment + days_past_due + 2 as int)
"""


def make_features(
    connection: duckdb.DuckDBPyConnection,
    customers: int = 200,
    outcome: str = OUTCOME,
    order: str = "all",
) -> None:
    """Make customers at risk on every day of whom some pay; the last days' outcomes are open."""
    connection.execute(f"""
        create or replace table int_score_days as
        select cast(unnest({list(DAYS)}) as date) as decision_date, true as is_scored;
        create or replace table int_score_features as
        with at_risk as (
            select
                decision_date, score_model, customer as customer_id,
                decision_date + 30 as matures_on, {COLUMNS}
            from (
                select *, decision_date::varchar as day, 'C' || number as customer
                from int_score_days, range({customers}) as numbers (number),
                    (select unnest({list(SCORE_MODELS)}) as score_model)
            )
        )
        select *, if(matures_on > '2026-06-30', null, {outcome}) as outcome
        from at_risk order by {order};
    """)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "warehouse.duckdb"
    with closing(open_warehouse(place)) as connection:
        make_features(connection)
    return place


def change(path: Path, *arguments, **options) -> None:
    with closing(duckdb.connect(path)) as connection:
        make_features(connection, *arguments, **options)


def rows(path: Path, query: str) -> list[tuple]:
    with closing(duckdb.connect(path)) as connection:
        return connection.execute(query).fetchall()


def all_scores(path: Path) -> list[tuple]:
    return rows(path, "from raw.insight_scores order by all")


def test_who_is_at_risk_is_scored_by_both_algorithms_once_there_is_enough_to_learn_from(
    path: Path,
) -> None:
    written = score(path)
    runs = rows(
        path,
        "select decision_date::varchar, bool_and(is_trained), count(*), min(row_count)"
        " from raw.insight_runs group by all order by all",
    )
    # outcomes known by the eve: those of February are out on 30 March, of April on 30 May
    assert runs == [
        *(("2026-01-31", False, 4, 0), ("2026-02-28", False, 4, 0), ("2026-03-31", True, 4, 400)),
        *(("2026-04-30", True, 4, 400), ("2026-05-31", True, 4, 800), ("2026-06-30", True, 4, 800)),
    ]
    scores = all_scores(path)
    assert written["scores"] == len(scores) == 4 * 200 * 4
    assert all(0 <= row[-1] <= 1 for row in scores)
    assert {(row[0], row[1]) for row in scores} == {
        (model, algorithm) for model in SCORE_MODELS for algorithm in scoring.ALGORITHMS
    }


def test_the_same_rows_give_the_same_scores_in_whatever_order_they_lie(path: Path) -> None:
    score(path)
    first = all_scores(path), rows(path, "from raw.insight_reasons order by all")
    change(path, order="hash(customer_id)")
    score(path)
    assert (all_scores(path), rows(path, "from raw.insight_reasons order by all")) == first


def test_what_was_not_known_before_a_decision_does_not_move_its_scores(path: Path) -> None:
    score(path)
    first = all_scores(path)

    def scores_where_it_came_otherwise(known_on: str) -> list[tuple]:
        """Score again where all that was known from a day on had come otherwise."""
        change(path, outcome=f"if(matures_on >= '{known_on}', 1 - {OUTCOME}, {OUTCOME})")
        score(path)
        return all_scores(path)

    # of the day of a decision no outcome counts, of the days before it every one
    assert scores_where_it_came_otherwise("2026-06-30") == first
    second = scores_where_it_came_otherwise("2026-05-30")
    before, after = "2026-05-30", "2026-05-31"
    assert [row for row in second if str(row[2]) <= before] == [
        row for row in first if str(row[2]) <= before
    ]
    assert {str(row[2]) for row in set(second) - set(first)} == {after, "2026-06-30"}


@pytest.mark.parametrize(
    "options",
    [{"customers": 20}, {"outcome": "1"}, {"outcome": "cast(customer_id = 'C7' as int)"}],
    ids=["few rows", "one outcome", "few of one outcome"],
)
def test_too_little_to_learn_from_is_said_in_three_languages(path: Path, options: dict) -> None:
    change(path, **options)
    assert score(path) == {"runs": 24, "scores": 0, "reasons": 0}
    least = str(policies()["score_training_rows"])
    said = rows(
        path, "select distinct unavailable_en, unavailable_pt, unavailable_es from raw.insight_runs"
    )
    assert said
    assert all(least in text for texts in said for text in texts)
    assert all(text.startswith("Too little is known") for text, _, _ in said)


def test_without_scikit_learn_there_are_no_scores_and_the_runs_say_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score(path)
    monkeypatch.setattr(scoring, "find_spec", lambda name: None)
    assert score(path) == {"runs": 24, "scores": 0, "reasons": 0}
    said = rows(path, "select distinct is_trained, unavailable_en from raw.insight_runs")
    assert [is_trained for is_trained, _ in said] == [False]
    assert "scikit-learn" in said[0][1]


def test_nobody_at_risk_is_no_error(path: Path) -> None:
    with closing(duckdb.connect(path)) as connection:
        connection.execute(
            "delete from int_score_features where decision_date = '2026-06-30'"
            " or score_model = 'early_warning'"
        )
    score(path)
    days = rows(path, "select distinct decision_date::varchar from raw.insight_scores order by 1")
    assert days == [("2026-03-31",), ("2026-04-30",), ("2026-05-31",)]


def test_each_newest_score_has_its_strongest_reasons_in_order_and_words_for_them(
    path: Path,
) -> None:
    score(path)
    reasons = rows(
        path,
        "select score_model, customer_id, decision_date::varchar, position, feature, contribution"
        " from raw.insight_reasons order by 1, 2, 4",
    )
    assert {day for _, _, day, *_ in reasons} == {DAYS[-1]}
    assert {position for *_, position, _, _ in reasons} == {1, 2, 3}
    by_customer: dict[tuple, list[float]] = {}
    for model, customer, _, position, _, contribution in reasons:
        by_customer.setdefault((model, customer), []).append(abs(contribution))
        assert position == len(by_customer[model, customer])
    assert len(by_customer) == 200 * len(SCORE_MODELS)
    assert all(sizes == sorted(sizes, reverse=True) for sizes in by_customer.values())
    with Path(DBT_PROJECT, "seeds", "score_reason_texts.csv").open(encoding="utf-8") as file:
        worded = {
            (row["score_model"], row["feature"], row["direction"]) for row in csv.DictReader(file)
        }
    assert worded == {
        (model, feature.name, direction)
        for model in SCORE_MODELS
        for feature in FEATURES
        for direction in ("raises", "lowers")
    }


def test_a_reason_is_what_sets_a_customer_apart_from_the_mean(path: Path) -> None:
    change(path, outcome="cast(payments_made > 3 as int)")
    score(path)
    strongest = rows(
        path,
        """
        select distinct reasons.feature, sign(contribution) = sign(payments_made - 3.01)
        from raw.insight_reasons as reasons
        inner join int_score_features using (score_model, decision_date, customer_id)
        where score_model = 'propensity_to_pay' and position = 1 and payments_made in (0, 6)
        """,
    )
    assert strongest == [("payments_made", True)]


def test_an_effect_against_the_sign_a_feature_must_have_is_left_out() -> None:
    from orchestration.insight.models import fit_boosted, fit_logistic

    draw = np.random.Generator(np.random.PCG64(1))
    features = draw.integers(0, 8, (600, 3)).astype(float)
    features[:, 2] = 5  # does not vary
    outcomes = (features[:, 0] - features[:, 1] + draw.normal(0, 2, 600) > 0).astype(float)
    right = fit_logistic(features, outcomes, [1, -1, 1])
    assert right.coefficients[0] > 0 > right.coefficients[1]
    assert right.coefficients[2] == 0
    wrong = fit_logistic(features, outcomes, [1, 1, 1])
    assert wrong.coefficients[0] > 0
    assert list(wrong.coefficients[1:]) == [0, 0]
    assert len(set(fit_logistic(features, outcomes, [-1, 1, 1]).log_odds(features))) == 1
    rising = np.column_stack([np.full(8, 3.0), np.arange(8.0), np.full(8, 5.0)])
    with threadpool_limits(1):
        assert all(np.diff(fit_boosted(features, outcomes, [1, 1, 1]).log_odds(rising)) >= 0)


def test_scores_are_calibrated_on_the_newest_outcomes_that_are_known() -> None:
    from orchestration.insight.models import Calibration, calibrate

    log_odds = np.repeat([-1.0, 1.0], 500)
    # those the model gives 27 and 73 percent come to 10 and 50
    outcomes = np.concatenate([np.arange(500) < 50, np.arange(500) < 250]).astype(float)
    found = calibrate(log_odds, outcomes).probabilities(np.array([-1.0, 1.0]))
    assert found == pytest.approx([0.1, 0.5], abs=1e-3)
    assert calibrate(log_odds, np.ones(1000)) == Calibration()
    assert calibrate(log_odds, 1 - outcomes) == Calibration()
