"""The two models: a logistic regression that can be explained, and a challenger.

Both are fitted on one thread and draw nothing, so that the same rows give the same scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

# how much a coefficient is held back, as scikit-learn counts it: the less, the more
STRENGTH = 0.1
STEPS = 1000
# small trees, and few: what is to be learnt from is some thousand customers
TREES = {"max_iter": 60, "learning_rate": 0.08, "max_leaf_nodes": 8, "min_samples_leaf": 20}


@dataclass(frozen=True)
class Logistic:
    """A logistic regression on the logarithm of one more than each feature, standardised.

    A coefficient has the sign its feature must have, or is 0. A part of a score (its log-odds)
    is then a coefficient times how far a customer is from the mean customer.
    """

    means: np.ndarray
    deviations: np.ndarray
    coefficients: np.ndarray
    intercept: float

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Return the log-odds of rows of features."""
        return self.parts(features).sum(axis=1) + self.intercept

    def parts(self, features: np.ndarray) -> np.ndarray:
        """Return what each feature adds to the log-odds, in the features' shape."""
        return (_logarithms(features) - self.means) / self.deviations * self.coefficients


@dataclass(frozen=True)
class Boosted:
    """Gradient-boosted trees, monotone in every feature, by the signs of the logistic."""

    trees: HistGradientBoostingClassifier

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Return the log-odds of rows of features."""
        return self.trees.decision_function(features)


def fit_logistic(features: np.ndarray, outcomes: np.ndarray, signs: Sequence[int]) -> Logistic:
    """Fit, leaving out what does not vary, and one after the other what has the wrong sign."""
    logarithms = _logarithms(features)
    means, deviations = logarithms.mean(axis=0), logarithms.std(axis=0)
    standardised = (logarithms - means) / np.where(deviations > 0, deviations, 1)
    kept = deviations > 0
    coefficients = np.zeros(len(signs))
    while True:
        model = LogisticRegression(C=STRENGTH, max_iter=STEPS)
        # without a feature there is a constant left, which has the share of the outcome
        shown = standardised[:, kept] if kept.any() else np.zeros((len(outcomes), 1))
        model.fit(shown, outcomes)
        coefficients[:] = 0
        coefficients[kept] = model.coef_[0][: kept.sum()]
        wrong = np.where(coefficients * signs < 0, np.abs(coefficients), 0)
        if not wrong.any():
            break
        kept[np.argmax(wrong)] = False
    return Logistic(
        means=means,
        deviations=np.where(deviations > 0, deviations, 1),
        coefficients=coefficients,
        intercept=float(model.intercept_[0]),
    )


def fit_boosted(features: np.ndarray, outcomes: np.ndarray, signs: Sequence[int]) -> Boosted:
    """Fit trees that no feature may move against its sign."""
    trees = HistGradientBoostingClassifier(
        **TREES, monotonic_cst=list(signs), early_stopping=False, random_state=0
    )
    return Boosted(trees.fit(features, outcomes))


@dataclass(frozen=True)
class Calibration:
    """Which probability stands behind log-odds: Platt's, 1 / (1 + exp(-(a + b * log-odds)))."""

    shift: float = 0.0
    slope: float = 1.0

    def probabilities(self, log_odds: np.ndarray) -> np.ndarray:
        """Return a probability per log-odds."""
        return 1 / (1 + np.exp(-(self.shift + self.slope * log_odds)))


def calibrate(log_odds: np.ndarray, outcomes: np.ndarray) -> Calibration:
    """Calibrate on what came of customers the model had not seen.

    Where they all came to the same, or the order is not better than none, it stays as it is.
    """
    if outcomes.min() == outcomes.max():
        return Calibration()
    model = LogisticRegression(C=np.inf, max_iter=STEPS).fit(log_odds[:, None], outcomes)
    slope = float(model.coef_[0][0])
    return Calibration(float(model.intercept_[0]), slope) if slope > 0 else Calibration()


def _logarithms(features: np.ndarray) -> np.ndarray:
    return np.log1p(np.maximum(features, 0))
