"""What must hold of the KPIs before anybody reads them."""

from expectations.checks import Check, Suite

CELL = "kpi_id, period_grain, period_start, dimension, member, part"


def suite() -> Suite:
    """Return the checks on the KPIs."""
    return Suite(layer="kpis", checks=CHECKS)


CHECKS = [
    Check(
        name="available_kpis_have_values",
        table="kpi_catalog",
        severity="warning",
        says="Every KPI the catalogue calls available has values.",
        against="""
                select kpi_id
                from kpi_catalog
                where is_available and kpi_id not in (select distinct kpi_id from kpi_values)
            """,
    ),
    Check(
        name="values_are_numbers",
        table="kpi_values",
        severity="critical",
        says="No value is infinite or not a number.",
        against=f"""
                select {CELL}, numerator, denominator, value
                from kpi_values
                where not isfinite(cast(value as double))
            """,
    ),
    Check(
        name="values_are_possible",
        table="kpi_values",
        severity="critical",
        says="Every value lies between the least and the greatest the catalogue allows.",
        against=f"""
                select {CELL}, numerator, denominator, value, minimum_value, maximum_value
                from kpi_values
                inner join kpi_catalog using (kpi_id)
                where value < minimum_value or value > maximum_value
            """,
    ),
    Check(
        name="ratios_are_their_sides",
        table="kpi_values",
        severity="critical",
        says="A ratio is its numerator over its denominator, and nothing where the"
        " denominator is not above zero.",
        against=f"""
                select {CELL}, numerator, denominator, multiplier, value
                from kpi_values
                inner join kpi_catalog using (kpi_id)
                where
                    kind = 'ratio'
                    and case
                        when denominator > 0 then
                            value is null
                            -- the sides are published to four decimals
                            or abs(value * denominator - multiplier * numerator)
                            > 0.0001 * (abs(value) + multiplier)
                            + 1e-9 * abs(multiplier * numerator)
                        else value is not null
                    end
            """,
    ),
    Check(
        name="targets_meet_values",
        table="kpi_targets",
        severity="warning",
        says="Every target of an available KPI is of a slice and a period that has a value:"
        " another spelling of a member is another member.",
        against="""
                select kpi_targets.*
                from kpi_targets
                inner join kpi_catalog using (kpi_id)
                where
                    is_available
                    and valid_from_date <= (select as_of from int_clock)
                    and not exists (
                        select 1
                        from kpi_values
                        where
                            kpi_values.kpi_id = kpi_targets.kpi_id
                            and kpi_values.period_grain = kpi_targets.period_grain
                            and kpi_values.dimension = kpi_targets.dimension
                            and kpi_values.member = kpi_targets.member
                            and kpi_values.part = kpi_targets.part
                    )
            """,
    ),
    Check(
        name="no_rate_of_a_currency_is_missing",
        table="kpi_values",
        severity="warning",
        says="No value is held back because a currency has no rate on a day it is converted on:"
        " per missing rate, the rows of KPIs on that day and the values that name it.",
        against="""
                with blocked as (
                    select blocked_by, row_count as kpi_rows, 0 as held_back_values
                    from kpi_cells
                    union all
                    select blocked_by, 0 as kpi_rows, 1 as held_back_values
                    from kpi_values
                )
                select
                    blocked_by,
                    sum(kpi_rows) as kpi_rows,
                    sum(held_back_values) as held_back_values
                from blocked
                where blocked_by is not null
                group by blocked_by
                order by kpi_rows desc, blocked_by
            """,
    ),
    Check(
        name="no_values_from_the_future",
        table="kpi_values",
        severity="critical",
        says="No value is of a period that begins after the day the figures describe.",
        against=f"""
                select {CELL}, value
                from kpi_values
                where period_start > (select as_of from int_clock)
            """,
    ),
]
