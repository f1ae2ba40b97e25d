"""The state of the portfolio on the day being played, and the record of what happened."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from orchestration.sample.calendar import DAY_SECONDS, FAR, Calendar
from orchestration.sample.planted import CONTROL, TREATED, Experiment
from orchestration.sample.population import SPAN, SUBSCRIPTION, Population
from orchestration.sample.traits import Traits

OPEN, WRITTEN_OFF, SETTLED, GONE = range(4)
CALM, FORGETFUL, STRAINED, INSOLVENT = range(4)
DPD_EDGES = np.array([5, 15, 30, 60, 90, 180])
LAST_SECOND = DAY_SECONDS - 60

Columns = dict[str, np.ndarray]


JOURNAL = {
    "payments": (
        *("customer", "contract", "instalment", "agreement", "amount", "instant"),
        *("channel", "method", "naming", "original", "contact"),
    ),
    "payment_statuses": ("payment", "status", "instant", "amount", "by_date"),
    "allocations": ("payment", "contract", "instalment", "amount", "day"),
    "adjustments": ("contract", "instalment", "kind", "amount", "day"),
    "contacts": (
        *("contract", "is_named", "channel", "is_inbound", "instant", "outcome", "party"),
        *("actor", "agent", "campaign", "duration", "reached", "response", "opts_out"),
        "mood",
    ),
    "promises": (
        *("contract", "is_named", "contact", "amount", "due_day", "instant"),
        *("is_inbound", "channel"),
    ),
    "promise_changes": ("promise", "instant", "successor"),
    "stages": ("contract", "stage", "day", "owed"),
    "disputes": ("contract", "amount", "opened_day", "closed_day", "reason"),
    "assignments": ("experiment", "contract", "arm", "instant"),
    "answers": ("contract", "instant", "mood"),
    "scores": ("customer", "score", "day"),
}


class Journal:
    """The tables of JOURNAL, which grow by a few rows a day; a row's number is its id."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[Columns]] = defaultdict(list)
        self._counts: dict[str, int] = defaultdict(int)

    def add(self, table: str, **columns: np.ndarray) -> np.ndarray:
        """Append rows, of which the columns are equally long, and give their ids."""
        first = self._counts[table]
        self._counts[table] += len(next(iter(columns.values())))
        if self._counts[table] > first:
            self._pieces[table].append(columns)
        return np.arange(first, self._counts[table])

    def take(self, table: str) -> Columns:
        """Hand over a table's columns, empty where nothing was ever added."""
        pieces = self._pieces.pop(table, [{name: no_rows() for name in JOURNAL[table]}])
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in JOURNAL[table]}


class Agenda:
    """What is to happen on a later day."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, int], list[Columns]] = defaultdict(list)

    def plan(self, what: str, day: np.ndarray, **columns: np.ndarray) -> None:
        """Enter rows, each on its own day."""
        order = np.argsort(day, kind="stable")
        days, starts = np.unique(day[order], return_index=True)
        for one, rows in zip(days, np.split(order, starts[1:]), strict=False):
            self._entries[what, int(one)].append({k: v[rows] for k, v in columns.items()})

    def due(self, what: str, day: int) -> Columns | None:
        """Take out the rows entered for a day, None where there are none."""
        pieces = self._entries.pop((what, day), None)
        if pieces is None:
            return None
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


@dataclass
class Book:
    """What every contract is asked and has paid (cents), and how its customer is doing.

    By contract: ``scheduled`` (instalments issued so far), ``charged`` (fees and interest),
    ``fallen_due`` (both, due before today), ``paid`` (cash and credits), ``agreement`` (the
    one that holds it, -1 if none). By person: ``mood``, days until or on which, the bits of
    the channels not to be used (``closed_channels``), whether nothing is paid any more
    (``is_stopped``), whether we know why (``is_barred``), the bureau's latest ``score`` and the
    last days of which a reminder or a warning is heeded.
    """

    scheduled: np.ndarray
    charged: np.ndarray
    fallen_due: np.ndarray
    paid: np.ndarray
    agreement: np.ndarray
    standing: np.ndarray
    is_suspended: np.ndarray
    stage: np.ndarray
    stage_day: np.ndarray
    is_disputed: np.ndarray
    closed_day: np.ndarray
    entry_day: np.ndarray
    promised_until: np.ndarray
    mood: np.ndarray
    quiet_until: np.ndarray
    warmed_day: np.ndarray
    paid_day: np.ndarray
    closed_channels: np.ndarray
    is_stopped: np.ndarray
    is_barred: np.ndarray
    is_issued: np.ndarray
    score: np.ndarray
    reminded_until: np.ndarray
    warned_until: np.ndarray


@dataclass(frozen=True)
class Trials:
    """Who takes part in the experiments, and their arms.

    ``arm`` (-1: in none yet) and ``enrolled_day`` are by experiment and person, as is
    ``takes_part``: who does once qualified. ``rng`` draws what experiments and scores are made
    of, and nothing else.
    """

    experiments: tuple[Experiment, ...]
    rng: np.random.Generator
    takes_part: np.ndarray
    arm: np.ndarray
    enrolled_day: np.ndarray

    def is_control(self, number: int, person: np.ndarray) -> np.ndarray:
        """Whether persons are in the arm of an experiment that is not treated."""
        return self.arm[number, person] == CONTROL

    def is_treated(self, number: int, person: np.ndarray) -> np.ndarray:
        """Whether persons are in the treated arm of an experiment."""
        return self.arm[number, person] == TREATED


@dataclass
class World:
    """Everything a step of the play reads and changes.

    ``at_work`` and ``absent`` are by day and agent, ``rates`` by currency and day.
    """

    calendar: Calendar
    people: Population
    traits: Traits
    trials: Trials
    rng: np.random.Generator
    book: Book
    agents: Columns
    at_work: np.ndarray
    absent: np.ndarray
    rates: np.ndarray
    contract_count: np.ndarray
    by_due: np.ndarray
    by_issue: np.ndarray
    by_plan: np.ndarray
    plan_day: np.ndarray
    agreements: Columns
    agreement_members: Columns
    journal: Journal = field(default_factory=Journal)
    agenda: Agenda = field(default_factory=Agenda)


@dataclass(frozen=True)
class Late:
    """The contracts overdue today outside agreements: what is owed (cents), for how long."""

    contract: np.ndarray
    person: np.ndarray
    owed: np.ndarray
    dpd: np.ndarray

    def where(self, mask: np.ndarray) -> "Late":
        """Keep some of them."""
        return Late(self.contract[mask], self.person[mask], self.owed[mask], self.dpd[mask])


def oldest_unpaid(world: World, contract: np.ndarray) -> np.ndarray:
    """Find the first instalment not paid in full; the contract's last where all are."""
    contracts, instalments, book = world.people.contracts, world.people.instalments, world.book
    paid = np.maximum(book.paid[contract] - book.charged[contract], 0)
    found = np.searchsorted(instalments.key, contract * SPAN + paid, side="right")
    return np.minimum(found, contracts.first[contract] + contracts.count[contract] - 1)


def late_debts(world: World, day: int) -> Late:
    """Find what is overdue on a day, before the rest of that day happens."""
    book, people = world.book, world.people
    contract = np.flatnonzero(
        (book.fallen_due > book.paid) & (book.agreement < 0) & (book.standing < SETTLED)
    )
    due = people.instalments.due_day[oldest_unpaid(world, contract)]
    return Late(
        contract=contract,
        person=people.contracts.person[contract],
        owed=book.fallen_due[contract] - book.paid[contract],
        dpd=np.maximum(day - due, 1),
    )


def outstanding(world: World, contract: np.ndarray) -> np.ndarray:
    """Give all that is still to be paid on contracts, due or not, in cents."""
    book = world.book
    return book.scheduled[contract] + book.charged[contract] - book.paid[contract]


def close_where_paid(world: World, day: int, contract: np.ndarray) -> None:
    """Note the closing of contracts that have nothing left to pay, the reopening of others."""
    ended = (outstanding(world, contract) <= 0) & (
        world.people.contracts.shape[contract] != SUBSCRIPTION
    )
    closed = world.book.closed_day[contract]
    world.book.closed_day[contract] = np.where(
        world.book.standing[contract] >= SETTLED,
        closed,
        np.where(ended, np.minimum(closed, day), FAR),
    )


def on_day(days: np.ndarray, order: np.ndarray, day: int) -> np.ndarray:
    """Give the positions whose day is ``day``; ``order`` sorts ``days``."""
    low = np.searchsorted(days, day, side="left", sorter=order)
    high = np.searchsorted(days, day, side="right", sorter=order)
    return order[low:high]


def second_of(day: int, second: np.ndarray | int) -> np.ndarray:
    """Give instants, in seconds from day 0, of seconds of a day (cut before midnight)."""
    return day * DAY_SECONDS + np.minimum(second, LAST_SECOND).astype(np.int64)


def no_rows() -> np.ndarray:
    """Give an empty column of whole numbers."""
    return np.empty(0, dtype=np.int64)
