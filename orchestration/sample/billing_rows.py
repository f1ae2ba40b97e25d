"""The billing exports: what the played portfolio looks like to the billing system."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample import agreements, charges
from orchestration.sample.calendar import DAY_SECONDS, FAR
from orchestration.sample.channels import ACTORS, CHANNELS
from orchestration.sample.columns import (
    NONE,
    dates,
    ids,
    instants,
    money,
    plain,
    whole,
    words,
)
from orchestration.sample.delivery import Rows
from orchestration.sample.population import (
    ABROAD,
    BRL,
    CHANNELS_PREFERRED,
    COUNTRIES,
    CURRENCIES,
    PORTFOLIO_OF_PRODUCT,
    PORTFOLIOS,
    PRODUCTS,
    REGIONS,
    SEGMENTS,
    SUBSCRIPTION,
    TIME_ZONES,
)
from orchestration.sample.world import World

CUSTOMER, CONTRACT, INSTALMENT, AGREEMENT = "C", "K", "I", "G"
MOVES_SEGMENT_SHARE, CORRECTED_SHARE = 0.04, 0.004
SHARES_ACCOUNT = 0.3


def billing_rows(world: World, rng: np.random.Generator) -> Iterator[Rows]:
    """Give the billing kinds one by one."""
    yield _customers(world, rng)
    yield _contracts(world, rng)
    yield _instalments(world, rng)
    yield _adjustments(world)
    yield _agreements(world)
    yield _agreement_contracts(world)
    yield _agreement_instalments(world)


def _hour(day: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Give some instant in the working hours of a day, in seconds from day 0."""
    return np.where(day >= FAR, FAR, day) * DAY_SECONDS + 29_000 + number * 7919 % 34_000


def _customers(world: World, rng: np.random.Generator) -> Rows:
    customers, calendar = world.people.customers, world.calendar
    size = len(customers.golden)
    moves = np.flatnonzero((rng.random(size) < MOVES_SEGMENT_SHARE) & ~customers.is_company)
    merged = np.flatnonzero(customers.merged_day < FAR)
    moved_day = rng.integers(customers.created_day[moves], calendar.last + 1)
    row = np.concatenate([np.arange(size), moves, merged])
    known = np.concatenate([customers.created_day, moved_day, customers.merged_day[merged]])
    segment = customers.segment.copy()[row]
    later = np.full(size, FAR)
    later[moves] = moved_day
    segment = np.where(known >= later[row], (segment + 1) % 3, segment)
    is_merged = known >= customers.merged_day[row]
    is_abroad = world.traits.is_abroad[row]
    return Rows(
        area="billing",
        kind="customers",
        known_day=known,
        columns={
            "customer_id": ids(CUSTOMER, row),
            "kind": words(("person", "company"), customers.is_company[row].astype(np.int8)),
            "birth_date": _birth_dates(world, row),
            "region": words(REGIONS, np.where(is_abroad, ABROAD, customers.region[row])),
            "country": words(COUNTRIES, is_abroad.astype(np.int8)),
            "time_zone": words(TIME_ZONES, np.where(is_abroad, ABROAD, customers.region[row])),
            "segment": words(SEGMENTS, segment),
            "preferred_channel": words(CHANNELS_PREFERRED, customers.preferred[row]),
            "merged_into_customer_id": ids(
                CUSTOMER, np.where(is_merged, customers.golden[row], -1)
            ),
            "updated_at": instants(calendar, _hour(known, row)),
        },
        again_share=0.004,
    )


def _birth_dates(world: World, row: np.ndarray):
    """Birth dates are so many days before the last day of the sample."""
    born = world.people.customers.birth_day[row]
    return dates(world.calendar, np.where(born < FAR, born + world.calendar.last, FAR))


def _contracts(world: World, rng: np.random.Generator) -> Rows:
    contracts, book, calendar = world.people.contracts, world.book, world.calendar
    size = len(contracts.customer)
    everyone = np.arange(size)
    closed = np.flatnonzero(book.closed_day <= calendar.last)
    entered = np.flatnonzero(book.entry_day <= calendar.last)
    corrected = np.flatnonzero(rng.random(size) < CORRECTED_SHARE)
    corrected_day = contracts.originated_day + 9
    row = np.concatenate([everyone, closed, entered, corrected])
    known = np.concatenate(
        [
            contracts.originated_day,
            book.closed_day[closed],
            book.entry_day[entered],
            corrected_day[corrected],
        ]
    )
    unsaid = np.isin(row, corrected) & (known < corrected_day[row])
    principal = np.where(contracts.shape == SUBSCRIPTION, NONE, contracts.principal)
    portfolio = PORTFOLIO_OF_PRODUCT[contracts.product]
    brands = [brand for product in PRODUCTS for brand in product.brands]
    shares = (contracts.shape == SUBSCRIPTION) | (
        rng.random(len(world.contract_count))[contracts.person] < SHARES_ACCOUNT
    )
    account = np.where(shares, contracts.customer * len(brands) + _brand(contracts), -1)
    return Rows(
        area="billing",
        kind="contracts",
        known_day=known,
        columns={
            "contract_id": ids(CONTRACT, row),
            "customer_id": ids(CUSTOMER, contracts.customer[row]),
            "account_id": ids("A", account[row]),
            "product": words([product.code for product in PRODUCTS], contracts.product[row]),
            "portfolio": words(PORTFOLIOS, np.where(unsaid, -1, portfolio[row])),
            "creditor_brand": words(brands, _brand(contracts)[row]),
            "currency": words(
                CURRENCIES,
                np.where(
                    (contracts.currency[row] == BRL) & (contracts.product[row] % 2 == 1),
                    -1,
                    contracts.currency[row],
                ),
            ),
            "originated_date": dates(calendar, contracts.originated_day[row]),
            "closed_date": dates(
                calendar, np.where(known >= book.closed_day[row], book.closed_day[row], FAR)
            ),
            "principal_amount": money(principal[row]),
            "is_complex": plain(contracts.is_complex[row]),
            "collection_entry_date": dates(
                calendar, np.where(known >= book.entry_day[row], book.entry_day[row], FAR)
            ),
            "updated_at": instants(calendar, _hour(known, row)),
        },
        again_share=0.004,
    )


def _brand(contracts) -> np.ndarray:
    return contracts.product * 2 + contracts.brand


def _instalments(world: World, rng: np.random.Generator) -> Rows:
    people, calendar = world.people, world.calendar
    instalments = people.instalments
    issued = np.flatnonzero(world.book.is_issued)
    contract = instalments.contract[issued]
    billed = instalments.issued_day[issued]
    known = np.where(billed < FAR, billed, people.contracts.originated_day[contract])
    is_invoice = people.contracts.shape[contract] == SUBSCRIPTION
    wrong = np.flatnonzero(is_invoice & (rng.random(len(issued)) < CORRECTED_SHARE))
    row = np.concatenate([issued, issued[wrong]])
    amount = np.concatenate([instalments.amount[issued], instalments.amount[issued[wrong]]])
    amount[wrong] = amount[wrong] * 11 // 10
    known = np.concatenate([known, known[wrong] + 2])
    return Rows(
        area="billing",
        kind="instalments",
        known_day=known,
        columns={
            "instalment_id": ids(INSTALMENT, row),
            "contract_id": ids(CONTRACT, instalments.contract[row]),
            "number": whole(instalments.number[row]),
            "due_date": dates(calendar, instalments.due_day[row]),
            "amount": money(amount),
            "issued_date": dates(calendar, instalments.issued_day[row]),
            "updated_at": instants(calendar, _hour(known, row)),
        },
        again_share=0.002,
    )


def _adjustments(world: World) -> Rows:
    rows = world.journal.take("adjustments")
    calendar, number = world.calendar, np.arange(len(rows["day"]))
    return Rows(
        area="billing",
        kind="adjustments",
        known_day=rows["day"],
        columns={
            "adjustment_id": ids("J", number),
            "contract_id": ids(CONTRACT, rows["contract"]),
            "instalment_id": ids(INSTALMENT, rows["instalment"]),
            "kind": words(charges.KINDS, rows["kind"]),
            "amount": money(rows["amount"]),
            "adjusted_date": dates(calendar, rows["day"]),
            "due_date": dates(
                calendar, np.where(rows["kind"] <= charges.INTEREST, rows["day"], FAR)
            ),
            "updated_at": instants(calendar, _hour(rows["day"], number)),
        },
        late_share=0.01,
        again_share=0.005,
    )


def _agreements(world: World) -> Rows:
    """Give a version of each agreement per status it has been in."""
    rows, calendar, contracts = world.agreements, world.calendar, world.people.contracts
    size = len(rows["person"])
    offered_day = rows["offered_at"] // DAY_SECONDS
    signed_day = rows["signed_at"] // DAY_SECONDS
    ended = rows["ended_day"] <= calendar.last
    days = (offered_day, signed_day, rows["activated_day"], np.where(ended, rows["ended_day"], FAR))
    at = np.concatenate(
        [rows["offered_at"], rows["signed_at"], _hour(days[2], np.arange(size)),
         _hour(days[3], np.arange(size)) + 1]
    )  # fmt: skip
    row = np.tile(np.arange(size), 4)
    stage = np.repeat(np.arange(4), size)
    known = np.concatenate(days)
    happened = known <= calendar.last
    row, stage, known, at = row[happened], stage[happened], known[happened], at[happened]
    by_stage = np.array([agreements.OFFERED, agreements.SIGNED, agreements.ACTIVATED, -1])[stage]
    return Rows(
        area="billing",
        kind="agreements",
        known_day=known,
        columns={
            "agreement_id": ids(AGREEMENT, row),
            "customer_id": ids(CUSTOMER, rows["customer"][row]),
            "status": words(
                agreements.STATUSES, np.where(stage == 3, rows["status"][row], by_stage)
            ),
            "offered_at": instants(calendar, rows["offered_at"][row]),
            "signed_at": instants(
                calendar, np.where(at >= rows["signed_at"][row], rows["signed_at"][row], NEVER)
            ),
            "activated_date": dates(
                calendar,
                np.where(
                    known >= rows["activated_day"][row],
                    np.where(stage >= 2, rows["activated_day"][row], FAR),
                    FAR,
                ),
            ),
            "ended_date": dates(calendar, np.where(stage == 3, known, FAR)),
            "kind": words(agreements.KINDS, rows["kind"][row]),
            "channel": words(CHANNELS, rows["channel"][row]),
            "actor": words(ACTORS, rows["actor"][row]),
            "brand": words(("creditor", "third_party"), rows["brand"][row]),
            "currency": words(CURRENCIES, contracts.currency[rows["contract"][row]]),
            "original_amount": money(rows["original"][row]),
            "agreed_amount": money(rows["agreed"][row]),
            "agent_id": ids("E", rows["agent"][row]),
            "updated_at": instants(calendar, at),
        },
        again_share=0.004,
    )


NEVER = FAR * DAY_SECONDS


def _agreement_contracts(world: World) -> Rows:
    members = world.agreement_members
    return Rows(
        area="billing",
        kind="agreement_contracts",
        known_day=world.agreements["offered_at"][members["agreement"]] // DAY_SECONDS,
        columns={
            "agreement_id": ids(AGREEMENT, members["agreement"]),
            "contract_id": ids(CONTRACT, members["contract"]),
            "replaced_amount": money(members["replaced"]),
        },
    )


def _agreement_instalments(world: World) -> Rows:
    rows = world.agreements
    agreement = np.repeat(np.arange(len(rows["terms"])), rows["terms"])
    ends = np.cumsum(rows["terms"])
    number = np.arange(len(agreement)) - (ends - rows["terms"])[agreement]
    base, terms = rows["base"][agreement], rows["terms"][agreement]
    last = rows["agreed"][agreement] - base * (terms - 1)
    return Rows(
        area="billing",
        kind="agreement_instalments",
        known_day=rows["offered_at"][agreement] // DAY_SECONDS,
        columns={
            "agreement_instalment_id": ids("H", np.arange(len(agreement))),
            "agreement_id": ids(AGREEMENT, agreement),
            "due_date": dates(
                world.calendar,
                rows["first_due"][agreement] + agreements.DAYS_BETWEEN * number,
            ),
            "amount": money(np.where(number == terms - 1, last, base)),
        },
    )
