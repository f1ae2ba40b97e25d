"""What customers say of us: answers to surveys, and complaints."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample import cash
from orchestration.sample.billing_rows import CUSTOMER, NEVER
from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.channels import ACTORS, CHANNELS, PORTAL, SELF, VOICE
from orchestration.sample.columns import ids, instants, whole, words
from orchestration.sample.contact_rows import CONTACT
from orchestration.sample.delivery import Rows, versions
from orchestration.sample.outreach import BY_CALL, CALLED_US, DELIVERED, THIRD, WRONG
from orchestration.sample.population import DIRECT_DEBIT, pick
from orchestration.sample.world import Columns, World

SURVEY, COMPLAINT = "S", "Q"
KINDS = ("nps", "csat")
NPS, CSAT = range(2)
INVITED_SHARE, INVITED_PAYER_SHARE, DELIVERED_SHARE = 0.6, 0.12, 0.94
RESPONSE_SHARES = np.array([0.17, 0.24])
# by actor (human, bot, automated, self); mood (calm, forgetful, strained, insolvent)
NPS_BY_ACTOR, NPS_BY_MOOD, NPS_SPREAD = (
    np.array([8.7, 7.5, 7.6, 9.0]),
    np.array([0.3, 0.2, -0.4, -1.0]),
    2.3,
)
CSAT_BY_ACTOR, CSAT_BY_MOOD, CSAT_SPREAD = (
    np.array([4.5, 3.9, 4.1, 4.6]),
    np.array([0.1, 0.1, -0.2, -0.6]),
    0.9,
)

COMPLAINT_CHANNELS, COMPLAINT_CHANNEL_SHARES = (
    ("voice", "whatsapp", "email", "regulator"),
    (0.42, 0.25, 0.21, 0.12),
)
COMPLAINT_REASONS = (
    "wrong_person",
    "debt_told_to_others",
    "too_many_contacts",
    "tone",
    "unwanted_messages",
    "amount_not_recognised",
)
WRONG_PERSON, TOLD_TO_OTHERS, TOO_MANY, TONE, UNWANTED, AMOUNT = range(6)
COMPLAINS_IF_WRONG, COMPLAINS_IF_TOLD, COMPLAINS_IF_CALLED = 0.012, 0.006, 0.005
COMPLAINS_IF_WRITTEN_TO = 0.0007


def feedback_rows(
    world: World, rng: np.random.Generator, contacts: Columns, payments: Columns
) -> Iterator[Rows]:
    """Give the surveys and the complaints, from the first export on."""
    yield _surveys(world, rng, contacts, payments)
    yield _complaints(world, rng, contacts)


def _surveys(world: World, rng: np.random.Generator, contacts: Columns, payments: Columns) -> Rows:
    calendar, customer_of = world.calendar, world.people.contracts.customer
    talked = np.isin(contacts["reached"], (BY_CALL, CALLED_US))
    talked &= contacts["instant"] >= calendar.first_second
    contact = np.flatnonzero(talked)
    contact = contact[rng.random(len(contact)) < INVITED_SHARE]
    paid = (payments["channel"] == cash.PORTAL) & (payments["instant"] >= calendar.first_second)
    payment = np.flatnonzero(paid & (payments["method"] < DIRECT_DEBIT))
    payment = payment[rng.random(len(payment)) < INVITED_PAYER_SHARE]
    after_pay = np.zeros(len(payment), dtype=np.int64)

    def both(of_contact: np.ndarray, of_payment: np.ndarray) -> np.ndarray:
        return np.concatenate([of_contact.astype(np.int64), of_payment])

    customer = both(customer_of[contacts["contract"][contact]], payments["customer"][payment])
    actor = both(contacts["actor"][contact], after_pay + SELF)
    mood = both(contacts["mood"][contact], after_pay)
    ended = both(contacts["instant"][contact], payments["instant"][payment])
    ended[: len(contact)] += np.maximum(contacts["duration"][contact], 0)
    size = len(actor)
    kind = (rng.random(size) < 0.5).astype(np.int64)
    invited = ended + rng.integers(300, 7200, size)
    delivered = np.where(rng.random(size) < DELIVERED_SHARE, invited + 5 + invited % 30, NEVER)
    wait = 60 + (rng.random(size) ** 3 * 4 * DAY_SECONDS).astype(np.int64)
    answers = (delivered < NEVER) & (rng.random(size) < RESPONSE_SHARES[kind])
    responded = np.where(answers, delivered + wait, NEVER)
    responded = np.where(calendar.is_told(responded), responded, NEVER)
    noise = rng.standard_normal(size)
    nps = NPS_BY_ACTOR[actor] + NPS_BY_MOOD[mood] + NPS_SPREAD * noise
    csat = CSAT_BY_ACTOR[actor] + CSAT_BY_MOOD[mood] + CSAT_SPREAD * noise
    score = np.where(kind == NPS, np.rint(nps).clip(0, 10), np.rint(csat).clip(1, 5))
    row, is_answer = versions(calendar, invited // DAY_SECONDS, responded // DAY_SECONDS)
    responded = np.where(is_answer, responded[row], NEVER)
    return Rows(
        area="contact",
        kind="surveys",
        known_day=np.where(is_answer, responded, invited[row]) // DAY_SECONDS,
        columns={
            "response_id": ids(SURVEY, row),
            "customer_id": ids(CUSTOMER, customer[row]),
            "contact_id": ids(CONTACT, both(contact, after_pay - 1)[row]),
            "kind": words(KINDS, kind[row]),
            "score": whole(np.where(is_answer, score[row], -1).astype(np.int64)),
            "invited_at": instants(calendar, invited[row]),
            "delivered_at": instants(calendar, delivered[row]),
            "responded_at": instants(calendar, responded),
            "channel": words(CHANNELS, both(contacts["channel"][contact], after_pay + PORTAL)[row]),
            "actor": words(ACTORS, actor[row]),
        },
    )


def _complaints(world: World, rng: np.random.Generator, contacts: Columns) -> Rows:
    calendar, party = world.calendar, contacts["party"]
    called = (contacts["channel"] == VOICE) & (contacts["duration"] >= 0)
    written = contacts["outcome"] == DELIVERED
    chance = np.select(
        [party == WRONG, party == THIRD, called, written],
        [COMPLAINS_IF_WRONG, COMPLAINS_IF_TOLD, COMPLAINS_IF_CALLED, COMPLAINS_IF_WRITTEN_TO],
        0.0,
    )
    chance = np.where(contacts["is_inbound"], 0, chance)
    chance[contacts["instant"] < calendar.first_second] = 0
    contact = np.flatnonzero(rng.random(len(chance)) < chance)
    size = len(contact)
    reason = np.where(
        called[contact],
        np.array([TOO_MANY, TONE, AMOUNT])[pick(rng, (0.55, 0.2, 0.25), size)],
        np.array([UNWANTED, AMOUNT])[pick(rng, (0.75, 0.25), size)],
    )
    reason = np.where(party[contact] == WRONG, WRONG_PERSON, reason)
    reason = np.where(party[contact] == THIRD, TOLD_TO_OTHERS, reason)
    received = contacts["instant"][contact] + rng.integers(600, 4 * DAY_SECONDS, size)
    told = calendar.is_told(received)
    contact, reason, received = contact[told], reason[told], received[told]
    customer = world.people.contracts.customer[contacts["contract"][contact]]
    # who is not our customer cannot be told by an id
    customer = np.where((reason == WRONG_PERSON) & (contact % 3 > 0), -1, customer)
    return Rows(
        area="contact",
        kind="complaints",
        known_day=received // DAY_SECONDS,
        columns={
            "complaint_id": ids(COMPLAINT, np.arange(len(contact))),
            "customer_id": ids(CUSTOMER, customer),
            "channel": words(COMPLAINT_CHANNELS, pick(rng, COMPLAINT_CHANNEL_SHARES, len(contact))),
            "reason": words(COMPLAINT_REASONS, reason),
            "received_at": instants(calendar, received),
        },
        late_share=0.02,
        again_share=0.01,
    )
