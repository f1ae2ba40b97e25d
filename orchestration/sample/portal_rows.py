"""Visits to the payment portal: paid, planned, failed, abandoned or broken off by an error."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample import cash
from orchestration.sample.billing_rows import CUSTOMER, NEVER
from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.channels import PORTAL
from orchestration.sample.columns import ids, instants, plain, words
from orchestration.sample.contact_rows import CONTACT, visited_at, visits
from orchestration.sample.delivery import Rows
from orchestration.sample.outreach import CLICKED
from orchestration.sample.payment_rows import contracts_paid
from orchestration.sample.population import CARD, pick
from orchestration.sample.world import Columns, World

SESSION = "W"
PAID_THERE = (cash.PORTAL, cash.SMS_LINK, cash.EMAIL_LINK, cash.WHATSAPP_LINK)
FAILURE_CODES = (
    "insufficient_funds",
    "do_not_honour",
    "expired_card",
    "issuer_unavailable",
    "invalid_card",
    "timeout",
)
FAILURE_SHARES = (0.42, 0.22, 0.1, 0.09, 0.09, 0.08)

# what becomes of a visit that leads to no payment and no plan
SUBMITS_SHARE, ERROR_SHARE, ERROR_THOUGH_PAID_SHARE = 0.2, 0.07, 0.008
HESITATES_SHARE, TRIES_AGAIN_SHARE, TRIES_AGAIN_WITHIN = 0.3, 0.25, 4
# a bad release of the page, so many days before the end
OUTAGE_DAYS_BEFORE_END, OUTAGE_ERROR_SHARE = (104, 105), 0.6


def portal_rows(
    world: World,
    rng: np.random.Generator,
    contacts: Columns,
    payments: Columns,
    statuses: Columns,
) -> Iterator[Rows]:
    """Give the visits, one per payment made there, and those that led to none."""
    visited, by_contact = _from_contacts(world, contacts)
    paid, retried = _paid(world, payments, statuses, visited, by_contact)
    planned = _planned(world, visited, by_contact)
    used = np.isin(visited["contact"], np.append(paid["contact"], planned["contact"]))
    idle = {name: column[~used] for name, column in visited.items()}
    idle = _united([idle, _hesitated(rng, paid)])
    idle = _united([idle, _tried_again(rng, idle)])
    failed = _submitted(rng, idle)
    sessions = _united([paid, planned, failed, retried])
    order = np.argsort(sessions["started"], kind="stable")
    order = order[world.calendar.is_told(sessions["ended"][order])]
    yield _sessions(world, rng, {name: column[order] for name, column in sessions.items()})


def _visits(customer: np.ndarray, started: np.ndarray, **columns: np.ndarray) -> Columns:
    """Make a table of visits, with nothing done where nothing is said."""
    size = len(customer)
    never, none = np.full(size, NEVER), np.full(size, -1)
    given = {
        "contact": none,
        "visited_from": none,
        "submitted": never,
        "succeeded": never,
        "failure": none,
        "has_plan": np.zeros(size, dtype=bool),
    } | columns
    ended = [np.where(given[name] < NEVER, given[name], 0) for name in ("submitted", "succeeded")]
    return given | {
        "customer": customer,
        "started": started,
        "ended": np.maximum(started, np.maximum(*ended)),
    }


def _united(tables: list[Columns]) -> Columns:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _from_contacts(world: World, contacts: Columns) -> tuple[Columns, np.ndarray]:
    """Give the visits by a link or of a customer's own accord, and the visit of each contact."""
    clicked = contacts["reached"] == CLICKED
    number = np.flatnonzero(clicked | (contacts["channel"] == PORTAL))
    instant, clicked = contacts["instant"][number], clicked[number]
    is_told = instant >= world.calendar.first_second
    visits_of = np.full(len(contacts["instant"]), -1)
    visits_of[number] = np.arange(len(number))
    return _visits(
        world.people.contracts.customer[contacts["contract"][number]],
        np.where(clicked, visited_at(contacts["response"][number], number), instant),
        contact=number,
        visited_from=np.where(clicked & is_told & visits(number), number, -1),
    ), visits_of


def _paid(
    world: World,
    payments: Columns,
    statuses: Columns,
    visited: Columns,
    by_contact: np.ndarray,
) -> tuple[Columns, Columns]:
    """Give the visits in which was paid, and those in which a card was refused for good.

    Where the same customer's card was refused a little before, that was in the same visit.
    """
    state = np.zeros(len(payments["instant"]), dtype=np.int8)
    state[statuses["payment"][statuses["status"] == cash.FAILED]] = cash.FAILED
    state[statuses["payment"][statuses["status"] == cash.CLEARED]] = cash.CLEARED
    there = np.isin(payments["channel"], PAID_THERE) & (payments["original"] < 0)
    success = np.flatnonzero(there & (state == cash.CLEARED))
    instant, by_card = payments["instant"][success], payments["method"][success] == CARD
    submitted = np.where(by_card, instant, instant - 15 - success % 60)
    day_ends = (instant // DAY_SECONDS + 1) * DAY_SECONDS - 1
    succeeded = np.where(by_card, np.minimum(instant + 20 + success % 60, day_ends), instant)
    refused = np.flatnonzero(there & (state == cash.FAILED))
    days = world.calendar.last + 1
    keys = contracts_paid(world, payments, success) * days + instant // DAY_SECONDS
    tried = payments["contract"][refused] * days + payments["instant"][refused] // DAY_SECONDS
    order = np.argsort(keys, kind="stable")
    found = np.searchsorted(keys[order], tried).clip(0, max(len(keys) - 1, 0))
    match = order[found] if len(order) else found
    is_retried = keys[match] == tried if len(order) else np.zeros(len(tried), dtype=bool)
    match = match[is_retried]
    failure = np.full(len(success), -1)
    failure[match] = success[match] % len(FAILURE_CODES)
    submitted[match] = payments["instant"][refused[is_retried]]
    contact = payments["contact"][success]
    visit = np.where(contact >= 0, by_contact[contact], -1)
    known = visit >= 0
    started = submitted - 45 - success % 380
    started[known] = np.minimum(visited["started"][visit[known]], submitted[known] - 5)
    visited_from = np.full(len(success), -1)
    visited_from[known] = visited["visited_from"][visit[known]]
    paid = _visits(
        payments["customer"][success],
        np.minimum(np.maximum(started, 0), submitted),
        contact=np.where(known, contact, -1),
        visited_from=visited_from,
        submitted=submitted,
        succeeded=succeeded,
        failure=failure,
    )
    lost = refused[~is_retried]
    at = payments["instant"][lost]
    return paid, _visits(
        payments["customer"][lost],
        at - 45 - lost % 15,
        submitted=at,
        failure=lost % len(FAILURE_CODES),
    )


def _planned(world: World, visited: Columns, by_contact: np.ndarray) -> Columns:
    """Give the visits in which an agreement was signed: at once, or on a later day."""
    rows = world.agreements
    signed = np.flatnonzero((rows["channel"] == PORTAL) & world.calendar.is_told(rows["signed_at"]))
    offered, at = rows["offered_at"][signed], rows["signed_at"][signed]
    contact = rows["contact"][signed]
    visit = by_contact[contact]
    at_once = (at // DAY_SECONDS == offered // DAY_SECONDS) & (visit >= 0)
    known = visit[at_once]
    started = at - 300 - signed % 600
    started[at_once] = visited["started"][known]
    visited_from = np.full(len(signed), -1)
    visited_from[at_once] = visited["visited_from"][known]
    return _visits(
        rows["customer"][signed],
        started,
        contact=np.where(at_once, contact, -1),
        visited_from=visited_from,
        has_plan=np.ones(len(signed), dtype=bool),
    )


def _hesitated(rng: np.random.Generator, paid: Columns) -> Columns:
    """Give visits, left again, some time before others in which was paid."""
    row = np.flatnonzero(rng.random(len(paid["started"])) < HESITATES_SHARE)
    before = rng.integers(900, 3 * DAY_SECONDS, len(row))
    return _visits(paid["customer"][row], np.maximum(paid["started"][row] - before, 0))


def _tried_again(rng: np.random.Generator, idle: Columns) -> Columns:
    row = np.flatnonzero(rng.random(len(idle["started"])) < TRIES_AGAIN_SHARE)
    after = rng.integers(600, TRIES_AGAIN_WITHIN * DAY_SECONDS, len(row))
    return _visits(idle["customer"][row], idle["started"][row] + after)


def _submitted(rng: np.random.Generator, idle: Columns) -> Columns:
    """Let some visits that led to nothing come as far as a payment that was refused."""
    size = len(idle["started"])
    submits = rng.random(size) < SUBMITS_SHARE
    code = pick(rng, FAILURE_SHARES, size)
    return _visits(
        idle["customer"],
        idle["started"],
        contact=idle["contact"],
        visited_from=idle["visited_from"],
        submitted=np.where(submits, idle["started"] + rng.integers(40, 500, size), NEVER),
        failure=np.where(submits, code, -1),
    )


def _sessions(world: World, rng: np.random.Generator, rows: Columns) -> Rows:
    calendar, number = world.calendar, np.arange(len(rows["started"]))
    day = calendar.day_of(rows["started"])
    in_outage = np.isin(calendar.last - day, OUTAGE_DAYS_BEFORE_END)
    went_well = (rows["succeeded"] < NEVER) | rows["has_plan"]
    chance = np.where(in_outage, OUTAGE_ERROR_SHARE, ERROR_SHARE)
    chance = np.where(went_well, ERROR_THOUGH_PAID_SHARE, chance)
    return Rows(
        area="payment",
        kind="portal_sessions",
        known_day=calendar.day_of(rows["ended"]),
        columns={
            "session_id": ids(SESSION, number),
            "customer_id": ids(CUSTOMER, rows["customer"]),
            "started_at": instants(calendar, rows["started"]),
            "visited_from_contact_id": ids(CONTACT, rows["visited_from"]),
            "submitted_at": instants(calendar, rows["submitted"]),
            "succeeded_at": instants(calendar, rows["succeeded"]),
            "failure_code": words(FAILURE_CODES, rows["failure"]),
            "plan_created": plain(rows["has_plan"]),
            "had_error": plain(rng.random(len(number)) < chance),
        },
        late_share=0.01,
        again_share=0.003,
    )
