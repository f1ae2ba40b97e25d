"""The agents: hired, moving between teams, leaving, and who is at work on which day."""

import numpy as np

from orchestration.sample.calendar import FAR, Calendar
from orchestration.sample.population import pick
from orchestration.sample.world import Columns, World

TEAMS = ("early", "mid", "late", "inbound", "agreements")
TEAM_SHARES = (0.3, 0.25, 0.15, 0.2, 0.1)
CUSTOMERS_PER_AGENT, LEAST_AGENTS = 5000, 4
PART_TIME_SHARE, PART_TIME = 0.25, 0.5
SICK_SPELLS_A_YEAR, SICK_DAYS = 3, (1, 6)
LEAVES_A_YEAR, LEAVE_DAYS = 2, 15
SATURDAY, SUNDAY = 5, 6
SATURDAY_SHARE, HOLIDAY_SHARE = 0.5, 0.15


def make_agents(rng: np.random.Generator, calendar: Calendar, persons: int) -> Columns:
    """Hire agents: the first two stay, the third leaves, the fourth comes late; others do too."""
    size = max(LEAST_AGENTS, persons // CUSTOMERS_PER_AGENT)
    number = np.arange(size)
    late = (number == 3) | (number > 3) & (rng.random(size) < 0.25)
    hired = np.where(late, rng.integers(0, calendar.last, size), -rng.integers(30, 1500, size))
    leaves = (number == 2) | (number > 3) & (rng.random(size) < 0.2)
    left = np.where(leaves, np.maximum(hired, 0) + rng.integers(60, 400, size), FAR)
    moves = (number == 0) | (rng.random(size) < 0.3)
    team = np.where(number < len(TEAMS), number, pick(rng, TEAM_SHARES, size))
    moved = np.where(moves, np.maximum(hired, 0) + rng.integers(30, 300, size), FAR)
    return {
        "hired_day": hired,
        "left_day": np.where(left <= calendar.last, left, FAR),
        "team": team,
        "fte": np.where(
            (rng.random(size) < PART_TIME_SHARE) | np.isin(number, (1, 3)), PART_TIME, 1.0
        ),
        "moved_day": np.where((moved <= calendar.last) & (moved < left), moved, FAR),
        "next_team": (team + rng.integers(1, len(TEAMS), size)) % len(TEAMS),
    }


def make_shifts(
    rng: np.random.Generator, calendar: Calendar, agents: Columns
) -> tuple[np.ndarray, np.ndarray]:
    """Say by day and agent who is at work, and who is absent on a day of work.

    Business days are days of work; on Saturdays half of the agents work, on Sundays and
    holidays a few. One of the first two agents at least is always there.
    """
    days, size = calendar.last + 1, len(agents["team"])
    day = np.arange(days)[:, None]
    employed = (agents["hired_day"] <= day) & (agents["left_day"] >= day)
    absent = np.zeros((days, size), dtype=bool)
    years = days / 365
    for spells, (shortest, longest) in (
        (SICK_SPELLS_A_YEAR, SICK_DAYS),
        (LEAVES_A_YEAR, (LEAVE_DAYS, LEAVE_DAYS + 1)),
    ):
        count = rng.poisson(spells * years, size)
        agent = np.repeat(np.arange(size), count)
        start = rng.integers(0, days, len(agent))
        for one, first, length in zip(
            agent, start, rng.integers(shortest, longest, len(agent)), strict=True
        ):
            absent[first : first + length, one] = True
    weekday, business = calendar.weekday[:days, None], calendar.business[:days, None]
    drawn = rng.random((days, size))
    due = np.where(
        business,
        True,
        drawn < np.where(weekday == SATURDAY, SATURDAY_SHARE, HOLIDAY_SHARE),
    )
    at_work = employed & due & ~absent
    # the others are called in before nobody is there
    empty = np.flatnonzero(~at_work.any(axis=1))
    at_work[empty, empty % 2] = True
    return at_work, employed & absent & business & ~at_work


def agents_at_work(world: World, day: int, size: int) -> np.ndarray:
    """Draw so many agents of those at work; part-time ones come up less often."""
    present = np.flatnonzero(world.at_work[day])
    return present[pick(world.rng, world.agents["fte"][present], size)]
