"""What speech analysis heard in recorded calls."""

from collections.abc import Iterator

import numpy as np

from orchestration.sample.calendar import DAY_SECONDS
from orchestration.sample.channels import BOT
from orchestration.sample.columns import ids, instants, words
from orchestration.sample.contact_rows import CONTACT, is_recorded
from orchestration.sample.delivery import Rows
from orchestration.sample.outreach import BY_CALL, CALLED_US
from orchestration.sample.reason_rows import REASONS, likely_reasons
from orchestration.sample.world import Columns, World

# by reason
TOPICS = (
    "invoice",
    "due_date",
    "payment_failed",
    "process",
    "short_of_money",
    "job_loss",
    "disputed_debt",
    "other",
    "complaint",
)
COMPLAINT = len(REASONS)
SENTIMENTS = ("negative", "neutral", "positive")
# by mood: calm, forgetful, strained, insolvent
SENTIMENT_SHARES = np.array(
    [[0.08, 0.62, 0.30], [0.12, 0.60, 0.28], [0.34, 0.53, 0.13], [0.52, 0.43, 0.05]]
)
BY_BOT_LESS_POSITIVE = 0.6
HEARD_SHARE, SHORTEST_HEARD, NO_TOPIC_SHARE, COMPLAINT_SHARE = 0.65, 20, 0.12, 0.07
HEARD_AFTER = (1800, 8 * 3600)


def speech_rows(
    world: World, rng: np.random.Generator, contacts: Columns, learnt: Columns
) -> Iterator[Rows]:
    """Give the topics of the recorded calls that were analysed, none for some, two for others.

    Where the call was one in which the reason of the debt was learnt, that is what it was about.
    """
    contact = np.flatnonzero(is_recorded(contacts) & (contacts["duration"] >= SHORTEST_HEARD))
    contact = contact[contacts["instant"][contact] >= world.calendar.first_second]
    contact = contact[rng.random(len(contact)) < HEARD_SHARE]
    size, mood = len(contact), contacts["mood"][contact]
    reasons = np.full(len(contacts["mood"]), -1)
    in_call = np.flatnonzero(learnt["contact"] >= 0)[::-1]
    reasons[learnt["contact"][in_call]] = learnt["reason"][in_call]
    likely = likely_reasons(rng, mood)
    talked = np.isin(contacts["reached"][contact], (BY_CALL, CALLED_US))
    topic = np.where(reasons[contact] >= 0, reasons[contact], likely)
    is_silent = (reasons[contact] < 0) & (rng.random(size) < NO_TOPIC_SHARE)
    topic = np.where(talked & ~is_silent, topic, -1)
    complaining = np.flatnonzero((topic >= 0) & (rng.random(size) < COMPLAINT_SHARE))
    shares = SENTIMENT_SHARES[mood].copy()
    by_bot = contacts["actor"][contact] == BOT
    shares[by_bot, 2] *= BY_BOT_LESS_POSITIVE
    bounds = np.cumsum(shares, axis=1) / shares.sum(axis=1)[:, None]
    sentiment = (bounds < rng.random(size)[:, None]).sum(axis=1).clip(0, len(SENTIMENTS) - 1)
    sentiment[complaining] = 0
    ended = contacts["instant"][contact] + contacts["duration"][contact]
    analysed = ended + rng.integers(*HEARD_AFTER, size)
    row = np.concatenate([np.arange(size), complaining])
    topic = np.concatenate([topic, np.full(len(complaining), COMPLAINT)])
    told = world.calendar.is_told(analysed[row])
    row, topic = row[told], topic[told]
    yield Rows(
        area="contact",
        kind="speech_results",
        known_day=analysed[row] // DAY_SECONDS,
        columns={
            "contact_id": ids(CONTACT, contact[row]),
            "topic": words(TOPICS, topic),
            "sentiment": words(SENTIMENTS, sentiment[row]),
            "analysed_at": instants(world.calendar, analysed[row]),
        },
        late_share=0.01,
        again_share=0.003,
    )
