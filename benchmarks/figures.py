"""The ten KPIs everyone computes, and whether the figures of one are those of another."""

from contextlib import closing
from pathlib import Path

import duckdb

from orchestration.sql_text import literal

# by month, in all and by the members of a dimension
TEN = {
    "cash_collected": ("all", "payment_channel", "currency"),
    "payment_channel_mix": ("all",),
    "outbound_call_volume": ("all", "portfolio"),
    "automation_share": ("all", "channel"),
    "message_delivery_rate": ("all", "channel"),
    "message_open_rate": ("all", "channel"),
    "response_rate": ("all", "channel"),
    "payment_conversion_rate": ("all", "channel"),
    "payment_attempt_failure_rate": ("all", "channel"),
    "offer_acceptance_rate": ("all", "portfolio"),
}
COLUMNS = ("kpi_id", "month", "dimension", "member", "part", "numerator", "denominator")
# published money is rounded by day and slice to four decimals, where it is converted
MOST_BY_ROUNDING = "0.01"
CONVERTED = "(kpi_id in ('cash_collected', 'payment_channel_mix') and dimension != 'currency')"
SHOWN = 5


def differences(figures: Path, release: Path) -> list[str]:
    """Say where a contender's figures are not those published, or none are; a sentence each.

    All must be equal to the last decimal, but for converted money, which must be to the cent.
    """
    wanted = ", ".join(
        f"('{kpi_id}', '{dimension}')"
        for kpi_id, dimensions in TEN.items()
        for dimension in dimensions
    )
    sides = " or ".join(
        f"coalesce(abs(theirs.{side} - ours.{side}) > case when {CONVERTED}"
        f" then {MOST_BY_ROUNDING} else 0 end,"
        f" (theirs.{side} is null) != (ours.{side} is null))"
        for side in ("numerator", "denominator")
    )
    with closing(duckdb.connect(release, read_only=True)) as connection:
        rows = connection.execute(
            f"""
            with

            theirs as (
                select
                    kpi_id,
                    month::date as month,
                    dimension,
                    member,
                    part,
                    numerator::decimal(38, 6) as numerator,
                    denominator::decimal(38, 6) as denominator
                from read_csv({literal(figures)}, all_varchar = true, header = true)
            ),

            ours as (
                select
                    kpi_id,
                    period_start as month,
                    dimension,
                    member,
                    part,
                    numerator::decimal(38, 6) as numerator,
                    denominator::decimal(38, 6) as denominator
                from kpi_values
                where period_grain = 'month' and (kpi_id, dimension) in ({wanted})
            )

            select
                kpi_id, month, dimension, member, part,
                theirs.numerator, theirs.denominator, ours.numerator, ours.denominator,
                count(*) over () as differences
            from theirs
            full join ours using (kpi_id, month, dimension, member, part)
            where theirs.kpi_id is null or ours.kpi_id is null or {sides}
            order by all
            limit {SHOWN}
            """
        ).fetchall()
    return [
        f"{kpi_id} of {month}, {dimension} {member}, part {part}: {n1} / {d1}, where {n2} / {d2}"
        f" is published (one of {total} differences)"
        for kpi_id, month, dimension, member, part, n1, d1, n2, d2, total in rows
    ]
