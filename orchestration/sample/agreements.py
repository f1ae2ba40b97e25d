"""Agreements: offered, signed, activated by a first payment, kept or broken."""

import numpy as np

from orchestration.sample import cash, stages
from orchestration.sample.calendar import DAY_SECONDS, FAR
from orchestration.sample.paying import paying_seconds
from orchestration.sample.population import SUBSCRIPTION, pick
from orchestration.sample.world import (
    INSOLVENT,
    OPEN,
    SETTLED,
    Late,
    World,
    close_where_paid,
    outstanding,
    second_of,
)

STATUSES = ("offered", "signed", "activated", "broken", "completed", "cancelled", "expired")
OFFERED, SIGNED, ACTIVATED, BROKEN, COMPLETED, CANCELLED, EXPIRED = range(7)
KINDS = ("discount", "instalments", "both")

TERMS, TERM_SHARES = np.array([1, 3, 6, 10, 12]), (0.34, 0.26, 0.22, 0.12, 0.06)
LEAST_INSTALMENT = 3000
DAYS_BETWEEN = 30
SIGNS_AT_ONCE, SIGNS_LATER = 0.4, 0.12
FIRST_PAID, PAID_ON_DUE, PAID_LATE_DAILY = 0.86, 0.82, 0.03
BREAK_DPD = 30
CANCEL_UNPAID_DAYS = 10

COLUMNS = (
    *("person", "customer", "contract", "offered_at", "signed_at", "activated_day", "ended_day"),
    *("status", "kind", "channel", "actor", "brand", "agent", "original", "agreed", "base"),
    *("terms", "first_due", "first_pay", "paid", "contact"),
)


def no_agreements() -> dict[str, np.ndarray]:
    """Give the table of agreements before any was offered (amounts in cents)."""
    return {name: np.empty(0, dtype=np.int64) for name in COLUMNS}


def no_members() -> dict[str, np.ndarray]:
    """Give the table of contracts in agreements before there are any."""
    return {name: np.empty(0, dtype=np.int64) for name in ("agreement", "contract", "replaced")}


def _append(table: dict[str, np.ndarray], **columns: np.ndarray) -> None:
    for name, column in table.items():
        table[name] = np.concatenate([column, columns[name]])


def eligible(world: World, late: Late) -> Late:
    """Keep the late debts an agreement may replace."""
    book, contracts = world.book, world.people.contracts
    return late.where(
        (book.standing[late.contract] == OPEN)
        & (book.stage[late.contract] < stages.HOLD)
        & ((contracts.shape[late.contract] != SUBSCRIPTION) | book.is_suspended[late.contract])
    )


def offer(
    world: World,
    day: int,
    late: Late,
    *,
    person: np.ndarray,
    instant: np.ndarray,
    channel: np.ndarray,
    actor: np.ndarray,
    agent: np.ndarray,
    contact: np.ndarray,
) -> None:
    """Offer each person, once, an agreement on all late debts that can be in one."""
    rng, book, agreements = world.rng, world.book, world.agreements
    late = eligible(world, late)
    person, first = np.unique(person, return_index=True)
    kept = np.isin(person, late.person)
    person, first = person[kept], first[kept]
    size = len(person)
    if size == 0:
        return
    position = np.full(len(book.mood), -1)
    position[person] = np.arange(size)
    members = late.where(position[late.person] >= 0)
    local = position[members.person]
    replaced = outstanding(world, members.contract)
    original = np.zeros(size, dtype=np.int64)
    np.add.at(original, local, replaced)
    worst = np.zeros(size, dtype=np.int64)
    np.maximum.at(worst, local, members.dpd)
    contract = np.empty(size, dtype=np.int64)
    contract[local[::-1]] = members.contract[::-1]

    highest = np.where(worst > 180, 0.45, np.where(worst > 60, 0.25, 0.08))
    rate = np.where(rng.random(size) < 0.3, 0, rng.random(size) * highest)
    agreed = np.maximum((original * (1 - rate)).astype(np.int64), 1)
    terms = np.minimum(
        TERMS[pick(rng, TERM_SHARES, size)], np.maximum(agreed // LEAST_INSTALMENT, 1)
    )
    drawn = rng.random(size)
    signs = drawn < SIGNS_AT_ONCE + SIGNS_LATER
    wait = np.where(drawn < SIGNS_AT_ONCE, 0, rng.integers(1, 4, size))
    offered_at = instant[first]
    signed_at = np.where(
        signs,
        np.where(
            wait == 0, offered_at + 420, (day + wait) * DAY_SECONDS + paying_seconds(rng, size)
        ).astype(np.int64),
        FAR * DAY_SECONDS,
    )
    lapses = rng.random(size) < 0.75
    ends = np.where(lapses, day + 10, day + rng.integers(2, 9, size))
    first_due = day + wait + rng.integers(7, 15, size)
    pays_first = rng.random(size) < np.where(book.mood[person] == INSOLVENT, 0.5, FIRST_PAID)
    first_pay = np.where(
        pays_first, np.maximum(first_due - rng.integers(0, 4, size), day + wait + 7), FAR
    )
    number = len(agreements["person"]) + np.arange(size)
    _append(
        agreements,
        person=person,
        customer=world.people.contracts.customer[contract],
        contract=contract,
        offered_at=offered_at,
        signed_at=signed_at,
        activated_day=np.full(size, FAR),
        ended_day=np.where(signs, FAR, ends),
        status=np.where(signs, SIGNED, np.where(lapses, EXPIRED, CANCELLED)),
        kind=np.where(agreed == original, 1, np.where(terms == 1, 0, 2)),
        channel=channel[first],
        actor=actor[first],
        brand=(rng.random(size) < 0.2).astype(np.int64),
        agent=agent[first],
        original=original,
        agreed=agreed,
        base=agreed // terms,
        terms=terms,
        first_due=first_due,
        first_pay=first_pay,
        paid=np.zeros(size, dtype=np.int64),
        contact=contact[first],
    )
    _append(
        world.agreement_members,
        agreement=number[local],
        contract=members.contract,
        replaced=replaced,
    )
    locked = signs[local]
    book.agreement[members.contract[locked]] = number[local[locked]]
    book.quiet_until[person] = np.where(signs, day + wait, day + 8)


def asked(agreements: dict, rows: np.ndarray, day: int) -> np.ndarray:
    """Give what agreements ask by a day in all, in cents."""
    terms = agreements["terms"][rows]
    fallen = np.clip((day - agreements["first_due"][rows]) // DAYS_BETWEEN + 1, 0, terms)
    return np.where(fallen == terms, agreements["agreed"][rows], fallen * agreements["base"][rows])


def days_past_due(agreements: dict, rows: np.ndarray, day: int) -> np.ndarray:
    """Give the days since the oldest instalment not paid was due."""
    paid_terms = agreements["paid"][rows] // agreements["base"][rows]
    return day - (agreements["first_due"][rows] + DAYS_BETWEEN * paid_terms)


def play(world: World, day: int) -> None:
    """Let agreements be activated, paid, completed, broken or cancelled today."""
    agreements, rng = world.agreements, world.rng
    live = np.flatnonzero(agreements["ended_day"] == FAR)
    waiting = live[agreements["status"][live] == SIGNED]
    able = ~world.book.is_stopped[agreements["person"]]
    starts = waiting[(agreements["first_pay"][waiting] == day) & able[waiting]]
    agreements["status"][starts] = ACTIVATED
    agreements["activated_day"][starts] = day
    given_up = waiting[agreements["first_due"][waiting] + CANCEL_UNPAID_DAYS == day]
    _end(world, given_up, day, CANCELLED)

    active = live[agreements["status"][live] == ACTIVATED]
    active = active[agreements["activated_day"][active] < day]
    due_now = asked(agreements, active, day) > asked(agreements, active, day - 1)
    owed = asked(agreements, active, day) - agreements["paid"][active]
    mood = world.book.mood[agreements["person"][active]]
    scale = np.where(mood == INSOLVENT, 0.75, 1)
    pays = (
        (owed > 0)
        & able[active]
        & (rng.random(len(active)) < np.where(due_now, PAID_ON_DUE, PAID_LATE_DAILY) * scale)
    )
    paying = np.concatenate([starts, active[pays]])
    size = len(paying)
    amount = np.concatenate(
        [
            np.where(
                agreements["terms"][starts] == 1,
                agreements["agreed"][starts],
                agreements["base"][starts],
            ),
            owed[pays],
        ]
    )
    if size:
        cash.receive_on_agreement(
            world,
            day,
            paying,
            amount=amount,
            instant=second_of(day, paying_seconds(rng, size)),
            channel=np.where(rng.random(size) < 0.4, cash.PORTAL, cash.BANK),
            method=cash.usual_method(world, day, size),
        )
        done = paying[agreements["paid"][paying] >= agreements["agreed"][paying]]
        _end(world, done, day, COMPLETED)
    left = active[~pays]
    breaking = left[
        (asked(agreements, left, day - 1) > agreements["paid"][left])
        & (days_past_due(agreements, left, day) >= BREAK_DPD)
    ]
    _end(world, breaking, day, BROKEN)


def _end(world: World, rows: np.ndarray, day: int, status: int) -> None:
    """End agreements; broken ones give their contracts back with the cash they had."""
    if len(rows) == 0:
        return
    agreements, members, book = world.agreements, world.agreement_members, world.book
    agreements["status"][rows] = status
    agreements["ended_day"][rows] = day
    mine = np.flatnonzero(np.isin(members["agreement"], rows))
    contract, agreement = members["contract"][mine], members["agreement"][mine]
    if status == COMPLETED:
        book.standing[contract] = SETTLED
        book.closed_day[contract] = day
        book.agreement[contract] = -1
        return
    order = np.lexsort((contract, agreement))
    contract, agreement, mine = contract[order], agreement[order], mine[order]
    weight = members["replaced"][mine]
    running = np.cumsum(weight)
    is_first = np.append(True, agreement[1:] != agreement[:-1])
    before = np.maximum.accumulate(np.where(is_first, running - weight, 0))
    after = running - before
    whole = agreements["original"][agreement]
    paid = agreements["paid"][agreement]
    book.paid[contract] += _rounded(paid, after, whole) - _rounded(paid, after - weight, whole)
    book.agreement[contract] = -1
    close_where_paid(world, day, contract)


def _rounded(amount: np.ndarray, weight: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Give amount * weight / whole, halves up, in cents."""
    return np.floor_divide(2 * amount * weight + whole, 2 * whole)


def overdue(world: World, day: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the active agreements behind today, what they owe (cents) and for how long."""
    agreements = world.agreements
    rows = np.flatnonzero((agreements["status"] == ACTIVATED) & (agreements["ended_day"] == FAR))
    owed = asked(agreements, rows, day - 1) - agreements["paid"][rows]
    behind = owed > 0
    return rows[behind], owed[behind], days_past_due(agreements, rows[behind], day)
