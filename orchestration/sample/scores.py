"""A bureau's scores of all who owe something, told every month: they know a little."""

import numpy as np

from orchestration.sample.calendar import Calendar
from orchestration.sample.world import SETTLED, World, outstanding

HIGHEST = 1000
# what the score is made of, before it is put on the scale from 0 to HIGHEST
START, BY_DISCIPLINE, NOISE = 0.4, 1.4, 1.3
BY_MOOD = np.array([0.0, -0.2, -0.5, -0.9])


def is_day_of_scores(calendar: Calendar, day: int) -> bool:
    """Whether the bureau tells its scores on a day: the first of every month."""
    return day >= calendar.first_export and calendar.date(day).day == 1


def score(world: World, day: int) -> None:
    """Score today's customers who owe something, due or not."""
    if not is_day_of_scores(world.calendar, day):
        return
    book, people, rng = world.book, world.people, world.trials.rng
    contract = np.flatnonzero((people.contracts.originated_day < day) & (book.standing < SETTLED))
    contract = contract[outstanding(world, contract) > 0]
    customer = np.unique(people.contracts.customer[contract])
    noise = NOISE * rng.standard_normal(len(book.mood))
    made_of = (
        START + BY_DISCIPLINE * (2 * people.customers.discipline - 1) + BY_MOOD[book.mood] + noise
    )
    book.score[:] = np.rint(HIGHEST / (1 + np.exp(-made_of)))
    person = people.customers.golden[customer]
    world.journal.add(
        "scores", customer=customer, score=book.score[person], day=np.full(len(customer), day)
    )
