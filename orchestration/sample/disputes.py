"""Disputes: customers who do not accept what they are asked, and what comes of it."""

import numpy as np

from orchestration.sample import charges, stages
from orchestration.sample.calendar import FAR
from orchestration.sample.columns import NONE
from orchestration.sample.population import pick
from orchestration.sample.world import OPEN, Late, World, close_where_paid

REASONS = ("billing_error", "already_paid", "not_my_debt", "service_failure", "fees")
REASON_SHARES = (0.34, 0.24, 0.12, 0.18, 0.12)

DISPUTED_DAILY, DISPUTED_DPD = 0.0011, 60
WHOLE_SHARE, UPHELD_SHARE, HELD_SHARE = 0.4, 0.3, 0.7
OPEN_DAYS = (8, 61)


def open_some(world: World, day: int, late: Late) -> None:
    """Open disputes of debts not long overdue; most of these are on hold till they close."""
    book, rng = world.book, world.rng
    disputed = late.where(rng.random(len(late.dpd)) < DISPUTED_DAILY)
    contract = disputed.contract
    disputed = disputed.where(
        (disputed.dpd <= DISPUTED_DPD)
        & ~book.is_disputed[contract]
        & ~book.is_stopped[disputed.person]
        & (book.standing[contract] == OPEN)
    )
    size = len(disputed.contract)
    if size == 0:
        return
    is_whole = rng.random(size) < WHOLE_SHARE
    part = np.maximum((disputed.owed * (0.15 + 0.6 * rng.random(size))).astype(np.int64), 1)
    days = rng.integers(*OPEN_DAYS, size)
    amount = np.where(is_whole, NONE, part)
    book.is_disputed[disputed.contract] = True
    closed = day + days
    world.journal.add(
        "disputes",
        contract=disputed.contract,
        amount=amount,
        opened_day=np.full(size, day),
        closed_day=np.where(closed <= world.calendar.last, closed, FAR),
        reason=pick(rng, REASON_SHARES, size),
    )
    world.agenda.plan(
        "close_dispute",
        closed,
        contract=disputed.contract,
        amount=np.where(is_whole, disputed.owed, part),
        is_upheld=rng.random(size) < UPHELD_SHARE,
    )
    held = rng.random(size) < HELD_SHARE
    stages.hold(world, day, disputed.contract[held], days[held])


def close(world: World, day: int) -> None:
    """Close the disputes due today, some with a credit note."""
    rows = world.agenda.due("close_dispute", day)
    if rows is None:
        return
    book, contract = world.book, rows["contract"]
    book.is_disputed[contract] = False
    owed = book.fallen_due[contract] - book.paid[contract]
    credited = rows["is_upheld"] & (owed > 0) & (book.agreement[contract] < 0)
    credited &= book.standing[contract] == OPEN
    contract = contract[credited]
    amount = np.minimum(rows["amount"], owed)[credited]
    book.paid[contract] += amount
    charges.adjust(world, day, charges.CREDIT_NOTE, contract=contract, amount=amount)
    close_where_paid(world, day, contract)
