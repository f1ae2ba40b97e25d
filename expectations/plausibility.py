"""What must hold of the values that arrived: amounts and instants as they can be.

Every new delivery is judged for itself, against those before it, so that a wrong one is seen
however long the history behind it is.
"""

from expectations.checks import Check, Suite, within
from expectations.deliveries import CLASSES_BEYOND, USUAL_DELIVERIES
from expectations.kinds import (
    AT_WORK,
    amount_class_of,
    events_of,
    is_ahead,
    is_negative,
    money_of,
    part_of,
    rows_of,
)
from expectations.limits import Limits
from orchestration.contract import Kind

# Amounts before a delivery below which nobody can say which are usual.
LEAST_USUAL_AMOUNTS = 100


def suite(limits: Limits) -> Suite:
    """Return the checks on arriving values; they need the tables of the deliveries."""
    return Suite(layer="plausibility", checks=_checks(limits))


def _checks(limits: Limits) -> list[Check]:
    return [
        *within(
            limits.amounts_out_of_scale,
            name="amounts_keep_their_scale",
            table="temp.usual_amounts",
            says="At most {limit:.0%} of the amounts of a delivery are larger than twice 99 of 100"
            " before it, or smaller than half of them: another unit, or another column.",
            figures=f"""
                select
                    source_system,
                    kind,
                    part,
                    export_day,
                    amount_rows,
                    smaller_rows,
                    exp((low_class - {CLASSES_BEYOND}) / 4)::decimal(18, 2) as usually_above,
                    larger_rows,
                    exp((high_class + 1 + {CLASSES_BEYOND}) / 4)::decimal(18, 2) as usually_below,
                    unusual_share as observed
                from usual_amounts
                where
                    amount_rows >= {limits.amounts_out_of_scale.from_rows}
                    and usual_amounts >= {LEAST_USUAL_AMOUNTS}
            """,
            rows=rows_of(
                lambda kind: _is_unusual(kind, limits.amounts_out_of_scale.lowest), money_of
            ),
        ),
        *within(
            limits.negative_amounts,
            name="few_amounts_are_negative",
            table="temp.delivery_figures",
            says="At most {limit:.0%} of the amounts of a delivery are below zero where nothing"
            " that came before is undone.",
            figures=_share_of("negative_rows", limits.negative_amounts.from_rows),
            rows=rows_of(is_negative, money_of),
        ),
        *within(
            limits.events_ahead,
            name="instants_fit_their_export_day",
            table="temp.delivery_figures",
            says="At most {limit:.0%} of the rows of a delivery tell of what happened after the day"
            " they were exported.",
            figures=_share_of("ahead_rows", limits.events_ahead.from_rows),
            rows=rows_of(is_ahead, _last_event),
        ),
        *within(
            limits.hours_shifted,
            name="hours_keep_their_shape",
            table="temp.usual_hours",
            says="The mean hour of the day of a delivery is at most {limit:g} hours before or"
            " after those of the deliveries before it: the clock of another time zone.",
            figures=f"""
                select
                    source_system,
                    kind,
                    export_day,
                    timed_rows,
                    round(mean_hour, 2) as mean_hour,
                    round(earliest_mean_hour, 2) as earliest_mean_hour,
                    round(latest_mean_hour, 2) as latest_mean_hour,
                    hours_beyond as observed
                from usual_hours
                inner join deliveries using (source_system, kind, export_day)
                where is_new and usual_deliveries >= {USUAL_DELIVERIES}
            """,
            rows=rows_of(
                lambda kind: _is_shifted(kind, limits.hours_shifted.lowest),
                lambda kind: AT_WORK.get(kind.id),
            ),
        ),
    ]


def _share_of(rows: str, from_rows: int) -> str:
    return f"""
        select source_system, kind, export_day, row_count, {rows}, {rows} / row_count as observed
        from delivery_figures
        inner join deliveries using (source_system, kind, export_day)
        where is_new and {rows} > 0 and row_count >= {from_rows}
    """


def _is_unusual(kind: Kind, limit: float) -> str:
    return f"""exists (
        select 1
        from usual_amounts
        where
            usual_amounts.source_system = delivered.source_system
            and usual_amounts.kind = '{kind.id}'
            and usual_amounts.part is not distinct from {part_of(kind)}
            and usual_amounts.export_day = delivered.export_day
            and usual_amounts.unusual_share > {limit}
            and {amount_class_of(kind)} not between low_class - {CLASSES_BEYOND}
            and high_class + {CLASSES_BEYOND}
    )"""


def _is_shifted(kind: Kind, limit: float) -> str:
    return f"""(source_system, export_day) in (
        select (source_system, export_day) from usual_hours
        where kind = '{kind.id}' and hours_beyond > {limit}
    )"""


def _last_event(kind: Kind) -> str | None:
    events = ", ".join(column.name for column in events_of(kind))
    return f"greatest({events})" if events else None
