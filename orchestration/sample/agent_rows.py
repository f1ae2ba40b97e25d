"""The exports on agents: who they are, and how they spent each day of work."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample.calendar import FAR
from orchestration.sample.channels import VOICE
from orchestration.sample.columns import dates, ids, plain, words
from orchestration.sample.delivery import Rows
from orchestration.sample.staff import SATURDAY, TEAMS
from orchestration.sample.world import Columns, World

AGENT = "E"
KNOWN_AHEAD_DAYS = 10
SHIFT_MINUTES, SATURDAY_MINUTES = 480, 300
BREAK_SHARE, HOLD_SHARE = 0.11, 0.07
WRAP_MINUTES, DIALLING_MINUTES = 1.5, 0.4


def agent_rows(world: World, rng: np.random.Generator, contacts: Columns) -> Iterator[Rows]:
    """Give the agents and their days."""
    yield _agents(world)
    yield _agent_days(world, rng, contacts)


def _agents(world: World) -> Rows:
    """Give each agent from the day of hiring, of moving to another team, of leaving."""
    agents, calendar = world.agents, world.calendar
    size = len(agents["team"])
    moved = np.flatnonzero(agents["moved_day"] < FAR)
    left = np.flatnonzero(agents["left_day"] < FAR)
    row = np.concatenate([np.arange(size), moved, left])
    since = np.concatenate(
        [agents["hired_day"], agents["moved_day"][moved], agents["left_day"][left]]
    )
    team = np.where(
        since >= agents["moved_day"][row], agents["next_team"][row], agents["team"][row]
    )
    left_day = np.where(since >= agents["left_day"][row], agents["left_day"][row], FAR)
    return Rows(
        area="contact",
        kind="agents",
        known_day=np.where(since > agents["hired_day"][row], since, since - KNOWN_AHEAD_DAYS),
        columns={
            "agent_id": ids(AGENT, row),
            "valid_from": dates(calendar, since),
            "team": words(TEAMS, team),
            "hired_date": dates(calendar, agents["hired_day"][row]),
            "left_date": dates(calendar, left_day),
            "fte": plain(agents["fte"][row]),
        },
    )


def _agent_days(world: World, rng: np.random.Generator, contacts: Columns) -> Rows:
    """Give the days of work, the minutes in line with the contacts handled, and the absences."""
    calendar, size = world.calendar, len(world.agents["team"])
    handled = np.flatnonzero(contacts["agent"] >= 0)
    slot = calendar.day_of(contacts["instant"][handled]) * size + contacts["agent"][handled]
    seconds = contacts["duration"][handled]
    cells = world.at_work.size
    talk = np.bincount(slot, np.maximum(seconds, 0) / 60, minlength=cells)
    talks = np.bincount(slot, seconds >= 0, minlength=cells)
    calls = np.bincount(slot, contacts["channel"][handled] == VOICE, minlength=cells)
    row = np.flatnonzero((world.at_work | world.absent).ravel())
    day, agent = row // size, row % size
    at_work = world.at_work.ravel()[row]
    shift = np.where(calendar.weekday[day] == SATURDAY, SATURDAY_MINUTES, SHIFT_MINUTES)
    shift = shift * world.agents["fte"][agent]
    hold = talk[row] * HOLD_SHARE * (0.5 + rng.random(len(row)))
    wrap = talks[row] * WRAP_MINUTES * (0.7 + 0.6 * rng.random(len(row)))
    wrap += (calls[row] - talks[row]).clip(0) * DIALLING_MINUTES
    rest = shift * BREAK_SHARE * (0.8 + 0.4 * rng.random(len(row)))
    idle = np.maximum(shift - talk[row] - hold - wrap - rest, 0)

    def minutes(values: np.ndarray):
        return plain(np.where(at_work, np.round(values, 1), 0.0))

    return Rows(
        area="contact",
        kind="agent_days",
        known_day=day,
        columns={
            "agent_id": ids(AGENT, agent),
            "work_date": dates(calendar, day),
            "is_absent": plain(~at_work),
            "talk_minutes": minutes(talk[row]),
            "hold_minutes": minutes(hold),
            "wrap_minutes": minutes(wrap),
            "idle_minutes": minutes(idle),
            "break_minutes": minutes(rest),
        },
        late_share=0.01,
        again_share=0.003,
    )
