"""The contact exports: attempts, what became of messages, and promises."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample.agent_rows import AGENT
from orchestration.sample.attempts import CAMPAIGNS
from orchestration.sample.billing_rows import CONTRACT, CUSTOMER, NEVER
from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.channels import ACTORS, CHANNELS, EMAIL, LETTER, SMS, VOICE, WHATSAPP
from orchestration.sample.columns import (
    dates,
    hashes,
    ids,
    instants,
    money,
    plain,
    whole,
    words,
)
from orchestration.sample.contact_points import points_used
from orchestration.sample.delivery import Rows
from orchestration.sample.outreach import (
    CLICKED,
    DELIVERED,
    OUTCOMES,
    PARTIES,
    REPLIED,
    RIGHT,
    UNKNOWN,
)
from orchestration.sample.planted import LINK
from orchestration.sample.population import CURRENCIES
from orchestration.sample.world import Columns, World

CONTACT, PROMISE = "T", "M"
CORRECTED_SHARE = 0.006
EVENTS = (
    "queued",
    "sent",
    "delivered",
    "bounced",
    "opened",
    "clicked",
    "visited",
    "replied",
    "opted_out",
)
QUEUED, SENT, DELIVERY, BOUNCE, OPENED, CLICK, VISITED, REPLY, OPTED_OUT = range(9)
QUEUED_SHARE, MACHINE_OPENS, SCANNER_CLICKS = 0.05, 0.18, 0.04
OPENED_SHARE = np.array([0, 0, 0.55, 0.22, 0, 0, 0, 0])
AUTOMATIC_REPLIES = np.array([0, 0, 0.01, 0.025, 0, 0, 0, 0])
OPENS_AGAIN, VISITS_PERCENT, RECORDED_PERCENT = 0.15, 85, 90
TEMPLATE_VARIANTS = 2


def contact_rows(world: World, rng: np.random.Generator, contacts: Columns) -> Iterator[Rows]:
    """Give the contact kinds one by one; contacts before the first export are left out."""
    first = world.calendar.first_export * DAY_SECONDS
    told = np.flatnonzero(contacts["instant"] >= first)
    contacts = {name: column[told] for name, column in contacts.items()}
    yield _contacts(world, rng, contacts, told)
    yield _contact_events(world, rng, contacts, told)
    yield _promises(world)


def opted_out_at(instant: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Give when customers opted out by messages of an instant."""
    return instant + 120 + number % 3000


def is_recorded(contacts: Columns) -> np.ndarray:
    """Say which contacts are calls that were recorded: all but a few of those connected."""
    is_call = (contacts["channel"] == VOICE) & (contacts["duration"] >= 0)
    return is_call & (contacts["instant"] * 29 % 100 < RECORDED_PERCENT)


def visits(number: np.ndarray) -> np.ndarray:
    """Say of which clicked messages the visit was traced."""
    return number * 37 % 100 < VISITS_PERCENT


def visited_at(response: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Give when the page opened after a click."""
    return response + 1 + number % 5


def _contacts(world: World, rng: np.random.Generator, contacts: Columns, told: np.ndarray) -> Rows:
    calendar, size = world.calendar, len(told)
    right = np.flatnonzero((contacts["party"] == RIGHT) & (contacts["channel"] == VOICE))
    corrected = right[rng.random(len(right)) < CORRECTED_SHARE]
    row = np.concatenate([np.arange(size), corrected])
    unsure = np.zeros(len(row), dtype=bool)
    unsure[corrected] = True
    known = contacts["instant"][row] // DAY_SECONDS
    updated = contacts["instant"][row] + np.maximum(contacts["duration"][row], 0)
    known[size:] += 2
    updated[size:] += 2 * DAY_SECONDS
    channel, campaign = contacts["channel"][row], contacts["campaign"][row]
    is_message = np.isin(channel, (SMS, WHATSAPP, EMAIL, LETTER)) & (campaign >= 0)
    contracts, contract = world.people.contracts, contacts["contract"][row]
    person, trials = contracts.person[contract], world.trials
    in_trial = trials.enrolled_day[LINK, person] <= contacts["instant"][row] // DAY_SECONDS
    in_trial &= channel == SMS
    variant = (contacts["instant"][row] // 60) % TEMPLATE_VARIANTS
    variant = np.where(in_trial, trials.arm[LINK, person], variant)
    template = (channel * len(CAMPAIGNS) + campaign) * TEMPLATE_VARIANTS + variant
    templates = [
        f"{one}_{other}_{letter}" for one in CHANNELS for other in CAMPAIGNS for letter in "ab"
    ]
    in_utc = channel == WHATSAPP
    recorded = is_recorded(contacts)[row].astype(object)
    recorded[(channel != VOICE) | (contacts["duration"][row] < 0)] = None
    return Rows(
        area="contact",
        kind="contacts",
        known_day=known,
        columns={
            "contact_id": ids(CONTACT, told[row]),
            "customer_id": ids(CUSTOMER, contracts.customer[contract]),
            "contract_id": ids(CONTRACT, np.where(contacts["is_named"][row], contract, -1)),
            "contact_point_id": hashes(
                points_used(world, {"channel": channel, "contract": contract}, told[row])
            ),
            "channel": words(CHANNELS, channel),
            "direction": words(("outbound", "inbound"), contacts["is_inbound"][row]),
            "started_at": instants(calendar, contacts["instant"][row], in_utc=in_utc),
            "outcome": words(OUTCOMES, contacts["outcome"][row]),
            "party": words(PARTIES, np.where(unsure, UNKNOWN, contacts["party"][row])),
            "actor": words(ACTORS, contacts["actor"][row]),
            "agent_id": ids(AGENT, contacts["agent"][row]),
            "campaign": words(CAMPAIGNS, campaign),
            "template": words(templates, np.where(is_message, template, -1)),
            "duration_seconds": whole(contacts["duration"][row]),
            "is_recorded": plain(recorded),
            "updated_at": instants(calendar, updated),
        },
        daily=True,
        late_share=0.01,
        again_share=0.003,
        two_parts=True,
    )


def _contact_events(
    world: World, rng: np.random.Generator, contacts: Columns, told: np.ndarray
) -> Rows:
    is_message = np.isin(contacts["channel"], (SMS, WHATSAPP, EMAIL)) & ~contacts["is_inbound"]
    message = np.flatnonzero(is_message)
    channel, instant = contacts["channel"][message], contacts["instant"][message]
    reached, response = contacts["reached"][message], contacts["response"][message]
    delivered = contacts["outcome"][message] == DELIVERED
    by_mail = delivered & (channel == EMAIL)
    opts_out, is_visit = contacts["opts_out"][message], visits(told[message])
    clicks, replies = reached == CLICKED, reached == REPLIED

    def some(share: float | np.ndarray) -> np.ndarray:
        return rng.random(len(message)) < share

    def within(seconds: int) -> np.ndarray:
        return rng.integers(1, seconds, len(message))

    sent = instant + within(20)
    arrived = sent + within(40)
    opened = np.where(clicks | replies, response - within(45), arrived + within(20_000))
    opens = delivered & (clicks & some(0.8) | replies | some(OPENED_SHARE[channel]))
    opens &= channel != SMS
    pieces = (
        (QUEUED, some(QUEUED_SHARE), instant - 3600 - within(3600), False, False),
        (SENT, np.full(len(message), True), sent, False, False),
        (DELIVERY, delivered, arrived, False, False),
        (BOUNCE, ~delivered, arrived, False, False),
        (OPENED, by_mail & some(MACHINE_OPENS), arrived + within(8), True, False),
        (CLICK, by_mail & some(SCANNER_CLICKS), arrived + within(15), True, False),
        (OPENED, opens, np.maximum(opened, arrived + 20), False, False),
        (OPENED, opens & some(OPENS_AGAIN), arrived + 20_100 + within(60_000), False, False),
        (CLICK, clicks, response, False, False),
        (VISITED, clicks & is_visit, visited_at(response, told[message]), False, False),
        (REPLY, replies, response, False, False),
        (REPLY, delivered & some(AUTOMATIC_REPLIES[channel]), arrived + within(30), False, True),
        (OPTED_OUT, opts_out, opted_out_at(instant, told[message]), False, False),
    )
    row = np.concatenate([message[chosen] for _, chosen, *_ in pieces])
    occurred = np.concatenate([at[chosen] for _, chosen, at, *_ in pieces])
    counts = [int(chosen.sum()) for _, chosen, *_ in pieces]
    event, is_machine, is_automatic = (
        np.repeat([piece[field] for piece in pieces], counts) for field in (0, 3, 4)
    )
    order = np.argsort(occurred, kind="stable")
    order = order[occurred[order] // DAY_SECONDS <= world.calendar.last]
    row, occurred, event = row[order], occurred[order], event[order]
    return Rows(
        area="contact",
        kind="contact_events",
        known_day=occurred // DAY_SECONDS,
        columns={
            "contact_id": ids(CONTACT, told[row]),
            "event": words(EVENTS, event),
            "occurred_at": instants(
                world.calendar, occurred, offset=contacts["channel"][row] == WHATSAPP
            ),
            "is_machine": plain(is_machine[order]),
            "is_automatic": plain(is_automatic[order]),
        },
        late_share=0.01,
        again_share=0.003,
    )


def _promises(world: World) -> Rows:
    """Give each promise as made, and once more where it was cancelled or superseded."""
    rows, changes = world.journal.take("promises"), world.journal.take("promise_changes")
    calendar = world.calendar
    told = rows["instant"] >= calendar.first_export * DAY_SECONDS
    made = np.flatnonzero(told)
    changed = np.flatnonzero(told[changes["promise"]])
    none = np.full(len(made), -1)
    row = np.concatenate([made, changes["promise"][changed]])
    successor = np.concatenate([none, changes["successor"][changed]])
    changed_at = np.concatenate([np.full(len(made), NEVER), changes["instant"][changed]])
    updated = np.where(changed_at < NEVER, changed_at, rows["instant"][row])
    cancelled_at = np.where((successor < 0) & (changed_at < NEVER), changed_at, NEVER)
    contract = rows["contract"][row]
    return Rows(
        area="contact",
        kind="promises",
        known_day=updated // DAY_SECONDS,
        columns={
            "promise_id": ids(PROMISE, row),
            "customer_id": ids(CUSTOMER, world.people.contracts.customer[contract]),
            "contract_id": ids(CONTRACT, np.where(rows["is_named"][row], contract, -1)),
            "contact_id": ids(CONTACT, rows["contact"][row]),
            "amount": money(rows["amount"][row]),
            "currency": words(CURRENCIES, world.people.contracts.currency[contract]),
            "due_date": dates(calendar, rows["due_day"][row]),
            "made_at": instants(
                calendar, rows["instant"][row], offset=rows["channel"][row] == WHATSAPP
            ),
            "direction": words(("outbound", "inbound"), rows["is_inbound"][row]),
            "channel": words(CHANNELS, rows["channel"][row]),
            "cancelled_at": instants(calendar, cancelled_at),
            "superseded_by_promise_id": ids(PROMISE, successor),
            "updated_at": instants(calendar, updated),
        },
        late_share=0.01,
        again_share=0.004,
    )
