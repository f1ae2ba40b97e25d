"""What comes of a day's contacts: who answers, what they say, and what they do."""

import numpy as np

from orchestration.sample import agreements, cash, paying, promises
from orchestration.sample.attempts import (
    PRE_DUE,
    REMINDED_DAYS_BEFORE,
    Attempts,
    attempts_of,
)
from orchestration.sample.calendar import DAY_SECONDS, FAR
from orchestration.sample.channels import (
    EMAIL,
    HUMAN,
    IVR,
    LETTER,
    PORTAL,
    SELF,
    SMS,
    VOICE,
    WHATSAPP,
)
from orchestration.sample.planted import (
    AGE_LIMITS,
    ANSWERS_BY_AGE,
    MIDDLE,
    PAYS_BY_HOUR,
    REACTS_BY_AGE,
)
from orchestration.sample.population import ABROAD, HOURS_BEHIND, pick
from orchestration.sample.staff import agents_at_work
from orchestration.sample.traits import DECEASED
from orchestration.sample.world import Late, World, late_debts

OUTCOMES = ("connected", "no_answer", "busy", "voicemail", "delivered", "bounced", "failed")
CONNECTED, NO_ANSWER, BUSY, VOICEMAIL, DELIVERED, BOUNCED, FAILED = range(7)
PARTIES = ("right", "third", "wrong", "unknown")
RIGHT, THIRD, WRONG, UNKNOWN = range(4)

DAYS_A_YEAR = 365.25
CONNECTED_SHARE, RIGHT_SHARE = 0.44, 0.57
ANSWERS_BY_HOUR = np.array(
    [1.0] * 8 + [0.7, 0.8, 0.9, 1.0, 1.25, 1.15, 0.95, 0.9, 0.95, 1.1, 1.35, 1.3] + [1.0] * 4
)
DELIVERED_SHARE = np.array([0, 0.93, 0.91, 0.88, 0, 0.85, 1, 1])
OPTS_OUT_SHARE = 0.0012

NOT_REACHED, BY_CALL, CALLED_US, CLICKED, REPLIED = range(5)
NOTHING, PAYMENT, PROMISE, OFFER = range(4)
# by way of being reached, and mood: calm, forgetful, strained, insolvent
PAYS_NOW = np.array(
    [
        [0, 0, 0, 0],
        [0, 0.22, 0.025, 0.001],
        [0, 0.30, 0.06, 0.004],
        [0, 0.50, 0.16, 0.01],
        [0, 0.15, 0.025, 0.002],
    ]
)
PROMISES = np.array(
    [
        [0, 0, 0, 0],
        [0, 0.50, 0.30, 0.05],
        [0, 0.45, 0.38, 0.15],
        [0, 0, 0, 0],
        [0, 0.25, 0.15, 0.04],
    ]
)
TAKES_OFFER = np.array(
    [
        [0, 0, 0, 0],
        [0, 0.025, 0.075, 0.03],
        [0, 0.04, 0.19, 0.1],
        [0, 0.03, 0.16, 0.05],
        [0, 0.015, 0.05, 0.02],
    ]
)
OFFERED_FROM_DPD = 15
CLICKS = np.array([0.02, 0.09, 0.035, 0.012])
REPLIES = np.array([0.005, 0.05, 0.04, 0.015])
CLICKS_BY_CHANNEL = np.array([0, 1.0, 1.3, 0.8, 0, 0, 0, 0])
REPLIES_BY_CHANNEL = np.array([0, 0.3, 1.6, 0.3, 0, 0, 0, 0])
LONGEST_REACTION_HOURS, LONGEST_VISIT_HOURS = 8, 0.3
QUIET_DAYS_AFTER_CALL = 3
PAID_BY = np.array(
    [
        cash.AGENT,
        cash.SMS_LINK,
        cash.WHATSAPP_LINK,
        cash.EMAIL_LINK,
        cash.IVR,
        cash.BANK,
        cash.PORTAL,
        cash.PORTAL,
    ]
)


def reach_out(world: World, day: int) -> None:
    """Play a day's contacts up to the point where a customer does something about the debt."""
    late = late_debts(world, day)
    late = late.where(world.book.paid_day[late.person] != day)
    attempts = attempts_of(world, day, late, *promises.superseding(world, day))
    if len(attempts.person) == 0:
        return
    outcome, party, duration = _answers(world, attempts)
    reached, response = _reactions(world, attempts, outcome, party, duration)
    action = _actions(world, day, attempts, reached, response)
    kept, action = _until_first_act(world, attempts, reached, action, response)
    attempts = attempts.where(kept)
    reached, response, action = reached[kept], response[kept], action[kept]
    agent = np.where(
        (attempts.actor == HUMAN) & np.isin(attempts.channel, (VOICE, WHATSAPP)),
        agents_at_work(world, day, len(kept)),
        -1,
    )
    contact = _record(
        world,
        attempts,
        outcome=outcome[kept],
        party=party[kept],
        duration=duration[kept],
        reached=reached,
        response=response,
        agent=agent,
    )
    _remember(world, day, attempts, outcome[kept], reached)
    _act(
        world,
        day,
        late,
        attempts,
        action=action,
        response=response,
        contact=contact,
        agent=agent,
        reached=reached,
    )


def _answers(world: World, attempts: Attempts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw outcome, party and seconds of conversation (-1 where there was none)."""
    rng, size = world.rng, len(attempts.person)
    hour = _local_hour(world, attempts)
    age = _age_band(world, attempts)
    by_phone = np.isin(attempts.channel, (VOICE, IVR)) & ~attempts.is_inbound
    reachable = world.people.customers.reachability[attempts.person]
    answers = CONNECTED_SHARE * ANSWERS_BY_HOUR[hour] * ANSWERS_BY_AGE[age]
    connects = rng.random(size) < answers * (0.7 + 0.6 * reachable)
    unanswered = np.array([NO_ANSWER, BUSY, VOICEMAIL, FAILED])[
        pick(rng, (0.58, 0.12, 0.22, 0.08), size)
    ]
    arrives = rng.random(size) < DELIVERED_SHARE[attempts.channel]
    lost = np.where(attempts.channel == LETTER, FAILED, BOUNCED)
    outcome = np.where(
        by_phone,
        np.where(connects, CONNECTED, unanswered),
        np.where(arrives, DELIVERED, lost),
    )
    outcome = np.where(attempts.is_inbound, CONNECTED, outcome)
    right = rng.random(size) < RIGHT_SHARE * (0.8 + 0.4 * reachable)
    other = np.array([THIRD, WRONG, UNKNOWN])[pick(rng, (0.45, 0.25, 0.3), size)]
    party = np.where(by_phone & connects, np.where(right, RIGHT, other), -1)
    party = np.where(attempts.is_inbound, RIGHT, party)
    party = np.where((party == RIGHT) & _is_dead(world, attempts.person), THIRD, party)
    spoken = np.where(party == RIGHT, 60 + 420 * rng.random(size) ** 2, 8 + 40 * rng.random(size))
    talked = (outcome == CONNECTED) & (attempts.channel != PORTAL)
    return outcome, party, np.where(talked, spoken, -1).astype(np.int64)


def _local_hour(world: World, attempts: Attempts) -> np.ndarray:
    """Give the hour of the day where the customers are."""
    region = world.people.customers.region[attempts.person]
    region = np.where(world.traits.is_abroad[attempts.person], ABROAD, region)
    return (attempts.instant // 3600 - HOURS_BEHIND[region]) % 24


def _age_band(world: World, attempts: Attempts) -> np.ndarray:
    """Give the age bands of planted; companies and those of unknown age are in the middle."""
    born = world.people.customers.birth_day[attempts.person]
    day = attempts.instant // DAY_SECONDS
    age = (day - world.calendar.last - born) / DAYS_A_YEAR
    band = np.searchsorted(AGE_LIMITS, np.floor(age), side="left")
    return np.where(born < FAR, band, MIDDLE)


def _is_dead(world: World, person: np.ndarray) -> np.ndarray:
    return world.book.is_stopped[person] & (world.traits.fate[person] == DECEASED)


def _reactions(
    world: World,
    attempts: Attempts,
    outcome: np.ndarray,
    party: np.ndarray,
    duration: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Say how customers were reached and at which instant they react."""
    rng, size = world.rng, len(attempts.person)
    mood = world.book.mood[attempts.person]
    delivered = (outcome == DELIVERED) & ~_is_dead(world, attempts.person)
    by_age = REACTS_BY_AGE[attempts.channel, _age_band(world, attempts)]
    click = CLICKS[mood] * CLICKS_BY_CHANNEL[attempts.channel] * by_age
    reply = REPLIES[mood] * REPLIES_BY_CHANNEL[attempts.channel] * by_age
    clicks = delivered & (rng.random(size) < click)
    replies = delivered & (rng.random(size) < reply)
    called = (party == RIGHT) & np.isin(attempts.channel, (VOICE, IVR))
    reached = np.where(replies, REPLIED, np.where(clicks, CLICKED, NOT_REACHED))
    reached = np.where(called, BY_CALL, reached)
    reached = np.where(attempts.is_inbound, CALLED_US, reached)
    longest = np.where(attempts.channel == PORTAL, LONGEST_VISIT_HOURS, LONGEST_REACTION_HOURS)
    delay = 60 + (rng.random(size) ** 2 * longest * 3600).astype(np.int64)
    response = attempts.instant + np.where(duration >= 0, np.maximum(duration, 1), delay)
    return reached, response


def _actions(
    world: World, day: int, attempts: Attempts, reached: np.ndarray, response: np.ndarray
) -> np.ndarray:
    """Draw what customers do about the debt: nothing, pay, promise or take an offer."""
    mood = world.book.mood[attempts.person]
    debt = (attempts.agreement < 0) & (attempts.owed > 0)
    by_hour = np.where(reached == BY_CALL, PAYS_BY_HOUR[_local_hour(world, attempts)], 1)
    pays = PAYS_NOW[reached, mood] * by_hour * (attempts.owed > 0)
    promised = PROMISES[reached, mood] * debt
    promised = promised * (world.book.promised_until[attempts.contract] < day)
    takes = TAKES_OFFER[reached, mood] * (debt & (attempts.dpd > OFFERED_FROM_DPD))
    promised = np.where((attempts.channel == PORTAL) | (attempts.channel == IVR), 0, promised)
    drawn = world.rng.random(len(mood))
    action = np.where(
        drawn < pays,
        PAYMENT,
        np.where(
            drawn < pays + promised,
            PROMISE,
            np.where(drawn < pays + promised + takes, OFFER, NOTHING),
        ),
    )
    action = np.where(attempts.supersedes >= 0, PROMISE, action)
    action = np.where(world.book.is_stopped[attempts.person], NOTHING, action)
    return np.where(response < (day + 1) * DAY_SECONDS - 600, action, NOTHING)


def _until_first_act(
    world: World,
    attempts: Attempts,
    reached: np.ndarray,
    action: np.ndarray,
    response: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Keep, in order of time, the attempts up to a person's first act or conversation.

    Gives the positions kept and the actions, of which each person keeps the first.
    """
    ends = (action != NOTHING) | (reached == BY_CALL) | (reached == CALLED_US)
    end = np.full(len(world.book.mood), FAR * DAY_SECONDS)
    np.minimum.at(end, attempts.person[ends], response[ends])
    order = np.argsort(attempts.instant, kind="stable")
    kept = order[attempts.instant[order] < end[attempts.person[order]]]
    acts = kept[(action[kept] != NOTHING) & (response[kept] == end[attempts.person[kept]])]
    _, first = np.unique(attempts.person[acts], return_index=True)
    only = np.full(len(action), NOTHING)
    only[acts[first]] = action[acts[first]]
    return kept, only


def _record(
    world: World,
    attempts: Attempts,
    *,
    outcome: np.ndarray,
    party: np.ndarray,
    duration: np.ndarray,
    reached: np.ndarray,
    response: np.ndarray,
    agent: np.ndarray,
) -> np.ndarray:
    rng, size = world.rng, len(outcome)
    messages = np.isin(attempts.channel, (SMS, WHATSAPP, EMAIL)) & (outcome == DELIVERED)
    opts_out = messages & ~attempts.is_inbound & (rng.random(size) < OPTS_OUT_SHARE)
    left = attempts.person[opts_out]
    world.book.closed_channels[left] |= 1 << attempts.channel[opts_out]
    return world.journal.add(
        "contacts",
        contract=attempts.contract.astype(np.int32),
        is_named=rng.random(size) < 0.85,
        channel=attempts.channel.astype(np.int8),
        is_inbound=attempts.is_inbound,
        instant=attempts.instant,
        outcome=outcome.astype(np.int8),
        party=party.astype(np.int8),
        actor=attempts.actor.astype(np.int8),
        agent=agent.astype(np.int32),
        campaign=attempts.campaign.astype(np.int8),
        duration=duration.astype(np.int32),
        reached=reached.astype(np.int8),
        response=response,
        opts_out=opts_out,
        mood=world.book.mood[attempts.person],
    )


def _remember(
    world: World, day: int, attempts: Attempts, outcome: np.ndarray, reached: np.ndarray
) -> None:
    book = world.book
    book.warmed_day[attempts.person[reached != NOT_REACHED]] = day
    reminded = attempts.person[(attempts.campaign == PRE_DUE) & (outcome == DELIVERED)]
    book.reminded_until[reminded] = day + REMINDED_DAYS_BEFORE
    talked = attempts.person[(reached == BY_CALL) | (reached == CALLED_US)]
    book.quiet_until[talked] = np.maximum(book.quiet_until[talked], day + QUIET_DAYS_AFTER_CALL)


def _act(
    world: World,
    day: int,
    late: Late,
    attempts: Attempts,
    *,
    action: np.ndarray,
    response: np.ndarray,
    contact: np.ndarray,
    agent: np.ndarray,
    reached: np.ndarray,
) -> None:
    """Carry out what customers do: each does one thing a day at most."""
    rng = world.rng
    by_debt = (action == PAYMENT) & (attempts.agreement < 0)
    for_agreement = (action == PAYMENT) & (attempts.agreement >= 0)
    delay = rng.integers(60, 2700, len(action))
    paid_at = np.minimum(response + delay, (day + 1) * DAY_SECONDS - 60)
    paid_by = PAID_BY[attempts.channel]
    paying.settle_late(
        world,
        day,
        Late(
            attempts.contract[by_debt],
            attempts.person[by_debt],
            attempts.owed[by_debt],
            attempts.dpd[by_debt],
        ),
        instant=paid_at[by_debt],
        channel=paid_by[by_debt],
        late=late,
        contact=contact[by_debt],
    )
    agreement, first = np.unique(attempts.agreement[for_agreement], return_index=True)
    cash.receive_on_agreement(
        world,
        day,
        agreement,
        amount=attempts.owed[for_agreement][first],
        instant=paid_at[for_agreement][first],
        channel=paid_by[for_agreement][first],
        method=cash.usual_method(world, day, len(agreement)),
        contact=contact[for_agreement][first],
    )
    promising = action == PROMISE
    made = promises.promise(
        world,
        day,
        attempts.contract[promising],
        owed=attempts.owed[promising],
        contact=contact[promising],
        instant=response[promising],
        is_inbound=attempts.is_inbound[promising],
        channel=attempts.channel[promising],
    )
    replaces = attempts.supersedes[promising]
    promises.change(
        world, replaces[replaces >= 0], response[promising][replaces >= 0], made[replaces >= 0]
    )
    taking = action == OFFER
    # a click leads to the portal, where the customer decides alone
    in_portal = (reached == CLICKED) | (attempts.channel == PORTAL)
    agreements.offer(
        world,
        day,
        late,
        person=attempts.person[taking],
        instant=response[taking],
        channel=np.where(in_portal, PORTAL, attempts.channel)[taking],
        actor=np.where(in_portal, SELF, attempts.actor)[taking],
        agent=agent[taking],
        contact=contact[taking],
    )
