"""Experiments by lot: who takes part, in which arm, and what the treated do because of it."""

import numpy as np

from orchestration.sample import cash, scores
from orchestration.sample.calendar import DAY_SECONDS, FAR
from orchestration.sample.paying import CHANNELS_LATE, paying_seconds
from orchestration.sample.planted import (
    FEEDBACK,
    LINK,
    MOVED,
    MOVED_AFTER,
    OFFER,
    REMINDER,
    TREATED,
    WARNED_DAYS,
    WARNING,
    Experiment,
)
from orchestration.sample.population import SPAN, pick
from orchestration.sample.world import CALM, OPEN, Late, Trials, World, late_debts, second_of

NOT_IN = -1
ENROLLED_BEFORE_DUE, ENTRY_DPD, LINK_DPD, OFFER_DPD = 5, 1, 8, 30
WARNED_BELOW, WARNED_AHEAD = 130, 32
ASKED_AFTER, ANSWERS_SHARE = (1, 8), 0.7


def make_trials(
    rng: np.random.Generator, experiments: tuple[Experiment, ...], persons: int
) -> Trials:
    """Draw who will take part; nobody is in an arm yet."""
    shape = (len(experiments), persons)
    enrolled = np.array([experiment.enrolled for experiment in experiments])
    return Trials(
        experiments=experiments,
        rng=rng,
        takes_part=rng.random(shape) < enrolled[:, None],
        arm=np.full(shape, NOT_IN, dtype=np.int8),
        enrolled_day=np.full(shape, FAR),
    )


def enrol(world: World, day: int, late: Late) -> None:
    """Assign those who qualify for an experiment today, in the morning, before any treatment."""
    if day < world.calendar.first_export:
        return
    book, due = world.book, day + ENROLLED_BEFORE_DUE
    _assign(world, day, REMINDER, _about_to_owe(world, due, due))
    entering = late.contract[late.dpd == ENTRY_DPD]
    asked = entering[_assign(world, day, FEEDBACK, entering)]
    _ask(world, day, asked)
    _move(world, day, FEEDBACK, asked)
    _assign(world, day, LINK, late.contract[late.dpd == LINK_DPD])
    offered = late.contract[(late.dpd == OFFER_DPD) & (book.standing[late.contract] == OPEN)]
    _move(world, day, OFFER, offered[_assign(world, day, OFFER, offered)])
    if scores.is_day_of_scores(world.calendar, day):
        _warn(world, day)


def _about_to_owe(world: World, first: int, last: int) -> np.ndarray:
    """Give the contracts of those not behind of which an instalment is due on such a day."""
    book, people = world.book, world.people
    instalments = people.instalments
    days = instalments.due_day[world.by_due]
    due = world.by_due[np.searchsorted(days, first) : np.searchsorted(days, last, side="right")]
    contract = instalments.contract[due]
    left = instalments.key[due] % SPAN > book.paid[contract] - book.charged[contract]
    calm = left & (book.fallen_due[contract] <= book.paid[contract])
    calm &= (book.agreement[contract] < 0) & (book.standing[contract] == OPEN)
    calm &= book.mood[people.contracts.person[contract]] == CALM
    return np.unique(contract[calm])


def _warn(world: World, day: int) -> None:
    """Warn those whom the bureau scores low before they are late, in the days after."""
    book, person = world.book, world.people.contracts.person
    contract = _about_to_owe(world, day + 3, day + WARNED_AHEAD)
    contract = contract[book.score[person[contract]] < WARNED_BELOW]
    warned = contract[_assign(world, day, WARNING, contract)]
    book.warned_until[person[warned]] = day + WARNED_DAYS
    when = day + 1 + world.trials.rng.integers(0, 3, len(warned))
    world.agenda.plan("warn", world.calendar.next_business[when], contract=warned)


def _assign(world: World, day: int, number: int, contract: np.ndarray) -> np.ndarray:
    """Assign the persons of contracts that are in no arm yet; say which contracts are treated."""
    trials = world.trials
    experiment = trials.experiments[number]
    contract, positions = np.unique(contract, return_index=True)
    person = world.people.contracts.person[contract]
    free = (
        trials.takes_part[number, person]
        & (trials.arm[number, person] == NOT_IN)
        & ~world.book.is_barred[person]
    )
    person, first = np.unique(person[free], return_index=True)
    contract, positions = contract[free][first], positions[free][first]
    share = experiment.treated_share
    arm = pick(trials.rng, (1 - share, share), len(person))
    trials.arm[number, person] = arm
    trials.enrolled_day[number, person] = day
    world.journal.add(
        "assignments",
        experiment=np.full(len(person), number),
        contract=contract,
        arm=arm,
        instant=day * DAY_SECONDS + 21_600 + trials.rng.integers(0, 3600, len(person)),
    )
    return positions[arm == TREATED]


def _ask(world: World, day: int, contract: np.ndarray) -> None:
    """Ask for the reason, within days of the entry; note the answers."""
    rng = world.trials.rng
    answering = contract[rng.random(len(contract)) < ANSWERS_SHARE]
    size = len(answering)
    asked = day + rng.integers(*ASKED_AFTER, size)
    world.journal.add(
        "answers",
        contract=answering,
        instant=asked * DAY_SECONDS + 30_000 + rng.integers(0, 30_000, size),
        mood=world.book.mood[world.people.contracts.person[answering]],
    )


def _move(world: World, day: int, number: int, contract: np.ndarray) -> None:
    """Plan on which day those pay whom their treatment moves to pay."""
    rng = world.trials.rng
    moved = contract[rng.random(len(contract)) < MOVED[number]]
    world.agenda.plan(
        "pay_moved",
        day + rng.integers(*MOVED_AFTER, len(moved)),
        contract=moved,
        for_all=np.full(len(moved), number == FEEDBACK),
    )


def pay_moved(world: World, day: int) -> None:
    """Let those whom a treatment moves pay today, in full, if they still owe."""
    rows = world.agenda.due("pay_moved", day)
    if rows is None:
        return
    rng, book = world.trials.rng, world.book
    late = late_debts(world, day)
    named = rows["contract"]
    of_persons = world.people.contracts.person[named[rows["for_all"]]]
    late = late.where(np.isin(late.contract, named) | np.isin(late.person, of_persons))
    late = late.where(~book.is_stopped[late.person] & (book.paid_day[late.person] != day))
    size = len(late.contract)
    channels = np.array(list(CHANNELS_LATE))
    cash.receive(
        world,
        day,
        late.contract,
        amount=late.owed,
        instant=second_of(day, paying_seconds(rng, size)),
        channel=channels[pick(rng, list(CHANNELS_LATE.values()), size)],
        method=cash.usual_method(world, day, size),
    )
