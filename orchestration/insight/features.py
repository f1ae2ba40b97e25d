"""What a score may rest on: the features, and which way each may move a score.

These are all the columns of ``int_score_features`` that a model is shown. None of them is, or
stands for, what nobody may be judged by: age, sex, region, country, segment, kind of person.
"""

from dataclasses import dataclass

PROPENSITY_TO_PAY = "propensity_to_pay"
EARLY_WARNING = "early_warning"
SCORE_MODELS = (PROPENSITY_TO_PAY, EARLY_WARNING)


@dataclass(frozen=True)
class Feature:
    """A column of ``int_score_features`` and, by model, the sign its effect must have.

    1: more of it raises the score; -1: more of it lowers it. An effect of the other sign is
    chance, or says what nobody would believe, and the feature is then left out.
    """

    name: str
    propensity_to_pay: int
    early_warning: int

    def sign(self, score_model: str) -> int:
        """Return the sign of its effect on a model's score."""
        return self.propensity_to_pay if score_model == PROPENSITY_TO_PAY else self.early_warning


FEATURES = (
    Feature("days_past_due", -1, 1),
    Feature("instalments_behind", -1, 1),
    Feature("debts_overdue", -1, 1),
    Feature("debts_in_order", 1, 1),
    Feature("debts_disputed", -1, 1),
    Feature("instalments_due_soon", 1, 1),
    Feature("days_as_customer", 1, -1),
    Feature("paid_share", 1, -1),
    Feature("late_share", -1, 1),
    Feature("month_ends_overdue", -1, 1),
    Feature("payments_made", 1, -1),
    Feature("days_since_payment", -1, 1),
    Feature("agreements_running", 1, 1),
    Feature("agreements_broken", -1, 1),
    Feature("promises_open", 1, 1),
    Feature("promises_kept", 1, -1),
    Feature("promises_broken", -1, 1),
    Feature("contacts_attempted", -1, 1),
    Feature("contacts_reached", 1, -1),
    Feature("contacts_inbound", 1, -1),
    Feature("portal_visits", 1, -1),
    Feature("portal_failures", 1, 1),
)
