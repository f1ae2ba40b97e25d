"""What changes a debt other than cash: fees, interest, discounts, write-offs, sales."""

import numpy as np

from orchestration.sample.population import PRODUCTS, STATES_COLLECTION_ENTRY, SUBSCRIPTION
from orchestration.sample.world import (
    GONE,
    OPEN,
    WRITTEN_OFF,
    Late,
    World,
    late_debts,
    on_day,
    outstanding,
)

KINDS = (
    "fee",
    "interest",
    "waiver",
    "discount",
    "credit_note",
    "write_off",
    "debt_sale",
    "recall",
)
FEE, INTEREST, WAIVER, DISCOUNT, CREDIT_NOTE, WRITE_OFF, DEBT_SALE, RECALL = range(8)

FEE_DPD, FEE_SHARE, FEE_RATE = 8, 0.08, 0.02
INTEREST_DPD, INTEREST_SHARE, INTEREST_RATE = 31, 0.06, 0.01
LEAST_CHARGE, CHARGE_UNDONE_SHARE, WAIVER_DPD, WAIVER_SHARE = 100, 0.06, 25, 0.15
CREDIT_NOTE_SHARE = 0.003
DISCOUNT_DPD, DISCOUNT_SHARE = 60, 0.3
WRITE_OFF_DPD, WRITE_OFF_SHARE = 180, 0.6
SALE_MONTHS, SALE_SHARE, RECALL_SHARE = (3, 6, 9, 12), 0.25, 0.02
PAYS_AFTER_SHARE = 0.05
ENTRY_DPD = 5


def adjust(
    world: World,
    day: int,
    kind: int,
    *,
    contract: np.ndarray,
    amount: np.ndarray,
    instalment: np.ndarray | None = None,
) -> None:
    """Record what changes debts today (cents)."""
    size = len(contract)
    world.journal.add(
        "adjustments",
        contract=contract,
        kind=np.full(size, kind, dtype=np.int8),
        amount=amount,
        day=np.full(size, day),
        instalment=np.full(size, -1) if instalment is None else instalment,
    )


def charge_the_late(world: World, day: int, late: Late) -> None:
    """Charge late fees and interest on a few."""
    for kind, dpd, share, rate in (
        (FEE, FEE_DPD, FEE_SHARE, FEE_RATE),
        (INTEREST, INTEREST_DPD, INTEREST_SHARE, INTEREST_RATE),
    ):
        is_open = world.book.standing[late.contract] == OPEN
        reached = late.where((late.dpd == dpd) & is_open)
        reached = reached.where(world.rng.random(len(reached.dpd)) < share)
        contract = reached.contract
        amount = np.maximum((reached.owed * rate).astype(np.int64), LEAST_CHARGE)
        world.book.charged[contract] += amount
        world.book.fallen_due[contract] += amount
        adjust(world, day, kind, contract=contract, amount=amount)
        undone = world.rng.random(len(amount)) < CHARGE_UNDONE_SHARE
        world.agenda.plan(
            "undo_charge",
            np.full(undone.sum(), day + 5),
            contract=contract[undone],
            amount=amount[undone],
            kind=np.full(undone.sum(), kind),
        )


def take_back_charges(world: World, day: int, late: Late) -> None:
    """Undo the charges that were to be undone today, and waive all those of a few."""
    book = world.book
    rows = world.agenda.due("undo_charge", day)
    if rows is not None:
        free = book.agreement[rows["contract"]] < 0
        for kind in (FEE, INTEREST):
            chosen = free & (rows["kind"] == kind)
            contract, amount = rows["contract"][chosen], rows["amount"][chosen]
            book.paid[contract] += amount
            adjust(world, day, kind, contract=contract, amount=-amount)
    waived = late.where((late.dpd == WAIVER_DPD) & (book.charged[late.contract] > 0))
    waived = waived.where(world.rng.random(len(waived.dpd)) < WAIVER_SHARE)
    amount = np.minimum(book.charged[waived.contract], waived.owed)
    book.paid[waived.contract] += amount
    adjust(world, day, WAIVER, contract=waived.contract, amount=amount)


def note_entries(world: World, day: int, late: Late) -> None:
    """Note the day on which debts enter collection where the billing system states it."""
    states = np.array([product.code == STATES_COLLECTION_ENTRY for product in PRODUCTS])
    entered = late.contract[
        (late.dpd == ENTRY_DPD) & states[world.people.contracts.product[late.contract]]
    ]
    world.book.entry_day[entered] = np.minimum(world.book.entry_day[entered], day)


def grant_discounts(world: World, day: int, debts: Late, amount: np.ndarray) -> np.ndarray:
    """Let some who pay an old debt in full pay less; give the cash then paid (cents)."""
    granted = (debts.dpd > DISCOUNT_DPD) & (amount == debts.owed) & (amount > 1000)
    granted &= world.rng.random(len(amount)) < DISCOUNT_SHARE
    rate = 0.1 + 0.25 * world.rng.random(len(amount))
    discount = np.where(granted, (amount * rate).astype(np.int64), 0)
    world.book.paid[debts.contract] += discount
    adjust(world, day, DISCOUNT, contract=debts.contract[granted], amount=discount[granted])
    return amount - discount


def credit_invoices(world: World, day: int) -> None:
    """Correct a few invoices, three days after they were issued, by credit notes."""
    instalments, book, rng = world.people.instalments, world.book, world.rng
    issued = on_day(instalments.issued_day, world.by_issue, day - 3)
    issued = issued[book.is_issued[issued]]
    issued = issued[rng.random(len(issued)) < CREDIT_NOTE_SHARE]
    contract = instalments.contract[issued]
    free = (world.people.contracts.shape[contract] == SUBSCRIPTION) & (book.agreement[contract] < 0)
    issued, contract = issued[free], contract[free]
    amount = (instalments.amount[issued] * (0.2 + 0.4 * rng.random(len(issued)))).astype(np.int64)
    book.paid[contract] += amount
    adjust(world, day, CREDIT_NOTE, contract=contract, amount=amount, instalment=issued)


def end_the_month(world: World, day: int) -> None:
    """Write off old debts on the last day of a month, sell and recall some of the oldest."""
    if not world.calendar.is_month_end(day):
        return
    book, rng = world.book, world.rng
    late = late_debts(world, day)
    old = late.where((late.dpd >= WRITE_OFF_DPD) & (book.standing[late.contract] == OPEN))
    contract = old.contract[rng.random(len(old.contract)) < WRITE_OFF_SHARE]
    adjust(world, day, WRITE_OFF, contract=contract, amount=outstanding(world, contract))
    if world.calendar.date(day).month in SALE_MONTHS:
        written_off = late.contract[book.standing[late.contract] == WRITTEN_OFF]
        drawn = rng.random(len(written_off))
        for kind, chosen in (
            (DEBT_SALE, drawn < SALE_SHARE),
            (RECALL, drawn > 1 - RECALL_SHARE),
        ):
            gone = written_off[chosen]
            adjust(world, day, kind, contract=gone, amount=outstanding(world, gone))
            book.standing[gone] = GONE
            book.closed_day[gone] = day
            unaware = gone[rng.random(len(gone)) < PAYS_AFTER_SHARE]
            world.agenda.plan(
                "pay_former_creditor",
                day + rng.integers(5, 45, len(unaware)),
                contract=unaware,
                amount=outstanding(world, unaware) // 4 + 1,
            )
    book.standing[contract] = WRITTEN_OFF
    book.is_suspended[contract] = True
