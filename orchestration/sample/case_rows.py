"""The exports on the state of a case: stages of collection and disputes."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample import disputes, stages
from orchestration.sample.billing_rows import CONTRACT
from orchestration.sample.calendar import FAR
from orchestration.sample.columns import dates, ids, money, words
from orchestration.sample.delivery import Rows, versions
from orchestration.sample.world import Columns, World

DISPUTE = "D"


def case_rows(world: World, entered: Columns) -> Iterator[Rows]:
    """Give the stages debts have ``entered``, and the disputes."""
    yield _stages(world, entered)
    yield _disputes(world)


def _stages(world: World, entered: Columns) -> Rows:
    return Rows(
        area="billing",
        kind="stages",
        known_day=entered["day"],
        columns={
            "contract_id": ids(CONTRACT, entered["contract"]),
            "stage": words(stages.STAGES, entered["stage"]),
            "started_date": dates(world.calendar, entered["day"]),
        },
        late_share=0.01,
        again_share=0.004,
    )


def _disputes(world: World) -> Rows:
    """Give each dispute as opened, and once more as closed where an export lies between."""
    rows, calendar = world.journal.take("disputes"), world.calendar
    row, is_closed = versions(calendar, rows["opened_day"], rows["closed_day"])
    closed_day = np.where(is_closed, rows["closed_day"][row], FAR)
    return Rows(
        area="billing",
        kind="disputes",
        known_day=np.where(is_closed, closed_day, rows["opened_day"][row]),
        columns={
            "dispute_id": ids(DISPUTE, row),
            "contract_id": ids(CONTRACT, rows["contract"][row]),
            "amount": money(rows["amount"][row]),
            "opened_date": dates(calendar, rows["opened_day"][row]),
            "closed_date": dates(calendar, closed_day),
            "reason": words(disputes.REASONS, rows["reason"][row]),
        },
    )
