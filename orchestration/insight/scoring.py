"""Training and scoring: every decision day by what was known of the days before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa

from orchestration.insight.features import FEATURES, SCORE_MODELS
from orchestration.insight.unavailable import NOT_INSTALLED, Unavailable, too_few
from orchestration.policies import policies
from orchestration.warehouse import Connection, open_warehouse, transaction

# the first is the one that counts, the other is published beside it
ALGORITHMS = ("logistic_regression", "gradient_boosting")
REASONS_PER_SCORE = 3
# two machines may differ in the last digits of a sum
DECIMALS = 6
ROWS = f"""
    select
        customer_id,
        decision_date,
        matures_on,
        outcome,
        {", ".join(f"cast({feature.name} as double) as {feature.name}" for feature in FEATURES)}
    from int_score_features
    where score_model = ?
    order by decision_date, customer_id
"""


@dataclass(frozen=True)
class AtRisk:
    """The customers a model scores, a row per decision day and customer, in that order.

    Days are counted from 1970; ``outcome`` is NaN where it is not known yet.
    """

    score_model: str
    customer: pa.Array
    decision_day: np.ndarray
    matures_on: np.ndarray
    outcome: np.ndarray
    features: np.ndarray

    @property
    def signs(self) -> list[int]:
        """Return the sign of each feature's effect."""
        return [feature.sign(self.score_model) for feature in FEATURES]


@dataclass(frozen=True)
class Scored:
    """What became of one decision day: scores of the rows from ``first`` on, or why none."""

    score_model: str
    algorithm: str
    decision_day: int
    row_count: int
    outcome_count: int
    first: int = 0
    scores: np.ndarray | None = None
    parts: np.ndarray | None = None
    unavailable: Unavailable | None = None


def score(warehouse: Path) -> dict[str, int]:
    """Replace ``raw.insight_runs``, ``_scores`` and ``_reasons``; return their rows by name.

    The models that give ``int_score_features`` have been built.
    """
    connection = open_warehouse(warehouse)
    try:
        days = _decision_days(connection)
        runs, scores, reasons = [], [], []
        for score_model in SCORE_MODELS:
            at_risk = _read(connection, score_model)
            scored = list(_score_days(at_risk, days))
            runs += [_run_rows(scored)]
            scores += [_score_rows(at_risk, one) for one in scored if one.scores is not None]
            reasons += _reason_rows(at_risk, scored)
        tables = {"runs": runs, "scores": scores, "reasons": reasons}
        with transaction(connection):
            return {name: _replace(connection, name, rows) for name, rows in tables.items()}
    finally:
        connection.close()


def _decision_days(connection: Connection) -> list[int]:
    days = connection.execute(
        "select decision_date - date '1970-01-01' from int_score_days where is_scored order by all"
    )
    return [day for (day,) in days.fetchall()]


def _read(connection: Connection, score_model: str) -> AtRisk:
    table = connection.sql(ROWS, params=[score_model]).to_arrow_table()

    def days(name: str) -> np.ndarray:
        return table[name].cast(pa.int32()).to_numpy().astype(np.int64)

    return AtRisk(
        score_model=score_model,
        customer=table["customer_id"].combine_chunks(),
        decision_day=days("decision_date"),
        matures_on=days("matures_on"),
        outcome=table["outcome"].cast(pa.float64()).to_numpy(zero_copy_only=False),
        features=np.column_stack([table[feature.name].to_numpy() for feature in FEATURES]),
    )


def _score_days(at_risk: AtRisk, days: Sequence[int]) -> Iterator[Scored]:
    """Score every decision day by models that were trained on what was known before it."""
    if find_spec("sklearn") is None:
        for day in days:
            yield from _none(at_risk, day, 0, 0, NOT_INSTALLED)
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        for day in days:
            known = at_risk.matures_on < day
            outcomes = at_risk.outcome[known]
            row_count, outcome_count = len(outcomes), int(outcomes.sum())
            if lack := _lack(at_risk.decision_day[known], outcomes):
                yield from _none(at_risk, day, row_count, outcome_count, lack)
                continue
            first, last = np.searchsorted(at_risk.decision_day, [day, day + 1])
            for algorithm, scores, parts in _train(at_risk, known, slice(first, last)):
                yield Scored(
                    score_model=at_risk.score_model,
                    algorithm=algorithm,
                    decision_day=day,
                    row_count=row_count,
                    outcome_count=outcome_count,
                    first=int(first),
                    scores=scores,
                    parts=parts,
                )


def _lack(days: np.ndarray, outcomes: np.ndarray) -> Unavailable | None:
    """Say what there is too little of to train on, if anything.

    The newest day of those with an outcome is to calibrate on, those before it to train on.
    """
    rows, least = len(outcomes), policies()["score_training_outcomes"]
    rarer = int(min(outcomes.sum(), rows - outcomes.sum()))
    to_train_on = outcomes[days < days.max(initial=0)]
    if (
        rows < policies()["score_training_rows"]
        or rarer < least
        or not 0 < to_train_on.sum() < len(to_train_on)
    ):
        return too_few(rows, rarer, policies()["score_training_rows"], least)
    return None


def _none(
    at_risk: AtRisk, day: int, row_count: int, outcome_count: int, why: Unavailable
) -> Iterator[Scored]:
    for algorithm in ALGORITHMS:
        yield Scored(at_risk.score_model, algorithm, day, row_count, outcome_count, unavailable=why)


def _train(
    at_risk: AtRisk, known: np.ndarray, asked: slice
) -> Iterator[tuple[str, np.ndarray, np.ndarray | None]]:
    """Train on the known rows but those of their newest day, which calibrates.

    Yields each algorithm's scores of the rows asked for and, of the first, what each feature
    adds to their log-odds.
    """
    from orchestration.insight.models import calibrate, fit_boosted, fit_logistic

    newest = known & (at_risk.decision_day == at_risk.decision_day[known].max())
    older = known & ~newest
    for algorithm, fit in zip(ALGORITHMS, (fit_logistic, fit_boosted), strict=True):
        if asked.start == asked.stop:  # nobody is at risk
            yield algorithm, np.empty(0), np.empty((0, len(FEATURES)))
            continue
        model = fit(at_risk.features[older], at_risk.outcome[older], at_risk.signs)
        calibration = calibrate(model.log_odds(at_risk.features[newest]), at_risk.outcome[newest])
        scores = calibration.probabilities(model.log_odds(at_risk.features[asked]))
        parts = None
        if algorithm == ALGORITHMS[0]:
            parts = calibration.slope * model.parts(at_risk.features[asked])
        yield algorithm, scores.round(DECIMALS), parts


def _run_rows(scored: Sequence[Scored]) -> pa.Table:
    def texts(language: str) -> pa.Array:
        return pa.array(
            [one.unavailable and getattr(one.unavailable, language) for one in scored], pa.string()
        )

    return pa.table(
        {
            "score_model": [one.score_model for one in scored],
            "algorithm": [one.algorithm for one in scored],
            "decision_date": _dates([one.decision_day for one in scored]),
            "is_trained": [one.unavailable is None for one in scored],
            "row_count": [one.row_count for one in scored],
            "outcome_count": [one.outcome_count for one in scored],
            "unavailable_en": texts("en"),
            "unavailable_pt": texts("pt"),
            "unavailable_es": texts("es"),
        }
    )


def _score_rows(at_risk: AtRisk, scored: Scored) -> pa.Table:
    size = len(scored.scores)
    return pa.table(
        {
            "score_model": pa.repeat(scored.score_model, size),
            "algorithm": pa.repeat(scored.algorithm, size),
            "decision_date": _dates(np.full(size, scored.decision_day)),
            "customer_id": at_risk.customer.slice(scored.first, size),
            "score": scored.scores,
        }
    )


def _reason_rows(at_risk: AtRisk, scored: Sequence[Scored]) -> list[pa.Table]:
    """Give the strongest reasons of each customer's newest score."""
    explained = [one for one in scored if one.parts is not None and len(one.parts)]
    if not explained:
        return []
    rows = np.concatenate([one.first + np.arange(len(one.scores)) for one in explained])
    parts = np.concatenate([one.parts for one in explained]).round(DECIMALS)
    # days are in order, so that the last row of a customer is the newest
    codes = at_risk.customer.dictionary_encode().indices.to_numpy()[rows]
    newest = len(codes) - 1 - np.unique(codes[::-1], return_index=True)[1]
    newest.sort()
    rows, parts = rows[newest], parts[newest]
    feature = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :REASONS_PER_SCORE]
    contribution = np.take_along_axis(parts, feature, axis=1).ravel()
    row = np.repeat(rows, REASONS_PER_SCORE)
    names = pa.array([feature.name for feature in FEATURES])
    table = pa.table(
        {
            "score_model": pa.repeat(at_risk.score_model, len(row)),
            "decision_date": _dates(at_risk.decision_day[row]),
            "customer_id": at_risk.customer.take(row),
            "position": np.tile(np.arange(1, REASONS_PER_SCORE + 1), len(rows)),
            "feature": names.take(feature.ravel()),
            "contribution": contribution,
        }
    )
    # a feature that moves nothing is no reason
    return [table.filter(contribution != 0)]


def _dates(days: Sequence[int] | np.ndarray) -> pa.Array:
    return pa.array(np.asarray(days, dtype=np.int32)).cast(pa.date32())


def _replace(connection: Connection, name: str, rows: Sequence[pa.Table]) -> int:
    connection.execute(f"delete from raw.insight_{name}")
    if not rows:
        return 0
    new_rows = pa.concat_tables(rows)
    connection.execute(f"insert into raw.insight_{name} by name select * from new_rows")
    return new_rows.num_rows
