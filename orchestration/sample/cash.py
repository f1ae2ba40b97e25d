"""Payments: how they are made, what they name, and how a few of them come undone."""

import numpy as np

from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.population import BOLETO, CARD, DIRECT_DEBIT, PIX, SPAN, pick
from orchestration.sample.world import (
    SETTLED,
    Columns,
    World,
    close_where_paid,
    oldest_unpaid,
)

PENDING, CLEARED, FAILED, REVERSED, REFUNDED, CHARGED_BACK = range(6)
STATUSES = ("pending", "cleared", "failed", "reversed", "refunded", "charged_back")
CHANNELS = (
    "bank",
    "portal",
    "sms_link",
    "email_link",
    "whatsapp_link",
    "agent",
    "ivr",
)
BANK, PORTAL, SMS_LINK, EMAIL_LINK, WHATSAPP_LINK, AGENT, IVR = range(7)
NAMES_INSTALMENT, NAMES_CONTRACT, NAMES_CUSTOMER, ALLOCATED, NAMES_AGREEMENT = range(5)

REVERSED_SHARE, CHARGED_BACK_SHARE, CLEARED_AGAIN_SHARE = 0.007, 0.03, 0.2
PAID_TWICE_SHARE, REFUNDED_SHARE, CARD_REFUSED_SHARE = 0.003, 0.6, 0.06


def receive(
    world: World,
    day: int,
    contract: np.ndarray,
    *,
    amount: np.ndarray,
    instant: np.ndarray,
    channel: np.ndarray,
    method: np.ndarray,
    together: np.ndarray | None = None,
    contact: np.ndarray | None = None,
) -> None:
    """Book cash (cents) on contracts, each once; rows ``together`` are one payment a person.

    ``contact`` is the contact that a row was paid in, where it was in one.
    """
    if len(contract) == 0:
        return
    people, book = world.people, world.book
    person = people.contracts.person[contract]
    instalment = oldest_unpaid(world, contract)
    number = np.arange(len(contract))
    if together is not None and together.any():
        _, first, number = np.unique(
            np.where(together, person, -1 - number), return_index=True, return_inverse=True
        )
    else:
        first = number
    total = np.zeros(len(first), dtype=np.int64)
    np.add.at(total, number, amount)
    naming = np.where(np.bincount(number) > 1, ALLOCATED, _naming(world, person[first]))
    asked = people.instalments.key[instalment] % SPAN
    left = asked - np.maximum(book.paid[contract] - book.charged[contract], 0)

    book.paid[contract] += amount
    book.paid_day[person] = day
    close_where_paid(world, day, contract)
    payment = _record(
        world,
        day,
        customer=people.contracts.customer[contract[first]],
        contract=contract[first],
        instalment=instalment[first],
        agreement=np.full(len(first), -1),
        amount=total,
        instant=instant[first],
        channel=channel[first],
        method=method[first],
        naming=naming,
        contact=None if contact is None else contact[first],
    )
    given = naming[number] == ALLOCATED
    world.journal.add(
        "allocations",
        payment=payment[number[given]],
        contract=contract[given],
        instalment=np.where(amount <= left, instalment, -1)[given],
        amount=amount[given],
        day=np.full(given.sum(), day),
    )
    _plan_undoing(
        world, day, payment, method=method[first], number=number, contract=contract, amount=amount
    )
    _pay_twice(
        world, day, contract=contract[first], amount=total, instant=instant[first], number=number
    )


def receive_on_agreement(
    world: World,
    day: int,
    agreement: np.ndarray,
    *,
    amount: np.ndarray,
    instant: np.ndarray,
    channel: np.ndarray,
    method: np.ndarray,
    contact: np.ndarray | None = None,
) -> None:
    """Book cash (cents) on agreements, each once."""
    world.agreements["paid"][agreement] += amount
    world.book.paid_day[world.agreements["person"][agreement]] = day
    _record(
        world,
        day,
        customer=world.agreements["customer"][agreement],
        contract=np.full(len(agreement), -1),
        instalment=np.full(len(agreement), -1),
        agreement=agreement,
        amount=amount,
        instant=instant,
        channel=channel,
        method=method,
        naming=np.full(len(agreement), NAMES_AGREEMENT),
        contact=contact,
    )


def fail(world: World, day: int, contract: np.ndarray, amount: np.ndarray) -> None:
    """Record direct debits that the customer's account could not pay."""
    instant = np.full(len(contract), day * DAY_SECONDS + 6 * 3600)
    payment = _enter(world, contract, amount, instant, DIRECT_DEBIT)
    _status(world, payment, PENDING, instant=instant, amount=amount)
    _status(world, payment, FAILED, instant=instant + 15 * 3600 + payment % 3000, amount=amount)


def undo(world: World, day: int) -> None:
    """Take back the cash whose reversal or chargeback was to come today, or clear it again."""
    for what, status, sign in (
        ("reverse", REVERSED, -1),
        ("charge_back", CHARGED_BACK, -1),
        ("clear_again", CLEARED, 1),
    ):
        parts = world.agenda.due(what, day)
        if parts is None:
            continue
        parts = _still_open(world, parts)
        np.add.at(world.book.paid, parts["contract"], sign * parts["amount"])
        close_where_paid(world, day, parts["contract"])
        _repeat_status(world, day, parts, status)
        again = (status == REVERSED) & (parts["payment"] % 1000 < 1000 * CLEARED_AGAIN_SHARE)
        world.agenda.plan(
            "clear_again",
            np.full(again.sum(), day + 3),
            **{name: column[again] for name, column in parts.items()},
        )


def _still_open(world: World, parts: Columns) -> Columns:
    """Leave out payments on contracts that an agreement holds or that have left the book."""
    book, contract = world.book, parts["contract"]
    is_firm = (book.agreement[contract] >= 0) | (book.standing[contract] >= SETTLED)
    kept = ~np.isin(parts["payment"], parts["payment"][is_firm])
    return {name: column[kept] for name, column in parts.items()}


def refund(world: World, day: int) -> None:
    """Give back what was paid twice."""
    rows = world.agenda.due("refund", day)
    if rows is None:
        return
    counted = rows["contract"] >= 0
    np.subtract.at(world.book.paid, rows["contract"][counted], rows["amount"][counted])
    instant = day * DAY_SECONDS + 36_000 + rows["payment"] % 20_000
    journal = world.journal
    payment = journal.add(
        "payments",
        customer=rows["customer"],
        contract=np.full(len(instant), -1),
        instalment=np.full(len(instant), -1),
        agreement=np.full(len(instant), -1),
        amount=rows["amount"],
        instant=instant,
        channel=np.full(len(instant), BANK),
        method=np.full(len(instant), PIX),
        naming=np.full(len(instant), NAMES_CUSTOMER),
        original=rows["payment"],
        contact=np.full(len(instant), -1),
    )
    _status(world, payment, REFUNDED, instant=instant, amount=rows["amount"])


def usual_method(world: World, day: int, size: int) -> np.ndarray:
    """Draw the means of payments nobody planned; a boleto is paid on business days."""
    methods = np.array([PIX, BOLETO, CARD])[pick(world.rng, (0.62, 0.24, 0.14), size)]
    return methods if world.calendar.business[day] else np.where(methods == BOLETO, PIX, methods)


def _naming(world: World, person: np.ndarray) -> np.ndarray:
    drawn = np.array([NAMES_INSTALMENT, NAMES_CONTRACT, NAMES_CUSTOMER, ALLOCATED])[
        pick(world.rng, (0.58, 0.27, 0.11, 0.04), len(person))
    ]
    alone = world.contract_count[person] == 1
    return np.where((drawn == NAMES_CUSTOMER) & ~alone, NAMES_CONTRACT, drawn)


def _record(
    world: World,
    day: int,
    *,
    method: np.ndarray,
    contact: np.ndarray | None = None,
    **columns: np.ndarray,
) -> np.ndarray:
    instant, amount = columns["instant"], columns["amount"]
    payment = world.journal.add(
        "payments",
        method=method,
        original=np.full(len(method), -1),
        contact=np.full(len(method), -1) if contact is None else contact,
        **columns,
    )
    start = day * DAY_SECONDS
    by_card, by_boleto = method == CARD, method == BOLETO
    by_debit = method == DIRECT_DEBIT
    pending = by_card | by_debit
    _status(
        world,
        payment[pending],
        PENDING,
        instant=np.where(by_debit, start + 6 * 3600, instant)[pending],
        amount=amount[pending],
    )
    cleared = np.where(by_card, instant + 20 + payment % 60, instant)
    cleared = np.where(by_debit, start + 21 * 3600 + payment % 3000, cleared)
    cleared = np.minimum(cleared, start + DAY_SECONDS - 1)
    _status(world, payment, CLEARED, instant=cleared, amount=amount, by_date=by_boleto)
    refused = by_card & (world.rng.random(len(method)) < CARD_REFUSED_SHARE)
    if refused.any():
        earlier = np.maximum(instant[refused] - 240, start + 60)
        contract = columns["contract"][refused]
        known = contract >= 0
        failed = _enter(world, contract[known], amount[refused][known], earlier[known], CARD)
        _status(world, failed, FAILED, instant=earlier[known] + 15, amount=amount[refused][known])
    return payment


def _enter(
    world: World, contract: np.ndarray, amount: np.ndarray, instant: np.ndarray, method: int
) -> np.ndarray:
    """Enter payments that will not succeed."""
    size = len(contract)
    return world.journal.add(
        "payments",
        method=np.full(size, method),
        original=np.full(size, -1),
        customer=world.people.contracts.customer[contract],
        contract=contract,
        instalment=np.full(size, -1),
        agreement=np.full(size, -1),
        amount=amount,
        instant=instant,
        channel=np.full(size, BANK if method == DIRECT_DEBIT else PORTAL),
        naming=np.full(size, NAMES_CONTRACT),
        contact=np.full(size, -1),
    )


def _status(
    world: World,
    payment: np.ndarray,
    status: int,
    *,
    instant: np.ndarray,
    amount: np.ndarray,
    by_date: np.ndarray | None = None,
) -> None:
    size = len(payment)
    world.journal.add(
        "payment_statuses",
        payment=payment,
        status=np.full(size, status, dtype=np.int8),
        instant=instant,
        amount=amount,
        by_date=np.zeros(size, dtype=bool) if by_date is None else by_date,
    )


def _repeat_status(world: World, day: int, parts: Columns, status: int) -> None:
    """Record one status per payment, of its whole amount, at some hour of the day."""
    payment, number = np.unique(parts["payment"], return_inverse=True)
    amount = np.zeros(len(payment), dtype=np.int64)
    np.add.at(amount, number, parts["amount"])
    instant = day * DAY_SECONDS + 30_000 + payment % 40_000
    _status(world, payment, status, instant=instant, amount=amount)


def _plan_undoing(
    world: World,
    day: int,
    payment: np.ndarray,
    *,
    method: np.ndarray,
    number: np.ndarray,
    contract: np.ndarray,
    amount: np.ndarray,
) -> None:
    drawn = world.rng.random(len(payment))
    days = world.rng.integers(1, 6, len(payment))
    for what, chosen, delay in (
        ("reverse", drawn < REVERSED_SHARE, days),
        ("charge_back", (drawn > 1 - CHARGED_BACK_SHARE) & (method == CARD), days * 9 + 15),
    ):
        rows = chosen[number]
        world.agenda.plan(
            what,
            day + delay[number[rows]],
            payment=payment[number[rows]],
            contract=contract[rows],
            amount=amount[rows],
        )


def _pay_twice(
    world: World,
    day: int,
    *,
    contract: np.ndarray,
    amount: np.ndarray,
    instant: np.ndarray,
    number: np.ndarray,
) -> None:
    """Let a few customers pay once more by mistake, naming nothing but themselves."""
    twice = world.rng.random(len(contract)) < PAID_TWICE_SHARE
    twice &= np.bincount(number) == 1
    if not twice.any():
        return
    contract, amount = contract[twice], amount[twice]
    people = world.people.contracts
    alone = world.contract_count[people.person[contract]] == 1
    np.add.at(world.book.paid, contract[alone], amount[alone])
    close_where_paid(world, day, contract)
    size = len(contract)
    repeated = _record(
        world,
        day,
        customer=people.customer[contract],
        contract=contract,
        instalment=np.full(size, -1),
        agreement=np.full(size, -1),
        amount=amount,
        instant=np.minimum(instant[twice] + 600, day * DAY_SECONDS + DAY_SECONDS - 1),
        channel=np.full(size, PORTAL),
        method=np.full(size, PIX),
        naming=np.full(size, NAMES_CUSTOMER),
    )
    back = world.rng.random(size) < REFUNDED_SHARE
    world.agenda.plan(
        "refund",
        (day + world.rng.integers(5, 21, size))[back],
        payment=repeated[back],
        customer=people.customer[contract][back],
        contract=np.where(alone, contract, -1)[back],
        amount=amount[back],
    )
