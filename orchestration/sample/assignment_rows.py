"""The exports of scores and of assignments to the arms of experiments."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample.billing_rows import CONTRACT, CUSTOMER
from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.columns import ids, instants, plain, same, whole, words
from orchestration.sample.delivery import Rows
from orchestration.sample.planted import Experiment
from orchestration.sample.world import World, second_of

BUREAU = "bureau_score"
SCORED_AT = 4 * 3600


def assignment_rows(world: World) -> Iterator[Rows]:
    """Give who was assigned to which arm of which experiment, and the bureau's scores."""
    yield _assignments(world)
    yield _scores(world)


def _assignments(world: World) -> Rows:
    rows, experiments = world.journal.take("assignments"), world.trials.experiments
    experiment, arm, contract = rows["experiment"], rows["arm"], rows["contract"]
    of_contracts = np.array([one.is_of_contracts for one in experiments])[experiment]
    customer = world.people.contracts.customer[contract]
    return Rows(
        area="contact",
        kind="assignments",
        known_day=rows["instant"] // DAY_SECONDS,
        columns={
            "experiment": words([one.name for one in experiments], experiment),
            "arm": words(_arms(experiments), 2 * experiment + arm),
            "assigned_at": instants(world.calendar, rows["instant"]),
            "customer_id": ids(CUSTOMER, np.where(of_contracts, -1, customer)),
            "contract_id": ids(CONTRACT, np.where(of_contracts, contract, -1)),
            "planned_share": plain(_shares(experiments)[experiment, arm]),
        },
        late_share=0.01,
        again_share=0.004,
    )


def _arms(experiments: tuple[Experiment, ...]) -> list[str]:
    """Give the names of all arms, by experiment and arm."""
    return [arm for one in experiments for arm in (one.control, one.treated)]


def _shares(experiments: tuple[Experiment, ...]) -> np.ndarray:
    """Give the planned shares, by experiment and arm."""
    treated = np.array([one.treated_share for one in experiments])
    return np.round(np.stack([1 - treated, treated], axis=1), 6)


def _scores(world: World) -> Rows:
    rows = world.journal.take("scores")
    instant = second_of(0, SCORED_AT) + rows["day"] * DAY_SECONDS
    return Rows(
        area="contact",
        kind="scores",
        known_day=rows["day"],
        columns={
            "customer_id": ids(CUSTOMER, rows["customer"]),
            "model": same(BUREAU),
            "scored_at": instants(world.calendar, instant),
            "score": whole(rows["score"]),
        },
        daily=True,
        late_share=0.005,
        again_share=0.002,
    )
