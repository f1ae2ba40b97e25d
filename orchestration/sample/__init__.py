"""A believable portfolio as export files, for trying out, testing and measuring.

A Brazilian lender and utility's collections, played day by day: debts fall due and age,
people are contacted, answer, promise, agree and pay. Everything is drawn, nobody is real.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from orchestration.errors import InputError
from orchestration.sample.agent_rows import agent_rows
from orchestration.sample.assignment_rows import assignment_rows
from orchestration.sample.billing_rows import billing_rows
from orchestration.sample.calendar import make_calendar
from orchestration.sample.case_rows import case_rows
from orchestration.sample.consent_rows import consent_rows
from orchestration.sample.contact_points import point_rows
from orchestration.sample.contact_rows import contact_rows
from orchestration.sample.cost_rows import cost_rows
from orchestration.sample.delivery import Rows, write
from orchestration.sample.exchange import rate_rows
from orchestration.sample.feedback_rows import feedback_rows
from orchestration.sample.payment_rows import payment_rows
from orchestration.sample.planted import EXPERIMENTS, Experiment
from orchestration.sample.population import make_population
from orchestration.sample.portal_rows import portal_rows
from orchestration.sample.reason_rows import learn_reasons, reason_rows
from orchestration.sample.revenue_rows import revenue_rows
from orchestration.sample.simulation import play
from orchestration.sample.speech_rows import speech_rows
from orchestration.sample.traits import make_traits
from orchestration.sample.trials import make_trials
from orchestration.sample.world import World


@dataclass(frozen=True)
class SampleSummary:
    """What was written: rows and files by kind ("billing.customers"), and the export days."""

    rows: dict[str, int]
    files: dict[str, int]
    first_export_day: date
    last_export_day: date


def write_sample(
    out: Path,
    customers: int,
    months: int,
    seed: int,
    on_progress: Callable[[str], None] = lambda message: None,
) -> SampleSummary:
    """Write the exports of so many customers over so many months, ending on a fixed day.

    The first export brings the half-year before it along. The same arguments give the same
    bytes, with the same release of numpy. Raises InputError for arguments that make no
    sample, and for a folder that already holds files.
    """
    _check(out, customers, months, seed)
    world, for_files = play_sample(customers, months, seed, on_progress=on_progress)
    calendar = world.calendar
    written = {}
    for rows in _all_rows(world, for_files):
        kind = f"{rows.area}.{rows.kind}"
        on_progress(f"Writing {kind}")
        written[kind] = write(out, calendar, for_files, rows)
    days = [day for one in written.values() if one.days for day in one.days]
    return SampleSummary(
        rows={kind: one.rows for kind, one in written.items()},
        files={kind: one.files for kind, one in written.items()},
        first_export_day=calendar.date(min(days)),
        last_export_day=calendar.date(max(days)),
    )


def play_sample(
    customers: int,
    months: int,
    seed: int,
    experiments: tuple[Experiment, ...] = EXPERIMENTS,
    on_progress: Callable[[str], None] = lambda message: None,
) -> tuple[World, np.random.Generator]:
    """Play a sample without writing it; give with it what draws how its files are delivered."""
    for_people, for_play, for_files, for_traits, for_trials = (
        np.random.Generator(np.random.PCG64(sequence))
        for sequence in np.random.SeedSequence(seed).spawn(5)
    )
    calendar = make_calendar(months)
    on_progress(f"Drawing {customers} customers")
    people = make_population(for_people, calendar, customers)
    traits = make_traits(for_traits, calendar, people)
    world = play(
        for_play,
        calendar,
        people,
        traits,
        in_trials=make_trials(for_trials, experiments, customers),
        on_progress=on_progress,
    )
    return world, for_files


def _all_rows(world: World, rng: np.random.Generator) -> Iterator[Rows]:
    take = world.journal.take
    payments, statuses = take("payments"), take("payment_statuses")
    contacts, entered = take("contacts"), take("stages")
    yield from billing_rows(world, rng)
    yield from payment_rows(world, rng, payments, statuses)
    yield from contact_rows(world, rng, contacts)
    yield from rate_rows(world)
    yield from agent_rows(world, rng, contacts)
    yield from point_rows(world, rng, contacts)
    yield from consent_rows(world, rng, contacts)
    yield from feedback_rows(world, rng, contacts, payments)
    learnt = learn_reasons(world, rng, contacts)
    yield from reason_rows(world, learnt)
    yield from portal_rows(world, rng, contacts, payments, statuses)
    yield from case_rows(world, entered)
    yield from cost_rows(world, contacts, entered)
    yield from revenue_rows(world, payments, statuses)
    yield from assignment_rows(world)
    yield from speech_rows(world, world.trials.rng, contacts, learnt)


def _check(out: Path, customers: int, months: int, seed: int) -> None:
    problems = [
        f"A sample needs {name} of at least {least}, not {value}."
        for name, value, least in (
            ("customers", customers, 1),
            ("months", months, 1),
            ("a seed", seed, 0),
        )
        if value < least
    ]
    if out.is_dir() and any(out.iterdir()):
        problems.append(f"{out} already holds files; give an empty or new folder for the sample.")
    if problems:
        raise InputError(problems)
