"""The portfolio played day by day, so that nothing happens before its cause."""

from collections.abc import Callable

import numpy as np

from orchestration.sample import agreements, cash, charges, outreach, paying, promises
from orchestration.sample.calendar import FAR, Calendar
from orchestration.sample.population import SUBSCRIPTION, Population, pick
from orchestration.sample.world import Book, Columns, World, late_debts

TEAMS = ("early", "mid", "late", "inbound", "agreements")
CUSTOMERS_PER_AGENT = 1200


def play(
    rng: np.random.Generator,
    calendar: Calendar,
    people: Population,
    on_progress: Callable[[str], None],
) -> World:
    """Play every day from day 0 to the last; the journal of the world says what happened."""
    world = _new_world(rng, calendar, people)
    month = None
    for day in range(calendar.last + 1):
        if calendar.date(day).month != month:
            month = calendar.date(day).month
            on_progress(f"Playing {calendar.date(day):%Y-%m}")
        _play_day(world, day)
    return world


def _play_day(world: World, day: int) -> None:
    paying.issue(world, day)
    paying.fall_due(world, day)
    cash.undo(world, day)
    cash.refund(world, day)
    paying.pay_on_time(world, day)
    paying.pay_as_promised(world, day)
    paying.pay_former_creditor(world, day)
    late = late_debts(world, day)
    paying.change_moods(world, late)
    paying.suspend(world, late)
    charges.charge_the_late(world, day, late)
    charges.take_back_charges(world, day, late)
    charges.note_entries(world, day, late)
    charges.credit_invoices(world, day)
    late = late_debts(world, day)
    not_paid = world.book.paid_day[late.person] != day
    paying.pay_late(world, day, late.where(not_paid))
    agreements.play(world, day)
    promises.cancel(world, day)
    outreach.reach_out(world, day)
    charges.end_the_month(world, day)


def _new_world(rng: np.random.Generator, calendar: Calendar, people: Population) -> World:
    contracts, instalments = people.contracts, people.instalments
    size, persons = len(contracts.customer), len(people.customers.golden)
    is_issued = contracts.shape[instalments.contract] != SUBSCRIPTION
    scheduled = np.zeros(size, dtype=np.int64)
    np.add.at(scheduled, instalments.contract[is_issued], instalments.amount[is_issued])
    plan_day = paying.plan_days(rng, calendar, people)
    return World(
        calendar=calendar,
        people=people,
        rng=rng,
        book=Book(
            scheduled=scheduled,
            charged=np.zeros(size, dtype=np.int64),
            fallen_due=np.zeros(size, dtype=np.int64),
            paid=np.zeros(size, dtype=np.int64),
            agreement=np.full(size, -1),
            standing=np.zeros(size, dtype=np.int8),
            is_suspended=np.zeros(size, dtype=bool),
            closed_day=np.full(size, FAR),
            entry_day=np.full(size, FAR),
            promised_until=np.full(size, -1),
            mood=np.zeros(persons, dtype=np.int8),
            quiet_until=np.full(persons, -1),
            warmed_day=np.full(persons, -FAR),
            paid_day=np.full(persons, -1),
            opted_out=np.zeros(persons, dtype=np.int64),
            is_issued=is_issued,
        ),
        agents=_agents(rng, calendar, persons),
        contract_count=np.bincount(contracts.person, minlength=persons),
        by_due=np.argsort(instalments.due_day, kind="stable"),
        by_issue=np.argsort(instalments.issued_day, kind="stable"),
        by_plan=np.argsort(plan_day, kind="stable"),
        plan_day=plan_day,
        agreements=agreements.no_agreements(),
        agreement_members=agreements.no_members(),
    )


def _agents(rng: np.random.Generator, calendar: Calendar, persons: int) -> Columns:
    """Hire agents: the first three stay, the first moves; of the others some come and go."""
    size = max(6, persons // CUSTOMERS_PER_AGENT)
    stays = np.arange(size) < 3
    late = ~stays & (rng.random(size) < 0.25)
    hired = np.where(late, rng.integers(0, calendar.last, size), -rng.integers(30, 1500, size))
    leaves = ~stays & (rng.random(size) < 0.2)
    left = np.where(leaves, np.maximum(hired, 0) + rng.integers(60, 400, size), FAR)
    moves = (np.arange(size) == 0) | (rng.random(size) < 0.3)
    team = pick(rng, (0.3, 0.25, 0.15, 0.2, 0.1), size)
    moved = np.where(moves, np.maximum(hired, 0) + rng.integers(30, 300, size), FAR)
    return {
        "hired_day": hired,
        "left_day": np.where(left <= calendar.last, left, FAR),
        "team": team,
        "fte": np.where(rng.random(size) < 0.2, 0.5, 1.0),
        "moved_day": np.where((moved <= calendar.last) & (moved < left), moved, FAR),
        "next_team": (team + rng.integers(1, len(TEAMS), size)) % len(TEAMS),
    }
