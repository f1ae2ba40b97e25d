"""Writes ``docs/audit-checks.md``: every check of the audit, for those who answer for the data.

``python -m expectations.pages``, or ``make docs``.
"""

from collections.abc import Iterator

from expectations.audit import suites
from expectations.checks import Check
from expectations.limits import load_limits
from orchestration.contract import DBT_PROJECT

PAGE = DBT_PROJECT.parent / "docs" / "audit-checks.md"

LAYERS = {
    "arrivals": "Have the exports come, whole, once and of people and debts we know?",
    "plausibility": "Can what they say be so: amounts, days, hours?",
    "core": "Can what was made of it be so: states, balances, cash?",
    "kpis": "Are the figures figures, within their range, and the sum of their slices?",
    "conduct": "May everybody in the contact queue be contacted as it says?",
    "drift": "What changed since the published release? Asked where there is one.",
}

BEGINNING = """# The checks of the audit

Written by `make docs` from `expectations/`; the limits are in
[`expectations/limits.yml`](../expectations/limits.yml). What becomes of a check that fails is told
in [audit and release](audit-and-release.md).
"""


def page() -> str:
    """Return the page: a table per layer, a row per check and severity."""
    parts = [BEGINNING]
    for suite in suites(load_limits(), is_compared=True):
        parts.append(f"## {suite.layer.capitalize()}\n\n{LAYERS[suite.layer]}\n")
        parts.append("\n".join(_table(suite.checks)) + "\n")
    return "\n".join(parts)


def _table(checks: list[Check]) -> Iterator[str]:
    yield "| check | severity | what must hold | owner of the limit | reason |"
    yield "| --- | --- | --- | --- | --- |"
    for check in checks:
        limit = check.limit
        owner, reason = (limit.owner, " ".join(limit.reason.split())) if limit else ("", "")
        judged = f" Judged from {limit.from_rows} rows." if limit and limit.from_rows > 1 else ""
        yield f"| `{check.name}` | {check.severity} | {check.says}{judged} | {owner} | {reason} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
