"""Promises to pay: what is promised, and what becomes of it."""

import numpy as np

from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.population import pick
from orchestration.sample.world import World, no_rows

KEPT, PART, LATE, BROKEN, CANCELLED, SUPERSEDED = range(6)
OUTCOMES_BY_MOOD = np.array(
    [
        [0.84, 0.04, 0.05, 0.03, 0.02, 0.02],
        [0.84, 0.04, 0.05, 0.03, 0.02, 0.02],
        [0.68, 0.08, 0.07, 0.11, 0.03, 0.03],
        [0.22, 0.10, 0.08, 0.54, 0.02, 0.04],
    ]
)


def promise(
    world: World,
    day: int,
    contract: np.ndarray,
    *,
    owed: np.ndarray,
    contact: np.ndarray,
    instant: np.ndarray,
    is_inbound: np.ndarray,
    channel: np.ndarray,
) -> np.ndarray:
    """Record promises and plan what becomes of each; give their ids."""
    rng, size = world.rng, len(contract)
    mood = world.book.mood[world.people.contracts.person[contract]]
    due = day + 1 + (rng.random(size) ** 2 * 12).astype(np.int64)
    due = world.calendar.next_business[due]
    amount = np.where(rng.random(size) < 0.72, owed, (owed * 0.6).astype(np.int64) + 1)
    made = world.journal.add(
        "promises",
        contract=contract,
        is_named=rng.random(size) < 0.92,
        contact=contact,
        amount=amount,
        due_day=due,
        instant=instant,
        is_inbound=is_inbound,
        channel=channel,
    )
    outcome = np.array(
        (np.cumsum(OUTCOMES_BY_MOOD, axis=1)[mood] < rng.random(size)[:, None]).sum(axis=1)
    ).clip(0, 5)
    part = (amount * (0.35 + 0.4 * rng.random(size))).astype(np.int64) + 1
    shift = rng.random(size)
    pays_on = np.where(
        outcome == LATE,
        due + 3 + (shift * 22).astype(np.int64),
        np.maximum(due + pick(rng, (0.15, 0.6, 0.15, 0.1), size) - 1, day),
    )
    pays = outcome <= LATE
    world.agenda.plan(
        "pay_promised",
        pays_on[pays],
        contract=contract[pays],
        amount=np.where(outcome == PART, part, amount)[pays],
        not_before=instant[pays] + 900,
    )
    changes_on = np.maximum(day + (shift * (due - day)).astype(np.int64), day + 1)
    for what, chosen in (("cancel", outcome == CANCELLED), ("supersede", outcome == SUPERSEDED)):
        world.agenda.plan(what, changes_on[chosen], promise=made[chosen], contract=contract[chosen])
    book = world.book
    book.promised_until[contract] = due + 2
    book.quiet_until[world.people.contracts.person[contract]] = due + 2
    return made


def cancel(world: World, day: int) -> None:
    """Withdraw the promises whose customers call them off today."""
    rows = world.agenda.due("cancel", day)
    if rows is None:
        return
    able = ~world.book.is_stopped[world.people.contracts.person[rows["contract"]]]
    promise, contract = rows["promise"][able], rows["contract"][able]
    change(
        world,
        promise,
        day * DAY_SECONDS + 32_400 + promise % 30_000,
        np.full(len(promise), -1),
    )
    world.book.promised_until[contract] = day


def change(world: World, made: np.ndarray, instant: np.ndarray, successor: np.ndarray) -> None:
    """Record that promises were cancelled (successor -1) or superseded at an instant."""
    world.journal.add("promise_changes", promise=made, instant=instant, successor=successor)


def superseding(world: World, day: int) -> tuple[np.ndarray, np.ndarray]:
    """Give today's promises that are to be superseded and their contracts, if still open."""
    rows = world.agenda.due("supersede", day)
    if rows is None:
        return no_rows(), no_rows()
    book, contract = world.book, rows["contract"]
    still = (book.fallen_due[contract] > book.paid[contract]) & (book.agreement[contract] < 0)
    person = world.people.contracts.person[contract]
    still &= (book.paid_day[person] != day) & ~book.is_stopped[person]
    _, first = np.unique(contract[still], return_index=True)
    return rows["promise"][still][first], contract[still][first]
