"""The payment exports: payments with their statuses, and what the source allocates."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample import cash
from orchestration.sample.billing_rows import AGREEMENT, CONTRACT, CUSTOMER, INSTALMENT
from orchestration.sample.calendar import DAY_SECONDS, FAR
from orchestration.sample.columns import NONE, dates, ids, instants, money, words
from orchestration.sample.delivery import Rows
from orchestration.sample.exchange import in_reais
from orchestration.sample.population import BOLETO, BRL, CARD, CURRENCIES, METHODS
from orchestration.sample.world import Columns, World

CORRECTED_SHARE = 0.002
CARD_FEE_PERMILLE, BOLETO_FEE_CENTS = 25, 190
# of those on debts in another currency
PAID_IN_REAIS_TENTHS = 3


def payment_rows(
    world: World, rng: np.random.Generator, payments: Columns, statuses: Columns
) -> Iterator[Rows]:
    """Give the payments and what the source allocates of them."""
    yield _payments(world, rng, payments, statuses)
    yield _allocations(world, payments)


def _payments(world: World, rng: np.random.Generator, rows: Columns, statuses: Columns) -> Rows:
    calendar = world.calendar
    cleared = np.flatnonzero(
        (statuses["status"] == cash.CLEARED)
        & (statuses["instant"] >= calendar.first_export * DAY_SECONDS)
    )
    blank = cleared[rng.random(len(cleared)) < CORRECTED_SHARE]
    row = np.concatenate([np.arange(len(statuses["status"])), blank])
    is_blank = np.zeros(len(row), dtype=bool)
    is_blank[blank] = True
    payment, status = statuses["payment"][row], statuses["status"][row]
    instant, by_date = statuses["instant"][row], statuses["by_date"][row]
    day = instant // DAY_SECONDS
    # a bank's return file tells of the day before
    known = calendar.next_business[np.minimum(day + by_date, calendar.last + 10)]
    known[len(statuses["status"]) :] += 4
    naming, method = rows["naming"][payment], rows["method"][payment]
    # a refund gives back the money that came in
    origin = np.where(rows["original"] < 0, np.arange(len(rows["original"])), rows["original"])
    origin = origin[payment]
    currency = world.people.contracts.currency[contracts_paid(world, rows, payment)]
    changed = (currency != BRL) & (naming != cash.ALLOCATED) & (origin % 10 < PAID_IN_REAIS_TENTHS)
    amount = in_reais(
        world,
        statuses["amount"][row],
        np.where(changed, currency, BRL),
        rows["instant"][origin] // DAY_SECONDS,
    )
    currency = np.where(changed, BRL, currency)
    fee = np.where(
        method == CARD,
        amount * CARD_FEE_PERMILLE // 1000,
        np.where(method == BOLETO, BOLETO_FEE_CENTS, NONE),
    )
    names_contract = np.isin(naming, (cash.NAMES_INSTALMENT, cash.NAMES_CONTRACT))
    names_instalment = naming == cash.NAMES_INSTALMENT
    only_instalment = names_instalment & (payment % 5 == 0)
    is_cleared = status == cash.CLEARED
    value_day = calendar.next_business[np.minimum(day + 1, calendar.last + 10)]
    return Rows(
        area="payment",
        kind="payments",
        known_day=known,
        columns={
            "payment_id": ids("P", payment),
            "contract_id": ids(
                CONTRACT, np.where(names_contract & ~only_instalment, rows["contract"][payment], -1)
            ),
            "instalment_id": ids(
                INSTALMENT, np.where(names_instalment, rows["instalment"][payment], -1)
            ),
            "agreement_id": ids(AGREEMENT, rows["agreement"][payment]),
            "customer_id": ids(
                CUSTOMER,
                np.where(names_contract & (payment % 3 == 0), -1, rows["customer"][payment]),
            ),
            "amount": money(amount),
            "currency": words(
                CURRENCIES, np.where((currency == BRL) & (method == BOLETO), -1, currency)
            ),
            "status": words(cash.STATUSES, status),
            "status_at": instants(calendar, instant, by_date=by_date),
            "paid_at": instants(calendar, rows["instant"][payment], by_date=method == BOLETO),
            "value_date": dates(calendar, np.where(is_cleared, value_day, FAR)),
            "original_payment_id": ids("P", rows["original"][payment]),
            "fee_amount": money(np.where(is_cleared, fee, NONE)),
            "method": words(METHODS, method),
            "channel": words(cash.CHANNELS, np.where(is_blank, -1, rows["channel"][payment])),
            "reference": ids("R", payment),
        },
        daily=True,
        late_share=0.01,
        again_share=0.003,
        two_parts=True,
        punctual=np.concatenate([blank, np.arange(len(statuses["status"]), len(row))]),
    )


def contracts_paid(world: World, payments: Columns, number: np.ndarray) -> np.ndarray:
    """Give a contract that payments, or those they give back, were for."""
    original = payments["original"][number]
    number = np.where(original < 0, number, original)
    contract, agreement = payments["contract"][number], payments["agreement"][number]
    agreed = np.append(world.agreements["contract"], 0)
    return np.where(agreement >= 0, agreed[agreement], contract)


def _allocations(world: World, payments: Columns) -> Rows:
    rows = world.journal.take("allocations")
    by_boleto = payments["method"][rows["payment"]] == BOLETO
    return Rows(
        area="payment",
        kind="allocations",
        known_day=rows["day"] + by_boleto,
        columns={
            "payment_id": ids("P", rows["payment"]),
            "contract_id": ids(CONTRACT, rows["contract"]),
            "instalment_id": ids(INSTALMENT, rows["instalment"]),
            "amount": money(rows["amount"]),
        },
        again_share=0.004,
    )
