"""What became of those in the experiments of a sample, told by the sample itself.

The outcomes are those the seed experiments names, read off what was played and not off what
was exported: nothing of the warehouse has a hand in them.
"""

from dataclasses import dataclass

import numpy as np

from orchestration.sample import play_sample
from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.cash import CLEARED
from orchestration.sample.planted import CONTROL, FEEDBACK, LINK, OFFER, REMINDER, TREATED, WARNING
from orchestration.sample.planted import all_in as all_in_arm
from orchestration.sample.population import SPAN
from orchestration.sample.world import World

# as in the seed experiments
HORIZON_DAYS = {REMINDER: 31, FEEDBACK: 60, LINK: 30, OFFER: 30, WARNING: 31}
ENTRY_DPD = 1


@dataclass(frozen=True)
class Arm:
    """The units of an arm of which the outcome can be told, and how many had it."""

    units: int
    outcomes: int

    @property
    def rate(self) -> float:
        return self.outcomes / self.units

    @property
    def variance(self) -> float:
        return self.rate * (1 - self.rate) / self.units


@dataclass(frozen=True)
class Debts:
    """Cash (cents) by contract and day, and what had fallen due by the end of a day."""

    cash: np.ndarray
    due: np.ndarray


def true_effect(number: int, customers: int, months: int, seed: int) -> tuple[float, float]:
    """Treat all, then none, of the same customers; give the difference and its variance."""
    treated, control = (
        outcomes_by_arm(play_sample(customers, months, seed, all_in_arm(number, arm))[0])[number]
        for arm in (TREATED, CONTROL)
    )
    return (
        treated[TREATED].rate - control[CONTROL].rate,
        treated[TREATED].variance + control[CONTROL].variance,
    )


def outcomes_by_arm(world: World) -> list[tuple[Arm, Arm]]:
    """Give, by experiment, what came of the control arm and of the treated one."""
    debts = _debts(world)
    assigned = world.journal.take("assignments")
    arms = []
    for number in range(len(world.trials.experiments)):
        rows = {name: column[assigned["experiment"] == number] for name, column in assigned.items()}
        counted, had = _outcomes(world, debts, number, rows["contract"], rows["instant"])
        arms.append(
            tuple(
                Arm(
                    int((counted & (rows["arm"] == arm)).sum()),
                    int((had & (rows["arm"] == arm)).sum()),
                )
                for arm in (CONTROL, TREATED)
            )
        )
    return arms


def _debts(world: World) -> Debts:
    contracts, days = len(world.people.contracts.customer), world.calendar.last + 1
    payments, statuses = world.journal.take("payments"), world.journal.take("payment_statuses")
    parts = world.journal.take("allocations")
    is_cleared = np.zeros(len(payments["instant"]), dtype=bool)
    is_cleared[statuses["payment"][statuses["status"] == CLEARED]] = True
    is_split = np.zeros(len(is_cleared), dtype=bool)
    is_split[parts["payment"]] = True
    whole = is_cleared & ~is_split & (payments["contract"] >= 0)
    cash = np.zeros((contracts, days), dtype=np.int64)
    day = payments["instant"] // DAY_SECONDS
    np.add.at(cash, (payments["contract"][whole], day[whole]), payments["amount"][whole])
    kept = is_cleared[parts["payment"]]
    np.add.at(cash, (parts["contract"][kept], parts["day"][kept]), parts["amount"][kept])
    instalments = world.people.instalments
    fallen = np.flatnonzero(world.book.is_issued & (instalments.due_day < days))
    due = np.zeros((contracts, days), dtype=np.int64)
    np.add.at(
        due,
        (instalments.contract[fallen], np.maximum(instalments.due_day[fallen], 0)),
        instalments.amount[fallen],
    )
    return Debts(np.cumsum(cash, axis=1), np.cumsum(due, axis=1))


def _outcomes(
    world: World, debts: Debts, number: int, contract: np.ndarray, instant: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Say which assignments can be told, and which of them had the outcome."""
    day, horizon = instant // DAY_SECONDS, HORIZON_DAYS[number]
    told = day + horizon <= world.calendar.last
    person = world.people.contracts.person
    mine = {one: np.flatnonzero(person == one) for one in ()}
    del mine
    row_of = np.full(len(world.book.mood), -1)
    row_of[person[contract]] = np.arange(len(contract))
    debt = np.array(contract) if number == OFFER else np.flatnonzero(row_of[person] >= 0)
    row = np.arange(len(contract)) if number == OFFER else row_of[person[debt]]
    row, debt = row[told[row]], debt[told[row]]
    first, last = day[row], day[row] + horizon
    if number in (LINK, OFFER):
        # cash of the day of the assignment is left out: its hour is not looked at
        paid = debts.cash[debt, last] > debts.cash[debt, first]
        return told, told & _any(row[paid], len(contract))
    if number == FEEDBACK:
        late = debts.due[debt, first - ENTRY_DPD] > debts.cash[debt, first - 1]
        cured = np.zeros(len(debt), dtype=bool)
        for after in range(horizon + 1):
            cured |= debts.cash[debt, first + after] >= debts.due[debt, first + after - 1]
        return told & _any(row[late], len(contract)), told & _any(row[late], len(contract)) & ~_any(
            row[late & ~cured], len(contract)
        )
    instalments = world.people.instalments
    is_due = world.book.is_issued.copy()
    at = np.full(len(person), -1)
    at[debt] = row
    unit = at[instalments.contract]
    is_due &= unit >= 0
    one = np.flatnonzero(is_due)
    unit, due_day = unit[one], instalments.due_day[one]
    inside = (due_day > day[unit]) & (due_day <= day[unit] + horizon)
    one, unit, due_day = one[inside], unit[inside], due_day[inside]
    asked = instalments.key[one] % SPAN
    owing = debts.cash[instalments.contract[one], day[unit] - 1] < asked
    one, unit, due_day, asked = one[owing], unit[owing], due_day[owing], asked[owing]
    missed = debts.cash[instalments.contract[one], due_day] < asked
    counted = told & _any(unit, len(contract))
    return counted, counted & ~_any(unit[missed], len(contract))


def _any(rows: np.ndarray, size: int) -> np.ndarray:
    found = np.zeros(size, dtype=bool)
    found[rows] = True
    return found
