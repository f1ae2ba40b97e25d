"""Rates of exchange: a random walk over business days."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample.calendar import Calendar
from orchestration.sample.columns import dates, plain, words
from orchestration.sample.delivery import Rows
from orchestration.sample.population import BRL
from orchestration.sample.world import World

CURRENCIES = ("USD", "EUR")
FIRST_RATES, DAILY_CHANGE = (5.42, 5.88), 0.007
# rates have four decimals
SCALE = 10_000


def make_rates(rng: np.random.Generator, calendar: Calendar) -> np.ndarray:
    """Give the reais of a unit of each of CURRENCIES, in 1/SCALE, by day.

    Where no business is done it is that of the day before.
    """
    size = calendar.last + 1
    steps = DAILY_CHANGE * rng.standard_normal((len(CURRENCIES), size))
    steps[1] = 0.7 * steps[0] + 0.5 * steps[1]
    steps[:, ~calendar.business[:size]] = 0
    # pulled back to where they began, so that a long sample stays believable
    walk = np.zeros_like(steps)
    for day in range(1, size):
        walk[:, day] = 0.995 * walk[:, day - 1] + steps[:, day]
        if not calendar.business[day]:
            walk[:, day] = walk[:, day - 1]
    rates = np.array(FIRST_RATES)[:, None] * np.exp(walk)
    return np.rint(rates * SCALE).astype(np.int64)


def in_reais(world: World, cents: np.ndarray, currency: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Change cents of population.CURRENCIES into cents of reais at the rate of the day."""
    rate = world.rates[0, np.clip(day, 0, world.calendar.last)]
    return np.where(currency == BRL, cents, (cents * rate + SCALE // 2) // SCALE)


def rate_rows(world: World) -> Iterator[Rows]:
    """Give the rates of business days, and those of the day before the first."""
    calendar = world.calendar
    day = np.append(-1, np.flatnonzero(calendar.business[: calendar.last + 1]))
    row = np.repeat(day, len(CURRENCIES))
    currency = np.tile(np.arange(len(CURRENCIES)), len(day))
    yield Rows(
        area="payment",
        kind="fx_rates",
        known_day=row,
        columns={
            "currency": words(CURRENCIES, currency),
            "rate_date": dates(calendar, row),
            "rate": plain(world.rates[currency, np.maximum(row, 0)] / SCALE),
        },
    )
