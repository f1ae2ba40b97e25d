"""What customers allow and prefer: channels, hours, refusals and opt-outs."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample.billing_rows import CUSTOMER
from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.channels import CHANNELS, PREFERRED
from orchestration.sample.columns import ids, instants, plain, whole, words
from orchestration.sample.contact_rows import opted_out_at
from orchestration.sample.delivery import Rows
from orchestration.sample.world import Columns, World, second_of

ALSO_ALLOWED_SHARE, COMES_BACK_SHARE, COMES_BACK_AFTER = 0.3, 0.3, (30, 120)


def consent_rows(world: World, rng: np.random.Generator, contacts: Columns) -> Iterator[Rows]:
    """Give the consents as they were given, refused, withdrawn and given again."""
    traits, calendar, customers = world.traits, world.calendar, world.people.customers
    everyone = np.arange(len(customers.golden))
    states = np.flatnonzero(customers.preferred >= 0)
    preferred = PREFERRED[customers.preferred[states]]
    allows = np.flatnonzero(rng.random(len(everyone)) < ALSO_ALLOWED_SHARE)
    allowed = PREFERRED[rng.integers(0, len(PREFERRED), len(allows))]
    same = (customers.preferred[allows] >= 0) | (traits.objects_to[allows] >= 0)
    allows, allowed = allows[~same], allowed[~same]
    refuses = np.flatnonzero(traits.objects_to >= 0)
    refused = PREFERRED[traits.objects_to[refuses]]
    contact = np.flatnonzero(contacts["opts_out"])
    contact = contact[contacts["instant"][contact] >= calendar.first_second]
    leaver = world.people.contracts.customer[contacts["contract"][contact]]
    left_by = contacts["channel"][contact].astype(np.int64)
    left_at = opted_out_at(contacts["instant"][contact], contact)
    back = np.flatnonzero(rng.random(len(contact)) < COMES_BACK_SHARE)
    back_at = left_at[back] + rng.integers(*COMES_BACK_AFTER, len(back)) * DAY_SECONDS

    def created(customer: np.ndarray) -> np.ndarray:
        return second_of(customers.created_day[customer], 32_000 + customer * 7 % 30_000)

    pieces = (
        (states, preferred, second_of(traits.stated_day[states], 62_000), True, True),
        (allows, allowed, created(allows), True, False),
        (refuses, refused, created(refuses), False, False),
        (leaver, left_by, left_at, False, False),
        (leaver[back], left_by[back], back_at, True, False),
    )
    sizes = [len(piece[0]) for piece in pieces]
    customer, channel, at = (
        np.concatenate([piece[field] for piece in pieces]) for field in range(3)
    )
    opted_in, is_preferred = (
        np.repeat([piece[field] for piece in pieces], sizes) for field in (3, 4)
    )
    from_hour, to_hour = (
        np.where(is_preferred, hours[customer], -1) for hours in (traits.from_hour, traits.to_hour)
    )
    yield Rows(
        area="contact",
        kind="consents",
        known_day=at // DAY_SECONDS,
        columns={
            "customer_id": ids(CUSTOMER, customer),
            "channel": words(CHANNELS, channel),
            "effective_at": instants(calendar, at),
            "is_opted_in": plain(opted_in),
            "is_preferred": plain(is_preferred),
            "stated_from_hour": whole(from_hour),
            "stated_to_hour": whole(to_hour),
        },
        again_share=0.003,
    )
