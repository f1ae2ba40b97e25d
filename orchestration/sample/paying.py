"""When customers pay of themselves: on time, late, and what they had promised."""

from dataclasses import fields

import numpy as np

from orchestration.sample import cash, charges
from orchestration.sample.calendar import FAR, Calendar
from orchestration.sample.planted import REMINDED_FACTOR, WARNED_FACTOR
from orchestration.sample.population import (
    BOLETO,
    DIRECT_DEBIT,
    SPAN,
    SUBSCRIPTION,
    Population,
    pick,
)
from orchestration.sample.world import (
    CALM,
    DPD_EDGES,
    FORGETFUL,
    INSOLVENT,
    LAST_SECOND,
    STRAINED,
    Late,
    World,
    late_debts,
    oldest_unpaid,
    on_day,
    second_of,
)

ON_TIME_BY_DISCIPLINE = ((0, 0.08, 0.2, 0.5, 1), (0.7, 0.87, 0.95, 0.98, 0.993))
FIRST_INSTALMENT_RISK = 1.25
# what is left of the chance to pay on time where another contract is behind
ELSEWHERE_BY_MOOD = np.array([1.0, 1.0, 0.45, 0.15])
# discipline; share forgetful; share forgetful or strained
MOODS_BY_DISCIPLINE = ((0, 0.2, 0.6, 1), (0.15, 0.25, 0.4, 0.55), (0.6, 0.68, 0.8, 0.9))
# by mood (calm, forgetful, strained, insolvent) and days past due (DPD_EDGES)
DAILY_PAYERS = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [0.15, 0.09, 0.05, 0.03, 0.02, 0.01, 0.01],
        [0.006, 0.006, 0.005, 0.004, 0.003, 0.0015, 0.0008],
        [0.0006, 0.0006, 0.0005, 0.0004, 0.0003, 0.0002, 0.0002],
    ]
)
WARMED_DAYS, WARMED_FACTOR, PROMISED_FACTOR, DISPUTED_FACTOR = 5, 2.0, 0.1, 0.15
RECOVERS_DAILY, FOR_ALL_SHARE = 0.0012, 0.3
# bills are sent with a link too
CHANNELS_ON_TIME = {
    cash.BANK: 0.78,
    cash.PORTAL: 0.13,
    cash.WHATSAPP_LINK: 0.04,
    cash.EMAIL_LINK: 0.03,
    cash.SMS_LINK: 0.02,
}
CHANNELS_LATE = {
    cash.BANK: 0.52,
    cash.PORTAL: 0.34,
    cash.WHATSAPP_LINK: 0.07,
    cash.EMAIL_LINK: 0.03,
    cash.SMS_LINK: 0.04,
}
HOURS_OF_PAYMENT = ((0, 0.04, 0.2, 0.5, 0.8, 0.97, 1), (0, 7, 9.5, 13, 18.5, 22.5, 24))


def plan_days(rng: np.random.Generator, calendar: Calendar, people: Population) -> np.ndarray:
    """Choose the day each instalment is paid on if its customer pays on time."""
    instalments = people.instalments
    method = people.contracts.method[instalments.contract]
    size = len(instalments.due_day)
    ahead = np.where(rng.random(size) < 0.45, 0, (rng.random(size) ** 2 * 7).astype(np.int64))
    planned = np.maximum(instalments.due_day - ahead, 0)
    planned = np.where(planned <= calendar.last, planned, FAR)
    seen = np.minimum(planned, calendar.last)
    return np.where((method == BOLETO) & (planned < FAR), calendar.previous_business[seen], planned)


def paying_seconds(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw the second of the day at which people pay."""
    return np.interp(rng.random(size), *HOURS_OF_PAYMENT) * 3600


def _channels(rng: np.random.Generator, shares: dict[int, float], size: int) -> np.ndarray:
    return np.array(list(shares))[pick(rng, list(shares.values()), size)]


def pay_on_time(world: World, day: int) -> None:
    """Let the customers who are not behind pay what they had planned for today."""
    people, book, rng = world.people, world.book, world.rng
    instalment = on_day(world.plan_day, world.by_plan, day)
    contract = people.instalments.contract[instalment]
    asked = people.instalments.key[instalment] % SPAN
    left = asked - (book.paid[contract] - book.charged[contract])
    can = (
        book.is_issued[instalment]
        & (book.agreement[contract] < 0)
        & (book.standing[contract] == 0)
        & (book.fallen_due[contract] <= book.paid[contract])
        & (left > 0)
        & (left <= people.instalments.amount[instalment])
    )
    instalment, contract, left = instalment[can], contract[can], left[can]
    person = people.contracts.person[contract]
    missed = 1 - np.interp(people.customers.discipline[person], *ON_TIME_BY_DISCIPLINE)
    missed *= people.contracts.risk[contract]
    missed *= np.where(people.instalments.number[instalment] == 1, FIRST_INSTALMENT_RISK, 1)
    missed *= np.where(book.reminded_until[person] >= day, REMINDED_FACTOR, 1)
    missed *= np.where(book.warned_until[person] >= day, WARNED_FACTOR, 1)
    chance = (1 - missed) * ELSEWHERE_BY_MOOD[book.mood[person]] * ~book.is_stopped[person]
    pays = rng.random(len(contract)) < chance
    debit = people.contracts.method[contract] == DIRECT_DEBIT
    unpaid = ~pays & debit & (rng.random(len(contract)) < 0.7)
    cash.fail(world, day, contract[unpaid], left[unpaid])
    channel = np.where(debit[pays], cash.BANK, _channels(rng, CHANNELS_ON_TIME, pays.sum()))
    cash.receive(
        world,
        day,
        contract[pays],
        amount=left[pays],
        instant=second_of(day, paying_seconds(rng, pays.sum())),
        channel=channel,
        method=people.contracts.method[contract[pays]],
    )


def change_moods(world: World, late: Late) -> None:
    """Decide why those newly behind are behind, and calm those no longer behind."""
    book, rng = world.book, world.rng
    behind = np.zeros(len(book.mood), dtype=bool)
    behind[late.person] = True
    locked = np.flatnonzero(book.agreement >= 0)
    behind[world.people.contracts.person[locked]] = True
    book.mood[~behind] = CALM
    new = np.flatnonzero(behind & (book.mood == CALM))
    discipline = world.people.customers.discipline[new]
    edges, forgetful, or_strained = MOODS_BY_DISCIPLINE
    drawn = rng.random(len(new))
    book.mood[new] = np.where(
        drawn < np.interp(discipline, edges, forgetful),
        FORGETFUL,
        np.where(drawn < np.interp(discipline, edges, or_strained), STRAINED, INSOLVENT),
    )
    broke = np.flatnonzero(book.mood == INSOLVENT)
    book.mood[broke[rng.random(len(broke)) < RECOVERS_DAILY]] = STRAINED


def pay_late(world: World, day: int, late: Late) -> None:
    """Let some of those behind pay: all, one instalment or a part, some with a discount."""
    book, rng = world.book, world.rng
    mood = book.mood[late.person]
    chance = DAILY_PAYERS[mood, np.searchsorted(DPD_EDGES, late.dpd)]
    warmed = day - book.warmed_day[late.person] <= WARMED_DAYS
    chance = chance * ~book.is_stopped[late.person]
    chance = chance * np.where(book.is_disputed[late.contract], DISPUTED_FACTOR, 1)
    chance = chance * np.where(warmed & (mood != FORGETFUL), WARMED_FACTOR, 1)
    chance = chance * np.where(book.promised_until[late.contract] >= day, PROMISED_FACTOR, 1)
    paying = late.where(rng.random(len(chance)) < chance)
    settle_late(
        world,
        day,
        paying,
        instant=second_of(day, paying_seconds(rng, len(paying.contract))),
        channel=_channels(rng, CHANNELS_LATE, len(paying.contract)),
        late=late,
    )


def settle_late(
    world: World,
    day: int,
    paying: Late,
    *,
    instant: np.ndarray,
    channel: np.ndarray,
    late: Late,
    contact: np.ndarray | None = None,
) -> None:
    """Book what the given late debts bring in, of some customers for all their late debts."""
    size = len(paying.contract)
    if size == 0:
        return
    for_all = world.rng.random(size) < FOR_ALL_SHARE
    position = np.full(len(world.book.mood), -1)
    position[paying.person[for_all]] = np.flatnonzero(for_all)
    others = late.where((position[late.person] >= 0) & ~np.isin(late.contract, paying.contract))
    source = np.concatenate([np.arange(size), position[others.person]])
    amount = np.concatenate([_part_paid(world, paying, for_all), others.owed])
    debts = Late(
        *(
            np.concatenate([getattr(paying, one.name), getattr(others, one.name)])
            for one in fields(Late)
        )
    )
    cash.receive(
        world,
        day,
        debts.contract,
        amount=charges.grant_discounts(world, day, debts, amount),
        instant=instant[source],
        channel=channel[source],
        method=cash.usual_method(world, day, size)[source],
        together=for_all[source],
        contact=None if contact is None else contact[source],
    )


def _part_paid(world: World, paying: Late, in_full: np.ndarray) -> np.ndarray:
    rng, size = world.rng, len(paying.contract)
    asked = world.people.instalments.key[oldest_unpaid(world, paying.contract)] % SPAN
    paid = world.book.paid[paying.contract] - world.book.charged[paying.contract]
    oldest = np.clip(asked - np.maximum(paid, 0), 1, paying.owed)
    drawn = rng.random(size)
    part = np.maximum((paying.owed * (0.3 + 0.6 * rng.random(size))).astype(np.int64), 1)
    amount = np.where(drawn < 0.7, paying.owed, np.where(drawn < 0.88, oldest, part))
    return np.where(in_full, paying.owed, amount)


def pay_as_promised(world: World, day: int) -> None:
    """Let customers pay what they had promised to pay today, if it is still owed."""
    rows = world.agenda.due("pay_promised", day)
    if rows is None:
        return
    late = late_debts(world, day)
    owed = np.zeros(len(world.book.paid), dtype=np.int64)
    owed[late.contract] = late.owed
    contract, first = np.unique(rows["contract"], return_index=True)
    amount = np.minimum(rows["amount"][first], owed[contract])
    pays = (amount > 0) & ~world.book.is_stopped[world.people.contracts.person[contract]]
    size, latest = int(pays.sum()), second_of(day, LAST_SECOND)
    cash.receive(
        world,
        day,
        contract[pays],
        amount=amount[pays],
        instant=np.clip(
            second_of(day, paying_seconds(world.rng, size)),
            np.minimum(rows["not_before"][first][pays], latest),
            latest,
        ),
        channel=np.where(world.rng.random(size) < 0.35, cash.AGENT, cash.BANK),
        method=cash.usual_method(world, day, size),
    )


def pay_former_creditor(world: World, day: int) -> None:
    """Let some whose debt was sold or recalled pay as if it had not been."""
    rows = world.agenda.due("pay_former_creditor", day)
    if rows is None:
        return
    contract = rows["contract"]
    aware = world.book.is_stopped[world.people.contracts.person[contract]]
    contract, amount = contract[~aware], rows["amount"][~aware]
    size = len(contract)
    cash.receive(
        world,
        day,
        contract,
        amount=amount,
        instant=second_of(day, paying_seconds(world.rng, size)),
        channel=np.full(size, cash.BANK),
        method=cash.usual_method(world, day, size),
    )


def issue(world: World, day: int) -> None:
    """Bill today's invoices of subscriptions that have not been suspended."""
    instalments, book = world.people.instalments, world.book
    billed = on_day(instalments.issued_day, world.by_issue, day)
    contract = instalments.contract[billed]
    billed = billed[
        ~book.is_suspended[contract] & (world.people.contracts.shape[contract] == SUBSCRIPTION)
    ]
    book.is_issued[billed] = True
    contract = instalments.contract[billed]
    np.add.at(book.scheduled, contract, instalments.amount[billed])


def fall_due(world: World, day: int) -> None:
    """Count what was due yesterday as overdue."""
    instalments = world.people.instalments
    due = on_day(instalments.due_day, world.by_due, day - 1)
    due = due[world.book.is_issued[due]]
    contract = instalments.contract[due]
    np.add.at(world.book.fallen_due, contract, instalments.amount[due])


def suspend(world: World, late: Late) -> None:
    """Stop the subscriptions of those more than 60 days behind."""
    old = late.contract[late.dpd > 60]
    subscribed = old[world.people.contracts.shape[old] == SUBSCRIPTION]
    world.book.is_suspended[subscribed] = True
