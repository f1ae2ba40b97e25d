"""Which policies a KPI's SQL names, in its own file or in one that it is built from."""

import re
from functools import cache
from pathlib import Path

from orchestration.contract import DBT_PROJECT

REFERENCE = re.compile(r"ref\(\s*['\"](\w+)['\"]")
VARIABLE = re.compile(r"var\(\s*['\"](\w+)['\"]")
MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\(.*?endmacro", re.DOTALL)
NAME = re.compile(r"\w+")
# How amounts are converted, which is done after the KPI's own SQL.
OF_MONEY = ("reporting_currency", "fx_max_age_days")
# What scores depend on, which are read where they were written down: how models are trained, and
# all that features are made by.
SCORES = "source('insight'"
OF_TRAINING = ("score_training_rows", "score_training_outcomes")
FEATURES = "int_score_features"


@cache
def policies_of(kpi_id: str) -> frozenset[str]:
    """Return the policies that the rows of a KPI can depend on; none where it has no file."""
    models, macros = _models(), _macros()
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [f"kpi_{kpi_id}"]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        text = models.get(name) or macros.get(name, "")
        found.update(VARIABLE.findall(text))
        waiting += REFERENCE.findall(text)
        if SCORES in text:
            found.update(OF_TRAINING)
            waiting.append(FEATURES)
        waiting += [word for word in set(NAME.findall(text)) if word in macros]
    return frozenset(found)


@cache
def _models() -> dict[str, str]:
    return {
        path.stem: path.read_text(encoding="utf-8")
        for path in Path(DBT_PROJECT, "models").rglob("*.sql")
    }


@cache
def _macros() -> dict[str, str]:
    """Return the text of every macro by its name."""
    return {
        found[1]: found[0]
        for path in Path(DBT_PROJECT, "macros").rglob("*.sql")
        for found in MACRO.finditer(path.read_text(encoding="utf-8"))
    }
