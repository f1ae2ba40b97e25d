"""Why debts are not paid, as far as we have learnt it."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample.billing_rows import CONTRACT
from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.channels import PORTAL
from orchestration.sample.columns import ids, instants, plain, words
from orchestration.sample.delivery import Rows
from orchestration.sample.outreach import BY_CALL, CALLED_US
from orchestration.sample.population import pick
from orchestration.sample.world import Columns, World

REASONS = (
    "billing",
    "due_date",
    "payment_method",
    "process",
    "affordability",
    "unemployment",
    "dispute",
    "other",
)
# by mood: calm, forgetful, strained, insolvent
SHARES_BY_MOOD = np.array(
    [
        [0.10, 0.35, 0.22, 0.15, 0.06, 0.00, 0.04, 0.08],
        [0.10, 0.35, 0.22, 0.15, 0.06, 0.00, 0.04, 0.08],
        [0.06, 0.12, 0.06, 0.05, 0.50, 0.12, 0.03, 0.06],
        [0.02, 0.02, 0.02, 0.02, 0.46, 0.38, 0.02, 0.06],
    ]
)
SOURCES = ("volunteered", "asked", "inferred")
SOURCE_SHARES = (0.42, 0.46, 0.12)
LEARNT_SHARE, TWO_REASONS_SHARE, WEIGHED_SHARE = 0.4, 0.16, 0.5
MAIN_WEIGHTS = np.array([0.6, 0.7, 0.8])


def reason_rows(world: World, rng: np.random.Generator, contacts: Columns) -> Iterator[Rows]:
    """Give the reasons learnt in conversations, some of them two at once, with weights."""
    talked = np.isin(contacts["reached"], (BY_CALL, CALLED_US)) & (contacts["channel"] != PORTAL)
    talked &= contacts["instant"] >= world.calendar.first_second
    contact = np.flatnonzero(talked)
    contact = contact[rng.random(len(contact)) < LEARNT_SHARE]
    size = len(contact)
    bounds = np.cumsum(SHARES_BY_MOOD, axis=1)[contacts["mood"][contact]]
    first = (bounds < rng.random(size)[:, None]).sum(axis=1).clip(0, len(REASONS) - 1)
    two = np.flatnonzero(rng.random(size) < TWO_REASONS_SHARE)
    second = (first[two] + rng.integers(1, len(REASONS), len(two))) % len(REASONS)
    weight = np.where(rng.random(size) < WEIGHED_SHARE, 1.0, np.nan)
    weight[two] = MAIN_WEIGHTS[rng.integers(0, len(MAIN_WEIGHTS), len(two))]
    source = pick(rng, SOURCE_SHARES, size)
    row = np.concatenate([np.arange(size), two])
    contact = contact[row]
    recorded = contacts["instant"][contact] + np.maximum(contacts["duration"][contact], 0)
    yield Rows(
        area="contact",
        kind="reasons",
        known_day=recorded // DAY_SECONDS,
        columns={
            "contract_id": ids(CONTRACT, contacts["contract"][contact]),
            "reason": words(REASONS, np.concatenate([first, second])),
            "recorded_at": instants(world.calendar, recorded),
            "reason_source": words(SOURCES, source[row]),
            "weight": plain(np.round(np.concatenate([weight, 1 - weight[two]]), 2)),
        },
        late_share=0.01,
        again_share=0.003,
    )
