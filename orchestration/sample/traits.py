"""What sets a few customers apart: how to reach them, when, and what befalls them."""

from dataclasses import dataclass

import numpy as np

from orchestration.sample.calendar import FAR, Calendar
from orchestration.sample.population import Contracts, Population, pick

FATES = ("bankruptcy", "deceased")
BANKRUPT, DECEASED = range(2)
FATE_SHARES = (0.004, 0.005)
LEARNT_AFTER = (5, 40)
HOURS = ((8, 12), (9, 18), (12, 20), (18, 21))
HOUR_SHARES = (0.2, 0.4, 0.25, 0.15)
STATES_HOURS, STATES_LATER = 0.6, 0.4
ABROAD_SHARE, EMAIL_SHARE, SECOND_PHONE_SHARE = 0.005, 0.9, 0.25
OBJECTS_SHARE = 0.015


@dataclass(frozen=True)
class Traits:
    """One row per customer record, the same for the records of a person.

    Customers with a preferred channel state it on ``stated_day``, some with hours of the day
    (``from_hour`` -1 where without). ``objects_to`` is the channel refused from the start, or
    -1. A fate strikes on ``fate_day`` (FAR: never) and is learnt on ``learnt_day``.
    """

    is_abroad: np.ndarray
    has_email: np.ndarray
    has_second_phone: np.ndarray
    stated_day: np.ndarray
    from_hour: np.ndarray
    to_hour: np.ndarray
    objects_to: np.ndarray
    fate: np.ndarray
    fate_day: np.ndarray
    learnt_day: np.ndarray


def make_traits(rng: np.random.Generator, calendar: Calendar, people: Population) -> Traits:
    """Draw the traits of a population's customers."""
    customers = people.customers
    golden, size = customers.golden, len(customers.golden)

    def share(least: float) -> np.ndarray:
        return (rng.random(size) < least)[golden]

    states = customers.preferred >= 0
    created = customers.created_day
    later = created + (rng.random(size)[golden] * (calendar.last - created)).astype(np.int64)
    stated = np.where(share(STATES_LATER), later, created)
    hours = np.array(HOURS)[pick(rng, HOUR_SHARES, size)[golden]]
    states_hours = states & share(STATES_HOURS)
    preferred = customers.preferred
    objects_to = rng.integers(0, 4, size)[golden]
    objects = share(OBJECTS_SHARE) & (objects_to != preferred)
    fate = pick(rng, (*FATE_SHARES, 1 - sum(FATE_SHARES)), size)
    fate = np.where((fate == DECEASED) & customers.is_company, BANKRUPT, fate)[golden]
    fate_day = np.maximum(
        (rng.random(size)[golden] * calendar.last).astype(np.int64),
        _last_originated(people.contracts, size)[golden] + 30,
    )
    struck = (fate < len(FATES)) & (fate_day < calendar.last - LEARNT_AFTER[1])
    return Traits(
        is_abroad=share(ABROAD_SHARE),
        has_email=share(EMAIL_SHARE) | (preferred == 2),
        has_second_phone=share(SECOND_PHONE_SHARE),
        stated_day=np.where(states, stated, FAR),
        from_hour=np.where(states_hours, hours[:, 0], -1),
        to_hour=np.where(states_hours, hours[:, 1], -1),
        objects_to=np.where(objects, objects_to, -1),
        fate=np.where(struck, fate, -1),
        fate_day=np.where(struck, fate_day, FAR),
        learnt_day=np.where(struck, fate_day + rng.integers(*LEARNT_AFTER, size)[golden], FAR),
    )


def _last_originated(contracts: Contracts, size: int) -> np.ndarray:
    last = np.zeros(size, dtype=np.int64)
    np.maximum.at(last, contracts.person, contracts.originated_day)
    return last
