"""Telephones and addresses of customers, what checks found, and which one a contact used."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample.billing_rows import CUSTOMER, NEVER
from orchestration.sample.channels import EMAIL, IVR, SMS, VOICE, WHATSAPP
from orchestration.sample.columns import hashes, ids, instants, plain, words
from orchestration.sample.delivery import Rows
from orchestration.sample.outreach import BOUNCED, BY_CALL, CLICKED, WRONG
from orchestration.sample.world import Columns, World, second_of

KINDS = ("phone", "email")
PHONE, SECOND_PHONE, ADDRESS = range(3)
POINTS = 3

NEVER_CHECKED_SHARE, FOUND_RIGHT_AT_FIRST = 0.15, np.array([0.74, 0.5, 0.66])
CHECKED_A_QUARTER, FOUND_RIGHT_ANEW = 0.22, 0.85
CONFIRMED_SHARE, WRONG_SHARE, BOUNCE_SHARE = 0.6, 0.7, 0.6


def points_used(world: World, contacts: Columns, number: np.ndarray) -> np.ndarray:
    """Give the contact point each contact used, -1 where none (portal, chatbot, letter)."""
    channel = contacts["channel"]
    customer = world.people.contracts.customer[contacts["contract"]].astype(np.int64)
    second = world.traits.has_second_phone[customer] & (number % 4 == 0)
    which = np.where(channel == EMAIL, ADDRESS, np.where(second, SECOND_PHONE, PHONE))
    used = np.isin(channel, (VOICE, SMS, WHATSAPP, IVR, EMAIL))
    return np.where(used, customer * POINTS + which, -1)


def point_rows(world: World, rng: np.random.Generator, contacts: Columns) -> Iterator[Rows]:
    """Give each contact point with its first check, if any, and once more per later check."""
    traits, calendar = world.traits, world.calendar
    size = len(traits.has_email)
    has = np.stack([np.ones(size, dtype=bool), traits.has_second_phone, traits.has_email], axis=1)
    point = np.flatnonzero(has)
    created = world.people.customers.created_day[point // POINTS]
    first_at = second_of(created, 30_000 + point * 6131 % 40_000)
    checked = rng.random(len(point)) >= NEVER_CHECKED_SHARE
    right = checked & (rng.random(len(point)) < FOUND_RIGHT_AT_FIRST[point % POINTS])
    quarters = calendar.last // 91 + 1
    quarter, anew = np.nonzero(rng.random((quarters, len(point))) < CHECKED_A_QUARTER)
    anew_day = quarter * 91 + rng.integers(0, 91, len(anew))
    later = (anew_day > created[anew]) & (anew_day <= calendar.last)
    anew, anew_day = anew[later], anew_day[later]
    found, found_at, is_right = _found_by_contacts(world, rng, contacts)
    row = np.concatenate([point, point[anew], found])
    at = np.concatenate(
        [
            np.where(checked, first_at, NEVER),
            second_of(anew_day, 75_000 + point[anew] % 5000),
            found_at,
        ]
    )
    verified = np.concatenate([right, rng.random(len(anew)) < FOUND_RIGHT_ANEW, is_right])
    known = np.concatenate([created, anew_day, calendar.day_of(found_at)])
    yield Rows(
        area="contact",
        kind="contact_points",
        known_day=known,
        columns={
            "contact_point_id": hashes(row),
            "customer_id": ids(CUSTOMER, row // POINTS),
            "kind": words(KINDS, (row % POINTS == ADDRESS).astype(np.int8)),
            "checked_at": instants(calendar, at),
            "is_verified": plain(verified),
        },
        late_share=0.005,
        again_share=0.002,
    )


def _found_by_contacts(
    world: World, rng: np.random.Generator, contacts: Columns
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the points that contacts showed to be right or wrong, when, and which it was."""
    drawn, channel = rng.random(len(contacts["instant"])), contacts["channel"]
    right = (contacts["reached"] == BY_CALL) & (channel == VOICE)
    right |= (contacts["reached"] == CLICKED) & (channel == EMAIL)
    right &= drawn < CONFIRMED_SHARE
    wrong = (contacts["party"] == WRONG) & (drawn < WRONG_SHARE)
    wrong |= (contacts["outcome"] == BOUNCED) & (drawn < BOUNCE_SHARE)
    number = np.flatnonzero(right | wrong)
    found = {name: contacts[name][number] for name in ("channel", "contract")}
    # the message of a bounce comes back in a minute, a call is noted when it ends
    at = contacts["instant"][number] + np.maximum(contacts["duration"][number], 90) + 5
    return points_used(world, found, number), at, right[number]
