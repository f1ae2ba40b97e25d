"""Why debts are not paid, as far as we have learnt it."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample.billing_rows import CONTRACT
from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.channels import PORTAL
from orchestration.sample.columns import ids, instants, plain, words
from orchestration.sample.delivery import Rows
from orchestration.sample.outreach import BY_CALL, CALLED_US
from orchestration.sample.planted import FEEDBACK
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
ASKED = 1
SOURCE_SHARES = (0.42, 0.46, 0.12)
# of those who were to be asked at entry by lot, and came out not to be
NOT_ASKED_DAYS = 30
LEARNT_SHARE, TWO_REASONS_SHARE, WEIGHED_SHARE = 0.4, 0.16, 0.5
MAIN_WEIGHTS = np.array([0.6, 0.7, 0.8])


def learn_reasons(world: World, rng: np.random.Generator, contacts: Columns) -> Columns:
    """Draw the reasons learnt in conversations, and from those asked as they entered collection.

    Of a ``contact`` (-1 where in none) there are one reason or two, the main one first.
    """
    talked = np.isin(contacts["reached"], (BY_CALL, CALLED_US)) & (contacts["channel"] != PORTAL)
    talked &= contacts["instant"] >= world.calendar.first_second
    contact = np.flatnonzero(talked)
    contact = contact[rng.random(len(contact)) < LEARNT_SHARE]
    source = pick(rng, SOURCE_SHARES, len(contact))
    ended = contacts["instant"][contact] + np.maximum(contacts["duration"][contact], 0)
    free = (source != ASKED) | ~_is_held_out(world, contacts["contract"][contact], ended)
    contact, source, ended = contact[free], source[free], ended[free]
    answers = world.journal.take("answers")
    told = world.calendar.is_told(answers["instant"])
    contract, instant, mood = (answers[name][told] for name in ("contract", "instant", "mood"))

    contract = np.concatenate([contacts["contract"][contact], contract])
    instant = np.concatenate([ended, instant])
    mood = np.concatenate([contacts["mood"][contact], mood])
    source = np.concatenate([source, np.full(int(told.sum()), ASKED)])
    contact = np.concatenate([contact, np.full(int(told.sum()), -1)])
    size = len(contact)
    first = likely_reasons(rng, mood)
    two = np.flatnonzero(rng.random(size) < TWO_REASONS_SHARE)
    second = (first[two] + rng.integers(1, len(REASONS), len(two))) % len(REASONS)
    weight = np.where(rng.random(size) < WEIGHED_SHARE, 1.0, np.nan)
    weight[two] = MAIN_WEIGHTS[rng.integers(0, len(MAIN_WEIGHTS), len(two))]
    row = np.concatenate([np.arange(size), two])
    return {
        "contact": contact[row],
        "contract": contract[row],
        "instant": instant[row],
        "source": source[row],
        "reason": np.concatenate([first, second]),
        "weight": np.round(np.concatenate([weight, 1 - weight[two]]), 2),
    }


def likely_reasons(rng: np.random.Generator, mood: np.ndarray) -> np.ndarray:
    """Draw reasons of customers in a mood, as positions in REASONS."""
    bounds = np.cumsum(SHARES_BY_MOOD, axis=1)[mood]
    return (bounds < rng.random(len(mood))[:, None]).sum(axis=1).clip(0, len(REASONS) - 1)


def _is_held_out(world: World, contract: np.ndarray, instant: np.ndarray) -> np.ndarray:
    """Whether customers are among those not to be asked, at an instant."""
    person, trials = world.people.contracts.person[contract], world.trials
    age = instant // DAY_SECONDS - trials.enrolled_day[FEEDBACK, person]
    return trials.is_control(FEEDBACK, person) & (age >= 0) & (age <= NOT_ASKED_DAYS)


def reason_rows(world: World, learnt: Columns) -> Iterator[Rows]:
    """Give the reasons ``learnt``."""
    yield Rows(
        area="contact",
        kind="reasons",
        known_day=learnt["instant"] // DAY_SECONDS,
        columns={
            "contract_id": ids(CONTRACT, learnt["contract"]),
            "reason": words(REASONS, learnt["reason"]),
            "recorded_at": instants(world.calendar, learnt["instant"]),
            "reason_source": words(SOURCES, learnt["source"]),
            "weight": plain(learnt["weight"]),
        },
        late_share=0.01,
        again_share=0.003,
    )
