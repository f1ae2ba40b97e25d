"""The log of restatements: every published value that a later release changed, and why.

A restatement is of a value that was final when it was released: its period was complete and its
cases mature. The log of the published release goes on in the one that replaces it.
"""

from pathlib import Path

import duckdb

from orchestration.comparing.arrivals import CONTENT_NUMBER, CURRENT, PUBLISHED, find_arrivals
from orchestration.comparing.changed_rows import find_causes
from orchestration.comparing.comparison import Edition, edition, tables_of, value_changes
from orchestration.policy_use import OF_MONEY, policies_of
from orchestration.sql_text import literal

TABLE = "kpi_restatements"
# The files a release knew, by which the next one tells what arrived since.
FILES = "release_files"
OWN_TABLES = (TABLE, FILES)
TABLES = f"""
create table release.main.{FILES} as
select
    area, kind, source_system, export_day, file_name, {CONTENT_NUMBER} as content_number
from raw.files as files where export_day <= (select known_at from int_clock);
comment on table release.main.{FILES} is
    'One row per export file and kind that this release knew; another content, another number.';
create table release.main.{TABLE} (
    kpi_id varchar, period_grain varchar, period_start date, dimension varchar, member varchar,
    part varchar, old_release_id varchar, new_release_id varchar, restated_at timestamp,
    old_value double, new_value double, change double,
    old_numerator decimal(28, 4), new_numerator decimal(28, 4),
    old_denominator decimal(28, 4), new_denominator decimal(28, 4),
    cause varchar, detail varchar, late_row_count bigint, corrected_row_count bigint,
    reversal_row_count bigint, row_count bigint
);
"""
COMMENTS = {
    "kpi_id": "The KPI.",
    "period_grain": "day, week, month, quarter or year.",
    "period_start": "First day of the period.",
    "dimension": "Dimension of the slice, 'all' for the whole.",
    "member": "Its member, 'all' for the whole.",
    "part": "Part of a mix, 'all' of a KPI that is none.",
    "old_release_id": "The release that published the old value.",
    "new_release_id": "The release that changed it.",
    "restated_at": "When that release was written, in UTC.",
    "old_value": "NULL where there was no value.",
    "new_value": "NULL where there is none any more.",
    "change": "New value less old one, NULL where one of them is.",
    "old_numerator": "Numerator of the old value.",
    "new_numerator": "Numerator of the new value.",
    "old_denominator": "Denominator of the old value, NULL of an amount.",
    "new_denominator": "Denominator of the new value, NULL of an amount.",
    "cause": "definition, policy, earlier_clock, reversal, corrected_row, late_row or unexplained:"
    " the first of these that holds.",
    "detail": "Which versions, policies, exports or days.",
    "late_row_count": "Rows behind it delivered for the first time since the old release.",
    "corrected_row_count": "Rows behind it delivered again with other content, or withdrawn.",
    "reversal_row_count": "Reversals, refunds and chargebacks behind it that arrived since.",
    "row_count": "These three together.",
}
UNEXPLAINED = (
    "None of the rows that arrived between the two releases belongs to what changed: the"
    " definition, or a table it reads, changed without its version."
)
# A value that appears restates nothing where the KPI or the dimension was not published before,
# or the period had not ended.
RESTATED = """
create or replace temp table restated_values as
with published_slices as (
    select distinct kpi_id, dimension from published.main.kpi_values
)
select
    row_number() over () as number,
    changes.*,
    cast(case
        when new_catalog.kpi_id is null or new_catalog.version != old_catalog.version
            then 'definition'
        when policies.detail is not null then 'policy'
        when $is_earlier then 'earlier_clock'
    end as varchar) as cause,
    case
        when new_catalog.kpi_id is null then 'It was taken out of the catalogue.'
        when new_catalog.version != old_catalog.version
            then concat('version ', old_catalog.version, ' became ', new_catalog.version)
        when policies.detail is not null then policies.detail
        when $is_earlier then $clocks
    end as detail
from value_changes as changes
inner join published.main.kpi_catalog as old_catalog using (kpi_id)
left join main.kpi_catalog as new_catalog using (kpi_id)
left join kpi_policies as policies using (kpi_id)
where
    was_final
    or (
        not was_there
        and is_final
        and period_end <= $old_as_of
        and (kpi_id, changes.dimension) in (select (kpi_id, dimension) from published_slices)
    )
"""
# Rates are no rows of a KPI: where its rows are as they were, the rates of its days may differ.
RATES_BEHIND = """
insert into causes
with changed_rates as (
    select currency, rate_date, rate from published.main.dim_fx_rates
    where rate_date <= $old_as_of
    union all
    select currency, rate_date, -rate from main.dim_fx_rates
    where rate_date <= $old_as_of
),
changed_days as (
    select currency, rate_date from changed_rates group by all having sum(rate) != 0
)
select number, arrivals.kind, class, count(*)
from restated
inner join kpi_catalog using (kpi_id)
inner join arrivals on arrivals.kind = 'payment.fx_rates' and event_date <= period_end
where
    is_money
    and number not in (select number from causes)
    and exists (
        from changed_days
        where
            changed_days.currency = upper(arrivals.own_id)
            and rate_date between period_start - 1 and period_end
    )
group by number, arrivals.kind, class
"""
# A statistic has no rows to follow: all that arrived of its exports may be behind it.
STATISTICS_BEHIND = """
insert into causes
select number, arrivals.kind, class, count(*)
from restated
inner join kpi_catalog as catalog using (kpi_id)
inner join arrivals
    on
        arrivals.kind in ('billing.contracts', 'billing.instalments', 'payment.payments')
        or contains(coalesce(requires, ''), arrivals.kind)
where catalog.kind = 'statistic' and (class != 'late' or event_date <= period_end)
group by number, arrivals.kind, class
"""
LOGGED = """
insert into release.main.kpi_restatements by name
with counted as (
    select
        number,
        coalesce(sum(row_count) filter (class = 'late'), 0) as late_row_count,
        coalesce(sum(row_count) filter (class = 'corrected'), 0) as corrected_row_count,
        coalesce(sum(row_count) filter (class = 'reversal'), 0) as reversal_row_count,
        sum(row_count) as row_count,
        string_agg(
            concat(row_count, ' ', class, ' ', kind), ', ' order by row_count desc, kind, class
        ) as detail
    from causes
    group by number
)
select
    changes.* exclude (
        number, period_end, currency, was_there, is_there, was_final, is_final, cause, detail
    ),
    $old_release_id as old_release_id,
    release.release_id as new_release_id,
    release.released_at as restated_at,
    case
        when cause is not null then cause
        when reversal_row_count > 0 then 'reversal'
        when corrected_row_count > 0 then 'corrected_row'
        when late_row_count > 0 then 'late_row'
        else 'unexplained'
    end as cause,
    case
        when cause is not null then changes.detail
        when counted.detail is null then $unexplained
        when catalog.kind = 'statistic'
            then 'A statistic has no rows to follow. Of its exports arrived: ' || counted.detail
        else counted.detail
    end as detail,
    coalesce(late_row_count, 0) as late_row_count,
    coalesce(corrected_row_count, 0) as corrected_row_count,
    coalesce(reversal_row_count, 0) as reversal_row_count,
    coalesce(counted.row_count, 0) as row_count
from restated_values as changes
cross join release.main.release as release
left join counted using (number)
left join main.kpi_catalog as catalog using (kpi_id)
"""


def write_restatements(connection: duckdb.DuckDBPyConnection, published: Path | None) -> None:
    """Write the log, and the files known, to the release attached as ``release``.

    ``connection`` is to the warehouse it is made from, ``published`` the file of the release it
    replaces. The log begins where that one has none.
    """
    connection.execute(TABLES)
    connection.execute(
        f"comment on table release.main.{TABLE} is 'One row per value that was final in a release"
        " and that a later one changed.'"
    )
    for column, comment in COMMENTS.items():
        connection.execute(f"comment on column release.main.{TABLE}.{column} is {literal(comment)}")
    if published is None:
        return
    connection.execute(f"attach {literal(published)} as published (read_only)")
    try:
        if {TABLE, FILES} <= tables_of(connection, PUBLISHED):
            connection.execute(
                f"insert into release.main.{TABLE} by name from published.main.{TABLE}"
            )
            _log_what_changed(connection)
    finally:
        connection.execute("detach published")


def _log_what_changed(connection: duckdb.DuckDBPyConnection) -> None:
    old = edition(connection, PUBLISHED, "the release before")
    new = edition(connection, CURRENT, "this one")
    connection.execute(f"create or replace temp table value_changes as {value_changes(old, new)}")
    _find_policies(connection)
    connection.execute(
        RESTATED,
        {
            "is_earlier": new.known_at < old.known_at or new.as_of < old.as_of,
            "clocks": f"It describes {new.as_of} as known on {new.known_at}, the one before"
            f" {old.as_of} as known on {old.known_at}.",
            "old_as_of": old.as_of,
        },
    )
    connection.execute(
        "create or replace temp view restated as from restated_values where cause is null"
    )
    connection.execute(
        "create or replace temp table causes"
        " (number bigint, kind varchar, class varchar, row_count bigint)"
    )
    if connection.execute("select count(*) from restated").fetchone()[0]:
        _find_data_behind(connection, old, new)
    connection.execute(
        LOGGED,
        {
            "old_release_id": old.name,
            "unexplained": UNEXPLAINED,
        },
    )


def _find_policies(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``kpi_policies``: what to say of a KPI that depends on a policy that changed."""
    connection.execute("create or replace temp table kpi_policies (kpi_id varchar, detail varchar)")
    if not all(
        "release_policies" in tables_of(connection, schema)
        for schema in (PUBLISHED, "release.main")
    ):
        return
    changed = {
        name: f"{name}: {old} became {new}"
        for name, old, new in connection.execute(
            """
            select policy, coalesce(old.value, 'nothing'), coalesce(new.value, 'nothing')
            from published.main.release_policies as old
            full join release.main.release_policies as new using (policy)
            where old.value is distinct from new.value and policy not in ('as_of', 'known_at')
            order by policy
            """
        ).fetchall()
    }
    kpis = connection.execute("select kpi_id, is_money from main.kpi_catalog").fetchall()
    rows = [
        (kpi_id, "; ".join(changed[name] for name in changed if name in found))
        for kpi_id, is_money in kpis
        if (found := policies_of(kpi_id) | set(OF_MONEY if is_money else ())) & set(changed)
    ]
    if rows:
        connection.executemany("insert into kpi_policies values (?, ?)", rows)


def _find_data_behind(connection: duckdb.DuckDBPyConnection, old: Edition, new: Edition) -> None:
    """Make ``causes``; drop what appears only because its cases have matured since."""
    tables = {
        CURRENT: tables_of(connection, CURRENT),
        PUBLISHED: tables_of(connection, PUBLISHED),
    }
    find_arrivals(connection, new.known_at, tables)
    find_causes(connection, old.as_of, tables)
    connection.execute(RATES_BEHIND, {"old_as_of": old.as_of})
    connection.execute(STATISTICS_BEHIND)
    connection.execute(
        """
        delete from restated_values
        where
            not was_there
            and cause is null
            and number in (select number from touched_values where matures_on > $old_as_of)
        """,
        {"old_as_of": old.as_of},
    )
