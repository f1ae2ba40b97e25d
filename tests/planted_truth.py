"""What became of those in the experiments of a sample, as the sample itself knows it.

The outcomes are those of the seed ``experiments``, read off what was played and not off what
was exported: nothing of the warehouse has a hand in them.
"""

import csv
from dataclasses import dataclass

import numpy as np

from orchestration.contract import DBT_PROJECT
from orchestration.sample import charges, play_sample
from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.cash import CLEARED
from orchestration.sample.planted import CONTROL, EXPERIMENTS, TREATED, all_in
from orchestration.sample.population import SPAN
from orchestration.sample.world import Columns, World

with (DBT_PROJECT / "seeds" / "experiments.csv").open(encoding="utf-8") as file:
    DESCRIBED = {row["experiment"]: row for row in csv.DictReader(file)}


@dataclass(frozen=True)
class Arm:
    """The units of an arm of which the outcome can be told, and how many of them had it."""

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
    """By contract and day, in cents, up to its end: the cash, that and credits, what was due.

    ``paid_contract`` and ``paid_at`` are the debts and instants of payments, those by way of
    agreements too.
    """

    cash: np.ndarray
    settled: np.ndarray
    due: np.ndarray
    paid_contract: np.ndarray
    paid_at: np.ndarray


@dataclass(frozen=True)
class Followed:
    """The debts of the units that can be told: ``unit`` and ``contract`` of each, by pairs."""

    unit: np.ndarray
    contract: np.ndarray
    instant: np.ndarray
    horizon: int


def measured(number: int, customers: int, months: int, seed: int) -> tuple[float, float]:
    """Treat all of the same customers, then none; give the difference and its variance."""
    treated, control = (
        arms_of(play_sample(customers, months, seed, all_in(number, arm))[0])[number][arm]
        for arm in (TREATED, CONTROL)
    )
    return treated.rate - control.rate, treated.variance + control.variance


def arms_of(world: World) -> list[tuple[Arm, Arm]]:
    """Give, by experiment, what became of the control arm and of the treated one."""
    debts, assigned = _debts(world), world.journal.take("assignments")
    told = []
    for number in range(len(EXPERIMENTS)):
        mine = assigned["experiment"] == number
        rows = {name: column[mine] for name, column in assigned.items()}
        counted, had = _outcomes(world, debts, number, rows)
        arms = [rows["arm"] == arm for arm in (CONTROL, TREATED)]
        told.append(tuple(Arm(int(counted[arm].sum()), int(had[arm].sum())) for arm in arms))
    return told


def _debts(world: World) -> Debts:
    shape = len(world.people.contracts.customer), world.calendar.last + 1
    payments, parts = world.journal.take("payments"), world.journal.take("allocations")
    stands = _stand(world, len(payments["instant"]))
    whole = stands & (payments["contract"] >= 0)
    whole[parts["payment"]] = False
    parts = {name: column[stands[parts["payment"]]] for name, column in parts.items()}
    member, agreement = (world.agreement_members[name] for name in ("contract", "agreement"))
    by_agreement = np.flatnonzero(stands & (payments["agreement"] >= 0))
    one, of = np.nonzero(payments["agreement"][by_agreement][:, None] == agreement)
    contract = np.concatenate([payments["contract"][whole], parts["contract"]])
    instant = np.concatenate([payments["instant"][whole], payments["instant"][parts["payment"]]])
    amount = np.concatenate([payments["amount"][whole], parts["amount"]])
    cash = _by_day(shape, contract, instant // DAY_SECONDS, amount)
    changes = world.journal.take("adjustments")
    credit = np.isin(changes["kind"], (charges.WAIVER, charges.DISCOUNT, charges.CREDIT_NOTE))
    fee = np.isin(changes["kind"], (charges.FEE, charges.INTEREST))
    of_change = [changes[name] for name in ("contract", "day", "amount")]
    instalments = world.people.instalments
    fallen = np.flatnonzero(world.book.is_issued & (instalments.due_day < shape[1]))
    due_day = np.maximum(instalments.due_day[fallen], 0)
    due = _by_day(shape, instalments.contract[fallen], due_day, instalments.amount[fallen])
    return Debts(
        cash=cash,
        settled=cash + _by_day(shape, *(column[credit] for column in of_change)),
        due=due + _by_day(shape, *(column[fee] for column in of_change)),
        paid_contract=np.concatenate([contract, member[of]]),
        paid_at=np.concatenate([instant, payments["instant"][by_agreement][one]]),
    )


def _stand(world: World, size: int) -> np.ndarray:
    """Say which payments cleared and were not taken back since."""
    statuses = world.journal.take("payment_statuses")
    told = np.flatnonzero(world.calendar.is_told(statuses["instant"]))
    told = told[np.argsort(statuses["instant"][told], kind="stable")]
    last = np.full(size, -1)
    last[statuses["payment"][told]] = statuses["status"][told]
    return last == CLEARED


def _by_day(
    shape: tuple[int, int], contract: np.ndarray, day: np.ndarray, amount: np.ndarray
) -> np.ndarray:
    """Add up amounts by contract and day, up to each day's end."""
    table = np.zeros(shape, dtype=np.int64)
    np.add.at(table, (contract, day), amount)
    return np.cumsum(table, axis=1)


def _outcomes(
    world: World, debts: Debts, number: int, rows: Columns
) -> tuple[np.ndarray, np.ndarray]:
    """Say which assignments can be told by now, and which of them had the outcome."""
    described = DESCRIBED[EXPERIMENTS[number].name]
    horizon, day = int(described["horizon_days"]), rows["instant"] // DAY_SECONDS
    person, size = world.people.contracts.person, len(day)
    is_told = day + horizon <= world.calendar.last
    if EXPERIMENTS[number].is_of_contracts:
        unit, contract = np.arange(size), rows["contract"]
    else:
        unit_of = np.full(len(world.book.mood), -1)
        unit_of[person[rows["contract"]]] = np.arange(size)
        contract = np.flatnonzero(unit_of[person] >= 0)
        unit = unit_of[person[contract]]
    kept = is_told[unit]
    followed = Followed(unit[kept], contract[kept], rows["instant"][unit[kept]], horizon)
    if described["outcome"] == "paid":
        return is_told, _any(_paid(debts, followed), size)
    look = {"resolved": _resolved, "on_time": lambda *of: _on_time(world, *of)}
    counted, failed = look[described["outcome"]](debts, followed)
    counted = _any(counted, size)
    return counted, counted & ~_any(failed, size)


def _paid(debts: Debts, followed: Followed) -> np.ndarray:
    """Give the units with a payment after the assignment, within the horizon."""
    unit_of, at = np.full(len(debts.cash), -1), np.zeros(len(debts.cash), dtype=np.int64)
    unit_of[followed.contract], at[followed.contract] = followed.unit, followed.instant
    unit, since = unit_of[debts.paid_contract], debts.paid_at - at[debts.paid_contract]
    days = debts.paid_at // DAY_SECONDS - at[debts.paid_contract] // DAY_SECONDS
    return unit[(unit >= 0) & (since > 0) & (days <= followed.horizon)]


def _resolved(debts: Debts, followed: Followed) -> tuple[np.ndarray, np.ndarray]:
    """Give the units with a debt overdue on the first day, and those of which one stayed so."""
    contract, first = followed.contract, followed.instant // DAY_SECONDS
    late = debts.due[contract, first - 1] > debts.settled[contract, first - 1]
    cured = np.zeros(len(contract), dtype=bool)
    for day in range(followed.horizon + 1):
        due_by = debts.due[contract, first + day - 1]
        cured |= debts.settled[contract, first + day] >= due_by
    return followed.unit[late], followed.unit[late & ~cured]


def _on_time(world: World, debts: Debts, followed: Followed) -> tuple[np.ndarray, np.ndarray]:
    """Give the units with something to be paid by due dates in the horizon, and who missed one."""
    instalments, first_of = world.people.instalments, np.full(len(debts.cash), -1)
    unit_of = first_of.copy()
    first_of[followed.contract] = followed.instant // DAY_SECONDS
    unit_of[followed.contract] = followed.unit
    contract, due_day = instalments.contract, instalments.due_day
    since = due_day - first_of[contract]
    looked_at = world.book.is_issued & (unit_of[contract] >= 0)
    due = np.flatnonzero(looked_at & (since > 0) & (since <= followed.horizon))
    contract, due_day, asked = contract[due], due_day[due], instalments.key[due] % SPAN
    open_then = debts.cash[contract, first_of[contract] - 1] < asked
    missed = debts.cash[contract, due_day] < asked
    unit = unit_of[contract]
    return unit[open_then], unit[open_then & missed]


def _any(units: np.ndarray, size: int) -> np.ndarray:
    found = np.zeros(size, dtype=bool)
    found[units] = True
    return found
