"""Whom we try to reach on a day, by which channel and when, and who comes to us."""

from dataclasses import dataclass, fields

import numpy as np

from orchestration.sample import agreements, preferences, stages
from orchestration.sample.calendar import DAY_SECONDS, FAR
from orchestration.sample.channels import (
    AUTOMATED,
    BOT,
    CHATBOT,
    EMAIL,
    HUMAN,
    IVR,
    LETTER,
    PORTAL,
    SELF,
    SMS,
    VOICE,
    WHATSAPP,
)
from orchestration.sample.planted import (
    ATTEMPTS_SINCE,
    CALLERS_SINCE,
    REMINDER,
    SOFTWARE_ADOPTED,
)
from orchestration.sample.population import SPAN, pick
from orchestration.sample.world import CALM, DPD_EDGES, Late, World, no_rows, on_day

CAMPAIGNS = ("pre_due", "early", "mid", "late", "recovery", "agreement", "early_warning")
PRE_DUE, EARLY, MID, LATE, RECOVERY, AGREEMENT, EARLY_WARNING = range(len(CAMPAIGNS))
CAMPAIGN_BY_BUCKET = np.array([EARLY, EARLY, EARLY, MID, MID, LATE, RECOVERY])

DAILY_ATTEMPTS = {
    VOICE: np.array([0.03, 0.45, 0.48, 0.36, 0.28, 0.18, 0.09]),
    SMS: np.array([0.12, 0.22, 0.18, 0.14, 0.12, 0.08, 0.04]),
    WHATSAPP: np.array([0.12, 0.24, 0.20, 0.16, 0.13, 0.09, 0.04]),
    EMAIL: np.array([0.09, 0.16, 0.15, 0.13, 0.10, 0.07, 0.04]),
    IVR: np.array([0.0, 0.04, 0.04, 0.03, 0.02, 0.01, 0.0]),
    LETTER: np.array([0.0, 0.0, 0.004, 0.008, 0.006, 0.003, 0.001]),
}
DAILY_CALLERS = {VOICE: 0.0040, WHATSAPP: 0.0030, CHATBOT: 0.0016, PORTAL: 0.0050}
CALLERS_BY_MOOD = np.array([0, 1.4, 1.0, 0.15])
CALLERS_WARMED_FACTOR, CALLERS_WARMED_DAYS = 5, 3
SATURDAY, SUNDAY, SATURDAY_FACTOR = 5, 6, 0.35
BOT_SHARE, SECOND_CALL_SHARE = 0.2, 0.35
REMINDED_SHARE, REMINDED_DAYS_BEFORE = 0.12, 2
REMINDERS = np.array([SMS, WHATSAPP, EMAIL])
# stands for the days before a due date that is still far
WARNED_DPD = -30

CALL_WEIGHTS = (0,) * 8 + (6, 11, 12, 10, 6, 7, 9, 10, 9, 8, 7, 5)
MESSAGE_WEIGHTS = (0,) * 8 + (8, 18, 16, 8, 4, 4, 10, 12, 8, 6, 4, 2)
CLOCK_ROUND_WEIGHTS = (1, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 7, 7, 6, 6, 6, 6, 7, 8, 9, 9, 8, 5, 3)
SATURDAY_ENDS = 14


@dataclass(frozen=True)
class Attempts:
    """One row per attempt of a day; ``owed`` in cents, ``instant`` in seconds from day 0.

    ``agreement`` is the overdue agreement it is about and ``supersedes`` the promise that
    the customer calls to replace, or -1.
    """

    person: np.ndarray
    contract: np.ndarray
    agreement: np.ndarray
    owed: np.ndarray
    dpd: np.ndarray
    campaign: np.ndarray
    channel: np.ndarray
    is_inbound: np.ndarray
    actor: np.ndarray
    instant: np.ndarray
    supersedes: np.ndarray

    def where(self, chosen: np.ndarray) -> "Attempts":
        """Keep the rows of a mask, or those at the given positions."""
        return Attempts(*(getattr(self, column.name)[chosen] for column in fields(self)))


@dataclass(frozen=True)
class Targets:
    """One row per person behind today, with the debt or agreement to talk about."""

    person: np.ndarray
    contract: np.ndarray
    agreement: np.ndarray
    owed: np.ndarray
    dpd: np.ndarray

    def where(self, mask: np.ndarray) -> "Targets":
        """Keep some of them."""
        return Targets(*(getattr(self, column.name)[mask] for column in fields(self)))


def attempts_of(
    world: World, day: int, late: Late, superseded: np.ndarray, contract: np.ndarray
) -> Attempts:
    """Draw a day's attempts, ours and the customers', as if none of them led anywhere.

    ``superseded`` promises on the contracts given are replaced by a call of the customer.
    """
    targets = _targets(world, day, late)
    waiting = targets.where(world.book.quiet_until[targets.person] < day)
    pieces = [_reminders(world, day), _warnings(world, day), *_callers(world, day, targets)]
    pieces += _outbound(world, day, waiting) if world.calendar.business[day] else []
    if world.calendar.weekday[day] == SATURDAY:
        some = world.rng.random(len(waiting.person)) < SATURDAY_FACTOR
        pieces += _outbound(world, day, waiting.where(some))
    pieces.append(_superseding_calls(world, day, late, superseded, contract))
    return Attempts(
        *(
            np.concatenate([getattr(piece, column.name) for piece in pieces])
            for column in fields(Attempts)
        )
    )


def _targets(world: World, day: int, late: Late) -> Targets:
    """Choose what to talk about: the debt longest overdue, else the agreement behind."""
    rows, owed, dpd = agreements.overdue(world, day)
    behind = world.agreements["person"][rows]
    not_paid = world.book.paid_day[behind] != day
    rows, owed, dpd, behind = rows[not_paid], owed[not_paid], dpd[not_paid], behind[not_paid]
    able = ~world.book.is_barred[behind]
    rows, owed, dpd, behind = rows[able], owed[able], dpd[able], behind[able]
    late = late.where(stages.CONTACTED_SHARE[world.book.stage[late.contract]] > 0)
    order = np.argsort(late.dpd, kind="stable")
    longest = np.full(len(world.book.mood), -1)
    longest[behind] = len(order) + np.arange(len(rows))
    longest[late.person[order]] = order
    person = np.flatnonzero(longest >= 0)
    both = longest[person]
    return Targets(
        person=person,
        contract=np.concatenate([late.contract, world.agreements["contract"][rows]])[both],
        agreement=np.concatenate([np.full(len(order), -1), rows])[both],
        owed=np.concatenate([late.owed, owed])[both],
        dpd=np.concatenate([late.dpd, dpd])[both],
    )


def _outbound(world: World, day: int, targets: Targets) -> list[Attempts]:
    rng, closed = world.rng, world.book.closed_channels[targets.person]
    bucket = np.searchsorted(DPD_EDGES, targets.dpd)
    share = stages.CONTACTED_SHARE[world.book.stage[targets.contract]]
    share = np.where(targets.agreement >= 0, 1.0, share)
    pieces = []
    for channel, daily in DAILY_ATTEMPTS.items():
        eager = ATTEMPTS_SINCE.get(channel, 1.0) if _has_software(world, day) else 1.0
        eager = eager * preferences.eagerness(world, day, channel, targets.person)
        tried = rng.random(len(bucket)) < daily[bucket] * share * eager
        tried &= (closed >> channel) & 1 == 0
        chosen = targets.where(tried)
        by_bot = rng.random(len(chosen.person)) < BOT_SHARE
        actor = np.where(by_bot, BOT, HUMAN) if channel == VOICE else AUTOMATED
        weights = CALL_WEIGHTS if channel in (VOICE, IVR) else MESSAGE_WEIGHTS
        first = _attempts(world, day, chosen, channel=channel, actor=actor, hour_weights=weights)
        if world.calendar.weekday[day] != SATURDAY:
            first.instant[:] = preferences.into_stated_hours(
                world, day, first.person, first.instant
            )
        pieces.append(first)
        if channel == VOICE:
            again = rng.random(len(chosen.person)) < SECOND_CALL_SHARE
            again &= first.instant < day * DAY_SECONDS + 15 * 3600
            again &= world.calendar.weekday[day] != SATURDAY
            second = first.where(again)
            second.instant[:] += 7200 + rng.integers(0, 7200, len(second.instant))
            pieces.append(second)
    return pieces


def _callers(world: World, day: int, targets: Targets) -> list[Attempts]:
    rng, book = world.rng, world.book
    warmed = day - book.warmed_day[targets.person] <= CALLERS_WARMED_DAYS
    eager = CALLERS_BY_MOOD[book.mood[targets.person]]
    eager = eager * np.where(warmed, CALLERS_WARMED_FACTOR, 1)
    pieces = []
    for channel, daily in DAILY_CALLERS.items():
        if channel == VOICE and world.calendar.weekday[day] == SUNDAY:
            continue
        since = CALLERS_SINCE.get(channel, 1.0) if _has_software(world, day) else 1.0
        calling = (rng.random(len(eager)) < daily * since * eager) & ~book.is_stopped[
            targets.person
        ]
        chosen = targets.where(calling)
        weights = CALL_WEIGHTS if channel == VOICE else CLOCK_ROUND_WEIGHTS
        actor = {VOICE: HUMAN, WHATSAPP: HUMAN, CHATBOT: BOT, PORTAL: SELF}[channel]
        if channel == WHATSAPP:
            actor = np.where(rng.random(len(chosen.person)) < 0.5, BOT, HUMAN)
        pieces.append(
            _attempts(
                world,
                day,
                chosen,
                channel=channel,
                actor=actor,
                hour_weights=weights,
                is_inbound=True,
            )
        )
    return pieces


def _has_software(world: World, day: int) -> bool:
    return world.calendar.date(day) >= SOFTWARE_ADOPTED


def _reminders(world: World, day: int) -> Attempts:
    """Remind some customers who are not behind of what is due in two days."""
    people, book, rng = world.people, world.book, world.rng
    due = on_day(people.instalments.due_day, world.by_due, day + REMINDED_DAYS_BEFORE)
    contract = people.instalments.contract[due]
    person = people.contracts.person[contract]
    reminded = (
        (people.instalments.key[due] % SPAN > book.paid[contract] - book.charged[contract])
        & (book.fallen_due[contract] <= book.paid[contract])
        & (book.agreement[contract] < 0)
        & (book.standing[contract] == 0)
        & book.is_issued[due]
        & (book.mood[person] == 0)
        & (book.paid_day[person] != day)
        & ~book.is_barred[person]
        & (rng.random(len(due)) < _reminded_share(world, person))
        & (world.calendar.weekday[day] != SUNDAY)
    )
    person, first = np.unique(person[reminded], return_index=True)
    channel = REMINDERS[rng.integers(0, len(REMINDERS), len(person))]
    kept = (book.closed_channels[person] >> channel) & 1 == 0
    size = int(kept.sum())
    targets = Targets(
        person=person[kept],
        contract=contract[reminded][first][kept],
        agreement=np.full(size, -1),
        owed=np.zeros(size, dtype=np.int64),
        dpd=np.full(size, -REMINDED_DAYS_BEFORE),
    )
    return _attempts(
        world, day, targets, channel=channel[kept], actor=AUTOMATED, hour_weights=MESSAGE_WEIGHTS
    )


def _reminded_share(world: World, person: np.ndarray) -> np.ndarray:
    trials = world.trials
    share = np.where(trials.is_treated(REMINDER, person), 1.0, REMINDED_SHARE)
    return np.where(trials.is_control(REMINDER, person), 0.0, share)


def _warnings(world: World, day: int) -> Attempts:
    """Write to those who are to be warned today, if they are not behind by now."""
    book, rows = world.book, world.agenda.due("warn", day)
    contract = rows["contract"] if rows else no_rows()
    person = world.people.contracts.person[contract]
    channel = REMINDERS[world.trials.rng.integers(0, len(REMINDERS), len(contract))]
    kept = (book.mood[person] == CALM) & ~book.is_barred[person]
    kept &= (book.closed_day[contract] == FAR) & (book.closed_channels[person] >> channel & 1 == 0)
    size = int(kept.sum())
    targets = Targets(
        person=person[kept],
        contract=contract[kept],
        agreement=np.full(size, -1),
        owed=np.zeros(size, dtype=np.int64),
        dpd=np.full(size, WARNED_DPD),
    )
    return _attempts(
        world, day, targets, channel=channel[kept], actor=AUTOMATED, hour_weights=MESSAGE_WEIGHTS
    )


def _superseding_calls(
    world: World, day: int, late: Late, superseded: np.ndarray, contract: np.ndarray
) -> Attempts:
    position = np.full(len(world.book.paid), -1)
    position[late.contract] = np.arange(len(late.contract))
    still = position[contract] >= 0
    rows = position[contract[still]]
    targets = Targets(
        person=late.person[rows],
        contract=late.contract[rows],
        agreement=np.full(len(rows), -1),
        owed=late.owed[rows],
        dpd=late.dpd[rows],
    )
    calls = _attempts(
        world, day, targets, channel=VOICE, actor=HUMAN, hour_weights=CALL_WEIGHTS, is_inbound=True
    )
    calls.supersedes[:] = superseded[still]
    return calls


def _attempts(
    world: World,
    day: int,
    targets: Targets,
    *,
    channel: int | np.ndarray,
    actor: int | np.ndarray,
    hour_weights: tuple[int, ...],
    is_inbound: bool = False,
) -> Attempts:
    size = len(targets.person)
    if world.calendar.weekday[day] == SATURDAY and hour_weights is not CLOCK_ROUND_WEIGHTS:
        hour_weights = hour_weights[:SATURDAY_ENDS]
    hour = pick(world.rng, hour_weights, size)
    campaign = CAMPAIGN_BY_BUCKET[np.searchsorted(DPD_EDGES, targets.dpd)]
    campaign = np.where(targets.agreement >= 0, AGREEMENT, campaign)
    campaign = np.where(targets.dpd < 0, PRE_DUE, campaign)
    campaign = np.where(targets.dpd == WARNED_DPD, EARLY_WARNING, campaign)
    return Attempts(
        person=targets.person,
        contract=targets.contract,
        agreement=targets.agreement,
        owed=targets.owed,
        dpd=targets.dpd,
        campaign=np.where(is_inbound, -1, campaign),
        channel=np.full(size, channel),
        is_inbound=np.full(size, is_inbound),
        actor=np.full(size, actor),
        instant=day * DAY_SECONDS + hour * 3600 + world.rng.integers(0, 3600, size),
        supersedes=np.full(size, -1),
    )
