"""The revenues of the operation: a commission on the month's cash of each portfolio."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample.columns import dates, ids, money, same, words
from orchestration.sample.cost_rows import month_ends
from orchestration.sample.delivery import Rows
from orchestration.sample.exchange import in_reais
from orchestration.sample.payment_rows import contracts_paid
from orchestration.sample.population import PORTFOLIO_OF_PRODUCT, PORTFOLIOS
from orchestration.sample.world import Columns, World

REVENUE = "V"
COMMISSIONS = {
    "payroll": 0.01,
    "retail": 0.03,
    "telecom": 0.03,
    "trade": 0.012,
    "unsecured": 0.025,
    "utilities": 0.02,
    "vehicles": 0.012,
}


def revenue_rows(world: World, payments: Columns, statuses: Columns) -> Iterator[Rows]:
    """Give the commissions, booked on the last day of the month; none where nothing came in."""
    calendar, ends = world.calendar, month_ends(world.calendar)
    sign = np.array([0, 1, 0, -1, -1, -1])[statuses["status"]]
    booked = np.flatnonzero(sign)
    payment, day = statuses["payment"][booked], calendar.day_of(statuses["instant"][booked])
    contract = contracts_paid(world, payments, payment)
    contracts = world.people.contracts
    cents = in_reais(world, statuses["amount"][booked], contracts.currency[contract], day)
    portfolio = PORTFOLIO_OF_PRODUCT[contracts.product[contract]]
    slot = np.searchsorted(ends, day) * len(PORTFOLIOS) + portfolio
    rates = np.tile([COMMISSIONS[portfolio] for portfolio in PORTFOLIOS], len(ends))
    total = np.bincount(slot, cents * sign[booked], minlength=len(rates))[: len(rates)]
    earned = (total * rates).astype(np.int64)
    filled = np.flatnonzero(earned > 0)
    day = ends[filled // len(PORTFOLIOS)]
    yield Rows(
        area="billing",
        kind="revenues",
        known_day=day,
        columns={
            "revenue_id": ids(REVENUE, np.arange(len(filled))),
            "revenue_date": dates(calendar, day),
            "amount": money(earned[filled]),
            "currency": same("BRL"),
            "kind": same("commission"),
            "portfolio": words(PORTFOLIOS, filled % len(PORTFOLIOS)),
        },
    )
