"""The portfolio played day by day, so that nothing happens before its cause."""

from collections.abc import Callable

import numpy as np

from orchestration.sample import (
    agreements,
    cash,
    charges,
    disputes,
    exchange,
    outreach,
    paying,
    preferences,
    promises,
    scores,
    staff,
    stages,
    trials,
)
from orchestration.sample.calendar import FAR, Calendar
from orchestration.sample.population import SUBSCRIPTION, Population
from orchestration.sample.traits import Traits
from orchestration.sample.world import Book, Trials, World, late_debts


def play(
    rng: np.random.Generator,
    calendar: Calendar,
    people: Population,
    traits: Traits,
    *,
    in_trials: Trials,
    on_progress: Callable[[str], None],
) -> World:
    """Play every day from day 0 to the last; the journal of the world says what happened."""
    world = _new_world(rng, calendar, people, traits, in_trials)
    month = None
    for day in range(calendar.last + 1):
        if calendar.date(day).month != month:
            month = calendar.date(day).month
            on_progress(f"Playing {calendar.date(day):%Y-%m}")
        _play_day(world, day)
    return world


def _play_day(world: World, day: int) -> None:
    scores.score(world, day)
    paying.issue(world, day)
    paying.fall_due(world, day)
    stages.strike(world, day)
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
    disputes.close(world, day)
    late = late_debts(world, day)
    stages.move(world, day, late)
    disputes.open_some(world, day, late)
    trials.enrol(world, day, late)
    not_paid = world.book.paid_day[late.person] != day
    paying.pay_late(world, day, late.where(not_paid))
    trials.pay_moved(world, day)
    agreements.play(world, day)
    promises.cancel(world, day)
    outreach.reach_out(world, day)
    charges.end_the_month(world, day)


def _new_world(
    rng: np.random.Generator,
    calendar: Calendar,
    people: Population,
    traits: Traits,
    in_trials: Trials,
) -> World:
    contracts, instalments = people.contracts, people.instalments
    size, persons = len(contracts.customer), len(people.customers.golden)
    is_issued = contracts.shape[instalments.contract] != SUBSCRIPTION
    scheduled = np.zeros(size, dtype=np.int64)
    np.add.at(scheduled, instalments.contract[is_issued], instalments.amount[is_issued])
    plan_day = paying.plan_days(rng, calendar, people)
    agents = staff.make_agents(rng, calendar, persons)
    at_work, absent = staff.make_shifts(rng, calendar, agents)
    return World(
        calendar=calendar,
        people=people,
        traits=traits,
        trials=in_trials,
        rng=rng,
        book=Book(
            scheduled=scheduled,
            charged=np.zeros(size, dtype=np.int64),
            fallen_due=np.zeros(size, dtype=np.int64),
            paid=np.zeros(size, dtype=np.int64),
            agreement=np.full(size, -1),
            standing=np.zeros(size, dtype=np.int8),
            is_suspended=np.zeros(size, dtype=bool),
            stage=np.full(size, stages.NO_STAGE, dtype=np.int8),
            stage_day=np.full(size, -1),
            is_disputed=np.zeros(size, dtype=bool),
            closed_day=np.full(size, FAR),
            entry_day=np.full(size, FAR),
            promised_until=np.full(size, -1),
            mood=np.zeros(persons, dtype=np.int8),
            quiet_until=np.full(persons, -1),
            warmed_day=np.full(persons, -FAR),
            paid_day=np.full(persons, -1),
            closed_channels=preferences.closed_channels(traits),
            is_stopped=np.zeros(persons, dtype=bool),
            is_barred=np.zeros(persons, dtype=bool),
            is_issued=is_issued,
            score=np.full(persons, -1),
            reminded_until=np.full(persons, -1),
            warned_until=np.full(persons, -1),
        ),
        agents=agents,
        at_work=at_work,
        absent=absent,
        rates=exchange.make_rates(rng, calendar),
        contract_count=np.bincount(contracts.person, minlength=persons),
        by_due=np.argsort(instalments.due_day, kind="stable"),
        by_issue=np.argsort(instalments.issued_day, kind="stable"),
        by_plan=np.argsort(plan_day, kind="stable"),
        plan_day=plan_day,
        agreements=agreements.no_agreements(),
        agreement_members=agreements.no_members(),
    )
