"""What is true of a sample because it was planted there, and what is not.

Experiments are drawn by lot. What the treated do because of it:

==================  ====================  ==================================================
experiment          treated arm           planted
==================  ====================  ==================================================
pre_due_reminder    reminder              a delivered reminder leaves REMINDED_FACTOR of the
                                          chance to miss the due date it is about
early_feedback      asked                 MOVED of them pay all they owe late, on some day
                                          of MOVED_AFTER, where they have not by then
payment_link_sms    challenger            nothing
settlement_offer    flexible              MOVED of them pay the debt, as above
early_warning       treated               WARNED_FACTOR of the chance to miss a due date is
                                          left for WARNED_DAYS
==================  ====================  ==================================================

Who is moved is drawn whatever else they would do: where a share r of the others pays, about
MOVED * (1 - r) of the treated pay more. What an effect comes to depends on who is treated, too: a
sample with all in one arm (``all_in``) against one with all in the other says it (TRUE_EFFECTS).
Who takes part in no experiment on reminders gets some at random, the treated always, the others
never.

Elsewhere: calls are answered by the hour of the customer's clock (outreach.ANSWERS_BY_HOUR),
less by the young and more by the old (ANSWERS_BY_AGE); who answers in the evening pays at once
more often (PAYS_BY_HOUR). Messages are reacted to by channel (outreach.CLICKS_BY_CHANNEL,
REPLIES_BY_CHANNEL) and age (REACTS_BY_AGE); by hour only in so far as nobody reacts to those of
the late evening after midnight. By segment, region and size of the debt nothing differs.

From SOFTWARE_ADOPTED on, the change OPERATION_CHANGE, we call less and more customers help
themselves.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from orchestration.sample.channels import (
    CHANNELS,
    CHATBOT,
    EMAIL,
    IVR,
    PORTAL,
    VOICE,
    WHATSAPP,
)


@dataclass(frozen=True)
class Experiment:
    """An experiment by lot: the arm without treatment, the treated one and the latter's share.

    ``enrolled`` is the share of those who qualify that take part.
    """

    name: str
    control: str
    treated: str
    treated_share: float
    enrolled: float = 1.0
    is_of_contracts: bool = False


EXPERIMENTS = (
    Experiment("pre_due_reminder", "holdout", "reminder", 0.5, enrolled=0.7),
    Experiment("early_feedback", "not_asked", "asked", 0.5),
    Experiment("payment_link_sms", "champion", "challenger", 0.5),
    Experiment("settlement_offer", "standard", "flexible", 0.5, is_of_contracts=True),
    Experiment("early_warning", "untreated", "treated", 0.8),
)
REMINDER, FEEDBACK, LINK, OFFER, WARNING = range(len(EXPERIMENTS))
CONTROL, TREATED = 0, 1

REMINDED_FACTOR = 0.25
WARNED_FACTOR, WARNED_DAYS = 0.4, 45
# by experiment
MOVED = {FEEDBACK: 0.3, OFFER: 0.22}
MOVED_AFTER = (4, 26)

# to 29, to 50, beyond; the ages are policies of the warehouse too
AGE_LIMITS = (29, 50)
YOUNG, MIDDLE, OLD = range(3)
ANSWERS_BY_AGE = np.array([0.75, 1.0, 1.15])
REACTS_BY_AGE = np.ones((len(CHANNELS), 3))
REACTS_BY_AGE[WHATSAPP] = (1.5, 1.0, 0.6)
REACTS_BY_AGE[EMAIL] = (0.7, 1.0, 1.3)
# of a conversation we begin, by the customer's clock
PAYS_BY_HOUR = np.ones(24)
PAYS_BY_HOUR[18:21] = 3.0

OPERATION_CHANGE = "collections_software"
# of assigning to the treated arm: the difference in the share with the outcome of the seed
# experiments, in samples of twelve months; measured with all treated against none treated, of
# six times 20,000 customers, to within 0.005 (tests/test_planted_effects.py measures it anew)
TRUE_EFFECTS = {REMINDER: 0.019, FEEDBACK: 0.116, LINK: 0.0, OFFER: 0.15, WARNING: 0.044}

SOFTWARE_ADOPTED = date(2026, 1, 5)
ATTEMPTS_SINCE = {VOICE: 0.55, IVR: 0.55}
CALLERS_SINCE = {VOICE: 0.7, CHATBOT: 1.6, PORTAL: 1.8}


def all_in(number: int, arm: int) -> tuple[Experiment, ...]:
    """Give EXPERIMENTS with all who take part in one of them in the same arm."""
    forced = replace(EXPERIMENTS[number], treated_share=float(arm))
    return (*EXPERIMENTS[:number], forced, *EXPERIMENTS[number + 1 :])
