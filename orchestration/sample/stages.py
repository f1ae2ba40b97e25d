"""The stages of collection a debt goes through, and the fates that end it."""

import numpy as np

from orchestration.sample.traits import BANKRUPT
from orchestration.sample.world import GONE, OPEN, SETTLED, Late, World, outstanding

STAGES = ("amicable", "litigation", "agency", "hold", "bankruptcy", "deceased")
AMICABLE, LITIGATION, AGENCY, HOLD, BANKRUPTCY, DECEASED = range(len(STAGES))
NO_STAGE = -1
# how often we still reach out ourselves about a debt in the stage
CONTACTED_SHARE = np.array([1.0, 0.2, 0.5, 0.0, 0.0, 0.0])

HOLD_DAILY, HOLD_DAYS, SETTLING_DAYS = 0.0006, (10, 35), 3
AGENCY_DPD, AGENCY_SHARE, AGENCY_DAYS = 90, 0.15, 120
LITIGATION_DPD, LITIGATION_OWED, LITIGATION_DAILY = 120, 200_000, 0.006
LARGE_DPD, LARGE_OWED, LARGE_DAILY = 60, 800_000, 0.008


def strike(world: World, day: int) -> None:
    """Let the fates of today strike: whoever is bankrupt or dead pays nothing from now on."""
    traits, book = world.traits, world.book
    book.is_stopped |= traits.fate_day == day
    learnt = np.flatnonzero(traits.learnt_day == day)
    if len(learnt) == 0:
        return
    book.is_barred[learnt] = True
    contracts = world.people.contracts
    contract = np.flatnonzero(book.is_barred[contracts.person])
    contract = contract[
        np.isin(contracts.person[contract], learnt)
        & (book.standing[contract] < SETTLED)
        & (outstanding(world, contract) > 0)
    ]
    by_bankruptcy = traits.fate[contracts.person[contract]] == BANKRUPT
    for stage, chosen in ((BANKRUPTCY, by_bankruptcy), (DECEASED, ~by_bankruptcy)):
        enter(world, day, contract[chosen], stage)


def enter(world: World, day: int, contract: np.ndarray, stage: int) -> None:
    """Note that debts are in a stage from today."""
    size = len(contract)
    if size == 0:
        return
    world.book.stage[contract] = stage
    world.book.stage_day[contract] = day
    world.journal.add(
        "stages",
        contract=contract,
        stage=np.full(size, stage, dtype=np.int8),
        day=np.full(size, day),
        owed=outstanding(world, contract),
    )


def move(world: World, day: int, late: Late) -> None:
    """Begin amicably, hold, hand over, sue and take back; one move of a debt a day."""
    book, rng = world.book, world.rng
    new = late.where(book.stage[late.contract] == NO_STAGE)
    barred, fate = book.is_barred[new.person], world.traits.fate[new.person]
    for stage, chosen in (
        (AMICABLE, ~barred),
        (BANKRUPTCY, barred & (fate == BANKRUPT)),
        (DECEASED, barred & (fate != BANKRUPT)),
    ):
        enter(world, day, new.contract[chosen], stage)
    _take_back(world, day)
    movable = late.where(
        (book.stage_day[late.contract] < day)
        & (book.stage[late.contract] < HOLD)
        & (book.standing[late.contract] < GONE)
    )
    stage, owed, dpd = book.stage[movable.contract], movable.owed, movable.dpd
    sued = np.where((dpd >= LITIGATION_DPD) & (owed >= LITIGATION_OWED), LITIGATION_DAILY, 0)
    sued = np.where((dpd >= LARGE_DPD) & (owed >= LARGE_OWED), LARGE_DAILY, sued)
    sued = (rng.random(len(owed)) < sued) & (stage != LITIGATION)
    held = (rng.random(len(owed)) < HOLD_DAILY) & (stage == AMICABLE) & ~sued
    enter(world, day, movable.contract[sued], LITIGATION)
    hold(world, day, movable.contract[held], rng.integers(*HOLD_DAYS, int(held.sum())))
    if world.calendar.date(day).day == 1:
        handed = (stage == AMICABLE) & (dpd >= AGENCY_DPD) & ~sued & ~held
        handed &= (rng.random(len(owed)) < AGENCY_SHARE) & (book.standing[movable.contract] == OPEN)
        _until(world, day, movable.contract[handed], AGENCY, np.full(handed.sum(), AGENCY_DAYS))


def hold(world: World, day: int, contract: np.ndarray, days: np.ndarray) -> None:
    """Keep debts in the amicable stage from being collected for some days."""
    free = (world.book.stage[contract] == AMICABLE) & (world.book.stage_day[contract] < day)
    _until(world, day, contract[free], HOLD, days[free])


def _until(world: World, day: int, contract: np.ndarray, stage: int, days: np.ndarray) -> None:
    enter(world, day, contract, stage)
    world.agenda.plan(
        "take_back", day + days, contract=contract, stage=np.full(len(contract), stage)
    )


def _take_back(world: World, day: int) -> None:
    """Go back to amicable after a hold or an agency's time, and once what was sued is paid."""
    book = world.book
    rows = world.agenda.due("take_back", day)
    if rows is not None:
        contract = rows["contract"][book.stage[rows["contract"]] == rows["stage"]]
        enter(world, day, contract[book.standing[contract] < SETTLED], AMICABLE)
    paid = (book.stage > AMICABLE) & (book.stage < HOLD) & (book.agreement < 0)
    paid &= (book.fallen_due <= book.paid) & (book.standing < SETTLED)
    paid &= book.stage_day + SETTLING_DAYS <= day
    enter(world, day, np.flatnonzero(paid), AMICABLE)
