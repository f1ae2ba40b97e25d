"""Writes `docs/faults.md`: what becomes of each fault of a delivery.

`python -m orchestration.fault_page`, or `make docs`. What is declared here is what
`tests/test_faults.py` asks for.
"""

from dataclasses import dataclass
from typing import Literal

from orchestration.contract import DBT_PROJECT
from orchestration.sample.faults import parsed

PAGE = DBT_PROJECT.parent / "docs" / "faults.md"

BEFORE = """\
# What becomes of a faulty delivery

Written by `make docs` from what `tests/test_faults.py` asks. For every fault it releases a clean
portfolio up to the eve, delivers the newest day with the fault, and asks that the run either
releases the right tables or refuses with the old release as it was, byte for byte. Then it delivers
the file again without the fault, and asks for every dimension, fact and KPI table as if nothing had
happened.

To see one: `warehouse sample --out exports --fault FAULT`, with its size as in
`--fault orphans=0.1`, then `warehouse run`. A refusal names file, line, key and value; what a check
asks and how far it lets a figure go is in [audit and release](audit-and-release.md), the rules are
in [the rules](rules.md).

"""
AFTER = """
To mend a delivery, deliver the file again under its name: it replaces what the first one brought.
A file that should not be there at all is replaced by one with nothing but its header.
"""


@dataclass(frozen=True)
class Outcome:
    """What becomes of a fault, given as "orphans" or with its size as "orphans=0.1".

    ``by`` is a rule ("R14"), a critical expectation, or what the reading of files says;
    ``warned`` the warnings of a release that was repaired; ``differs`` the beginnings of the
    names of tables that differ from those of a clean delivery; ``then`` what happens and what to
    do.
    """

    fault: str
    ends: Literal["repaired", "refused", "not loaded"]
    by: str
    then: str
    warned: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()


OUTCOMES = (
    Outcome(
        "duplicates",
        "repaired",
        "R14",
        "A row counts once. Tell the source.",
        warned=("few_rows_come_twice",),
    ),
    Outcome(
        "doubled_file",
        "repaired",
        "R14",
        "A row counts once. Tell the source.",
        warned=("few_rows_come_twice", "no_file_comes_twice"),
    ),
    Outcome(
        "contradictions",
        "refused",
        "few_rows_contradict_each_other",
        "Ask which is right.",
    ),
    Outcome(
        "orphans",
        "refused",
        "few_rows_of_a_delivery_are_orphans",
        "Have what is missing delivered.",
    ),
    Outcome(
        "reversed_payments=0.05",
        "repaired",
        "R3",
        "What undoes a payment before it cleared undoes nothing.",
        warned=("states_follow_each_other",),
    ),
    Outcome(
        "reversed_payments",
        "refused",
        "states_follow_each_other",
        "Have the statuses delivered in their order.",
    ),
    Outcome(
        "wrong_zone",
        "refused",
        "hours_keep_their_shape",
        "Have the instants delivered with their offset, or in the business time zone.",
    ),
    Outcome(
        "missing_rate",
        "repaired",
        "R5",
        "What would need the rate is withheld and says so; cash in another currency than its debt"
        " stays unapplied. Have the rates delivered.",
        warned=("no_rate_of_a_currency_is_missing",),
        differs=("dim_fx_rates", "fct_", "kpi_"),
    ),
    Outcome(
        "overlapping_periods",
        "refused",
        "spans_do_not_overlap",
        "Have the periods delivered with their ends.",
    ),
    Outcome(
        "negative_amounts",
        "refused",
        "few_amounts_are_negative",
        "Have the signs mended.",
    ),
    Outcome(
        "future_dates",
        "refused",
        "instants_fit_their_export_day",
        "Have the dates mended.",
    ),
    Outcome(
        "half_file",
        "refused",
        "no_file_breaks_off",
        "Have the whole file delivered.",
    ),
    Outcome(
        "swapped_columns",
        "refused",
        "few_rows_of_a_delivery_are_orphans",
        "Have the header mended.",
    ),
    Outcome("swapped_dates", "refused", "states_follow_each_other", "Have the header mended."),
    Outcome(
        "identifiers",
        "not loaded",
        "looks like an e-mail address",
        "Have the column delivered without them, or declare it.",
    ),
    Outcome("cents", "refused", "amounts_keep_their_scale", "Have the unit mended."),
)


def page() -> str:
    """Return the text of the page."""
    rows = ["| fault | what it does | outcome | what then |", "| --- | --- | --- | --- |"]
    for outcome in OUTCOMES:
        fault, size = parsed(outcome.fault)
        names = " and ".join(f"`{name}`" for name in outcome.warned)
        told = f", told by {names}" if names else ""
        by = {
            "repaired": f"repaired by rule {outcome.by}",
            "refused": f"refused by `{outcome.by}`",
            "not loaded": f'not loaded: "{outcome.by}"',
        }[outcome.ends]
        rows.append(
            f"| `{outcome.fault}` | {fault.does} ({fault.size_is}: {size:g})"
            f" | {by}{told} | {outcome.then} |"
        )
    return BEFORE + "\n".join(rows) + "\n" + AFTER


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
