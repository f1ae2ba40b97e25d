"""What must hold of the KPIs before anybody reads them."""

from expectations.checks import Check, Suite

CELL = "kpi_id, period_grain, period_start, dimension, member, part"


def suite() -> Suite:
    """Return the checks on the KPIs."""
    return Suite(layer="kpis", prepared=PREPARED, checks=CHECKS)


# Sums by dimension of what adds up: rows, not units, and neither means nor statistics. The parts
# of a mix share the denominator of their slice, and native currencies add up to nothing.
PREPARED = {
    "slice_sums": """
        with

        adding_up as (
            select
                kpi_id,
                is_money,
                -- converted stocks are rounded, slice by slice
                case
                    when is_money and coalesce(numerator_spans, denominator_spans) is not null
                        then 0.001
                    else 0
                end as rounding
            from kpi_catalog
            where
                counts = 'row'
                and kind != 'statistic'
                and coalesce(numerator_spans, '') != 'mean'
                and coalesce(denominator_spans, '') != 'mean'
        ),

        slices as (
            select
                kpi_id,
                period_grain,
                period_start,
                dimension,
                sum(numerator) as numerator,
                max(coalesce(denominator, 0)) as denominator,
                sum(unit_count) as unit_count,
                sum(rounding) as rounding
            from kpi_values
            inner join adding_up using (kpi_id)
            where not (is_money and dimension = 'currency')
            group by kpi_id, period_grain, period_start, dimension, member
            having count(blocked_by) = 0
        )

        select
            kpi_id,
            period_grain,
            period_start,
            dimension,
            sum(numerator) as numerator,
            sum(denominator) as denominator,
            sum(unit_count) as unit_count,
            sum(rounding) as rounding
        from slices
        group by all
    """,
}

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
        name="slices_add_up",
        table="temp.slice_sums",
        severity="critical",
        says="Where a KPI counts rows, the members of every dimension come to its whole.",
        against="""
                select
                    slice_sums.kpi_id,
                    slice_sums.period_grain,
                    slice_sums.period_start,
                    slice_sums.dimension,
                    slice_sums.numerator,
                    whole.numerator as whole_numerator,
                    slice_sums.denominator,
                    whole.denominator as whole_denominator,
                    slice_sums.unit_count,
                    whole.unit_count as whole_unit_count
                from slice_sums
                inner join slice_sums as whole using (kpi_id, period_grain, period_start)
                where
                    whole.dimension = 'all'
                    and (
                        slice_sums.unit_count != whole.unit_count
                        or abs(slice_sums.numerator - whole.numerator)
                        > slice_sums.rounding + whole.rounding
                        or abs(slice_sums.denominator - whole.denominator)
                        > slice_sums.rounding + whole.rounding
                    )
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
