"""What must hold between the published release and the one about to replace it.

A release known at an earlier day than the published one is not compared.
"""

from expectations.checks import Check, Suite, within
from expectations.limits import Limits

# Tables whose rows are facts once known: between releases they are added, seldom withdrawn.
LASTING_TABLES = (
    "dim_customers",
    "dim_contracts",
    "fct_cash",
    "fct_contacts",
    "fct_promises",
    "fct_agreements",
)

# Days after its end in which what happened in a month still arrives.
DAYS_TO_SETTLE = 14

IS_LATER = "(select known_at from int_clock) >= (select known_at from published.main.release)"

CURRENT_ROWS = " union all ".join(
    f"select '{table}' as table_name, count(*) as current_rows from {table}"
    for table in LASTING_TABLES
)

PREPARED = {
    "rows_since_release": f"""
        select table_name, row_count as published_rows, current_rows
        from published.main.release_tables
        inner join ({CURRENT_ROWS}) as current_tables using (table_name)
        where {IS_LATER}
    """,
    "published_months": f"""
        select
            kpi_id,
            period_grain,
            period_start,
            dimension,
            member,
            part,
            published_values.value as published_value,
            current_values.value,
            published_catalog.version as published_version,
            kpi_catalog.version,
            -- the exports of a month's last week come in the next one, and some come late
            period_start + interval 1 month + interval {DAYS_TO_SETTLE} day
            <= (select known_at from published.main.release) as is_settled,
            abs(current_values.value - published_values.value)
            / nullif(abs(published_values.value), 0) as change
        from published.main.kpi_values as published_values
        inner join kpi_values as current_values
            using (kpi_id, period_grain, period_start, dimension, member, part)
        inner join kpi_catalog using (kpi_id)
        inner join published.main.kpi_catalog as published_catalog using (kpi_id)
        where
            period_grain = 'month'
            and dimension = 'all'
            and published_values.is_complete_period
            and published_values.is_mature
            and not published_values.is_small_sample
            and {IS_LATER}
    """,
}


def suite(limits: Limits) -> Suite:
    """Return the checks against the published release, attached as ``published``."""
    return Suite(layer="drift", prepared=PREPARED, checks=_checks(limits))


def _checks(limits: Limits) -> list[Check]:
    return [
        *within(
            limits.rows_lost_since_release,
            name="few_rows_are_lost_since_the_release",
            table="temp.rows_since_release",
            says="At most {limit:.2%} of a table's rows are gone since the published release.",
            figures="""
                select
                    *,
                    (published_rows - current_rows) / nullif(published_rows, 0) as observed
                from rows_since_release
            """,
        ),
        Check(
            name="no_kpi_is_lost_since_the_release",
            table="kpi_catalog",
            severity="critical",
            says="Every KPI that has values in the published release has some now, unless it"
            " was taken out of the catalogue.",
            against=f"""
                select distinct kpi_id
                from published.main.kpi_values
                inner join kpi_catalog using (kpi_id)
                where kpi_id not in (select kpi_id from kpi_values) and {IS_LATER}
            """,
        ),
        *within(
            limits.kpi_drift,
            name="published_months_keep_their_values",
            table="temp.published_months",
            says="No KPI of a complete and mature month moved by more than {limit:.0%} since it"
            " was published, unless its definition is another version. A month that ended less"
            f" than {DAYS_TO_SETTLE} days before is told and not refused.",
            figures=f"""
                select
                    kpi_id,
                    period_start,
                    part,
                    published_value,
                    value,
                    case
                        when is_settled then change
                        when change is not null
                            then least(change, {limits.kpi_drift.critical or "null"})
                    end as observed
                from published_months
                where version = published_version
            """,
        ),
        Check(
            name="definitions_stay_as_they_were_published",
            table="temp.published_months",
            severity="warning",
            says="Every KPI has the version of its definition that was published; the months of one"
            " with another are not compared.",
            against="""
                select
                    kpi_id,
                    published_version,
                    version,
                    count(*) as months,
                    count_if(change > 0) as months_changed,
                    max(change) as largest_change
                from published_months
                where version != published_version
                group by all
            """,
        ),
    ]
