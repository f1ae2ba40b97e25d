"""The costs of the operation: tools, staff, operations, legal and others."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from orchestration.sample import stages
from orchestration.sample.calendar import Calendar
from orchestration.sample.channels import (
    CHANNELS,
    CHATBOT,
    EMAIL,
    IVR,
    LETTER,
    PORTAL,
    SMS,
    VOICE,
    WHATSAPP,
)
from orchestration.sample.columns import dates, ids, money, words
from orchestration.sample.delivery import Rows
from orchestration.sample.exchange import in_reais
from orchestration.sample.population import BRL, CURRENCIES, PORTFOLIO_OF_PRODUCT, PORTFOLIOS, USD
from orchestration.sample.staff import TEAMS
from orchestration.sample.world import Columns, World

COST = "O"
KINDS = ("tools", "staff", "operations", "legal", "other")
TOOLS, STAFF, OPERATIONS, LEGAL, OTHER = range(len(KINDS))
DRIVERS = ("minutes", "messages", "accounts")
BY_MINUTES, BY_MESSAGES, BY_ACCOUNTS = range(len(DRIVERS))

# cents: a month of a full-time agent, with all that comes on top of the wage
MONTH_OF_WORK = 380_000
CENTS_PER_ATTEMPT = {
    VOICE: 2,
    SMS: 9,
    WHATSAPP: 33,
    EMAIL: 1,
    IVR: 6,
    LETTER: 260,
    PORTAL: 5,
    CHATBOT: 15,
}
CENTS_PER_MINUTE = 8
SUED_CENTS, SUED_SHARE = 15_000, 0.03


@dataclass(frozen=True)
class Monthly:
    """A cost of every month: cents, and cents on top per agent or open contract."""

    kind: int
    cents: int
    per_agent: int = 0
    per_contract: int = 0
    channel: int = -1
    driver: int = -1
    currency: int = BRL


MONTHLY = (
    # the dialler, the recorder, the message hub, the collections platform
    Monthly(TOOLS, 30_000, per_agent=12_000, channel=VOICE),
    Monthly(TOOLS, 15_000, driver=BY_MINUTES),
    Monthly(TOOLS, 25_000, driver=BY_MESSAGES),
    Monthly(TOOLS, 6_000, per_contract=2, driver=BY_ACCOUNTS, currency=USD),
    # supervision and quality, scoring and reconciliation
    Monthly(STAFF, 60_000, per_agent=60_000, driver=BY_MINUTES),
    Monthly(STAFF, 80_000, per_contract=2, driver=BY_ACCOUNTS),
    # the office, the credit bureau, and what nothing spreads
    Monthly(OTHER, 50_000, per_agent=20_000, driver=BY_MINUTES),
    Monthly(OTHER, 20_000, per_contract=2, driver=BY_ACCOUNTS),
    Monthly(OTHER, 25_000),
)


def cost_rows(world: World, contacts: Columns, entered: Columns) -> Iterator[Rows]:
    """Give the costs, of all contacts and of the stages debts have ``entered``."""
    pieces = [
        _monthly(world),
        _staff(world),
        _operations(world, contacts),
        _legal(world, entered),
    ]
    costs = {
        name: np.concatenate([piece[name] for piece in pieces])
        for name in ("day", "kind", "cents", "currency", "channel", "team", "portfolio", "driver")
    }
    order = np.argsort(costs["day"], kind="stable")
    costs = {name: column[order] for name, column in costs.items()}
    yield Rows(
        area="billing",
        kind="costs",
        known_day=costs["day"],
        columns={
            "cost_id": ids(COST, np.arange(len(order))),
            "cost_date": dates(world.calendar, costs["day"]),
            "kind": words(KINDS, costs["kind"]),
            "amount": money(costs["cents"]),
            "currency": words(CURRENCIES, costs["currency"]),
            "channel": words(CHANNELS, costs["channel"]),
            "team": words(TEAMS, costs["team"]),
            "portfolio": words(PORTFOLIOS, costs["portfolio"]),
            "driver": words(DRIVERS, costs["driver"]),
        },
    )


def month_ends(calendar: Calendar) -> np.ndarray:
    """Give the last days of the months played."""
    days = np.arange(calendar.last + 1)
    return days[[calendar.is_month_end(day) for day in days]]


def _costs(day: np.ndarray, cents: np.ndarray, kind: int, **columns) -> Columns:
    size = len(day)
    given = {"currency": BRL, "channel": -1, "team": -1, "portfolio": -1, "driver": -1} | columns
    return {"day": day, "cents": cents, "kind": np.full(size, kind)} | {
        name: np.broadcast_to(value, size) for name, value in given.items()
    }


def _monthly(world: World) -> Columns:
    ends = month_ends(world.calendar)
    contracts = world.people.contracts
    agents = np.array([_employed(world, end).sum() for end in ends])
    started = np.searchsorted(np.sort(contracts.originated_day), ends, side="right")
    ended = np.searchsorted(np.sort(world.book.closed_day), ends, side="right")
    pieces = [
        _costs(
            ends,
            one.cents + one.per_agent * agents + one.per_contract * (started - ended),
            one.kind,
            currency=one.currency,
            channel=one.channel,
            driver=one.driver,
        )
        for one in MONTHLY
    ]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def _employed(world: World, day: int) -> np.ndarray:
    agents = world.agents
    return (agents["hired_day"] <= day) & (agents["left_day"] >= day)


def _staff(world: World) -> Columns:
    """Pay each team's agents by the days of the month they were in it."""
    agents, ends = world.agents, month_ends(world.calendar)
    day = np.arange(world.calendar.last + 1)[:, None]
    month = np.searchsorted(ends, day[:, 0])
    employed = (agents["hired_day"] <= day) & (agents["left_day"] >= day)
    team = np.where(day >= agents["moved_day"], agents["next_team"], agents["team"])
    number, agent = np.nonzero(employed)
    worked = np.zeros((len(ends) + 1, len(TEAMS)))
    np.add.at(worked, (month[number], team[number, agent]), agents["fte"][agent])
    length = np.diff(np.append(-1, ends))
    cents = worked[: len(ends)] / length[:, None] * MONTH_OF_WORK
    end, paid = np.nonzero(cents)
    return _costs(ends[end], cents[end, paid].astype(np.int64), STAFF, team=paid)


def _operations(world: World, contacts: Columns) -> Columns:
    """Charge each day's attempts and minutes to their channels."""
    last, channel = world.calendar.last, contacts["channel"].astype(np.int64)
    slot = world.calendar.day_of(contacts["instant"]) * len(CHANNELS) + channel
    size = (last + 1) * len(CHANNELS)
    attempts = np.bincount(slot, minlength=size)
    seconds = np.bincount(slot, np.maximum(contacts["duration"], 0), minlength=size)
    by_channel = np.array([CENTS_PER_ATTEMPT[channel] for channel in range(len(CHANNELS))])
    cents = attempts * np.tile(by_channel, last + 1) + seconds / 60 * CENTS_PER_MINUTE
    filled = np.flatnonzero(cents)
    return _costs(
        filled // len(CHANNELS),
        np.maximum(cents[filled].astype(np.int64), 1),
        OPERATIONS,
        channel=filled % len(CHANNELS),
    )


def _legal(world: World, entered: Columns) -> Columns:
    """Pay the lawyers when a debt is sued for."""
    sued = entered["stage"] == stages.LITIGATION
    contract, day = entered["contract"][sued], entered["day"][sued]
    contracts = world.people.contracts
    owed = in_reais(world, entered["owed"][sued], contracts.currency[contract], day)
    return _costs(
        day,
        SUED_CENTS + (owed * SUED_SHARE).astype(np.int64),
        LEGAL,
        portfolio=PORTFOLIO_OF_PRODUCT[contracts.product[contract]],
    )
