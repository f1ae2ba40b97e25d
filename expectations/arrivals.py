"""What must hold of the exports that arrived, before anything is released on them."""

from expectations import deliveries, orphans
from expectations.checks import Check, Suite, within
from expectations.freshness import days_overdue
from expectations.kinds import rows_of, updated_of, version_of
from expectations.limits import Limit, Limits
from orchestration.contract import Kind
from orchestration.ingestion.readers.csv_files import TOO_FEW

REQUIRED_KINDS = ("billing.contracts", "billing.instalments", "payment.payments")

REJECTED_BY_FILE = """
    select
        known_files.kind,
        known_files.source_system,
        known_files.file_name,
        any_value(known_files.rows_in) as rows_in,
        count(distinct rejected_rows.row_number) as rejected
    from known_files
    left join rejected_rows
        on
            known_files.kind = rejected_rows.area || '.' || rejected_rows.kind
            and known_files.source_system = rejected_rows.source_system
            and known_files.file_name = rejected_rows.file_name
            and known_files.export_day = rejected_rows.export_day
    group by all
"""


def suite(limits: Limits, is_compared: bool) -> Suite:
    """Return the checks on arrivals; where compared, only what the release has not got is new."""
    prepared = deliveries.prepared(limits.hours_shifted.from_rows, is_compared)
    return Suite(
        layer="arrivals",
        prepared=prepared | orphans.PREPARED,
        checks=_checks(limits),
    )


def _checks(limits: Limits) -> list[Check]:
    volumes = f"""
        select
            source_system,
            kind,
            export_day,
            rows_in,
            is_by_weekday,
            least_rows,
            usual_rows,
            most_rows,
            greatest(
                rows_in / greatest(most_rows, 1), least_rows / greatest(rows_in, 1)
            ) as observed
        from usual_volumes
        where
            is_new
            and not is_full
            and usual_deliveries >= {deliveries.USUAL_DELIVERIES}
            and usual_rows >= {limits.volume_factor.from_rows}
    """
    full_volumes = f"""
        select
            source_system,
            kind,
            export_day,
            rows_in,
            full_rows_before,
            greatest(
                rows_in / greatest(full_rows_before, 1),
                full_rows_before / greatest(rows_in, 1)
            ) as observed
        from (
            select
                *,
                coalesce(
                    max_by(rows_in, export_day) filter (not is_new) over newest_last,
                    lag(rows_in) over newest_last
                ) as full_rows_before
            from deliveries
            where is_full
            window newest_last as (partition by source_system, kind order by export_day)
            -- the one before is replaced already
            qualify export_day = max(export_day) over (partition by source_system, kind)
        )
        where is_new and full_rows_before >= {limits.full_delivery_factor.from_rows}
    """
    return [
        Check(
            name="required_kinds_are_delivered",
            table="temp.known_files",
            severity="critical",
            says=f"The required kinds are delivered: {', '.join(REQUIRED_KINDS)}.",
            against=f"""
                select kind as missing_kind
                from (select unnest({list(REQUIRED_KINDS)}) as kind)
                where kind not in (select kind from known_files)
            """,
        ),
        *within(
            limits.days_without_export,
            name="required_kinds_are_fresh",
            table="temp.known_files",
            says="A required kind is at most {limit:g} days overdue, by the most days its exports"
            " were apart in the last half-year.",
            figures=f"""
                select * exclude (is_usual_known)
                from ({days_overdue("known_files", "(select known_at from int_clock)")})
                where kind in {REQUIRED_KINDS}
            """,
        ),
        *within(
            limits.volume_factor,
            name="the_newest_delivery_is_as_large_as_usual",
            table="temp.usual_volumes",
            says="A new delivery of a kind is at most {limit:g} times larger than the largest, or"
            " smaller than the smallest, of the same weekday before it.",
            figures=volumes,
            rows=_files_of(volumes, limits.volume_factor),
        ),
        *within(
            limits.full_delivery_factor,
            name="full_deliveries_keep_their_size",
            table="temp.usual_volumes",
            says="A full delivery, which replaces all before it, is at most {limit:g} times larger"
            " or smaller than the full delivery before it.",
            figures=full_volumes,
            rows=_files_of(full_volumes, limits.full_delivery_factor),
        ),
        Check(
            name="no_file_comes_twice",
            table="temp.known_files",
            severity="warning",
            says="No file of changes has the content of another: keys keep its rows from counting"
            " twice, but the file it stands for may be missing.",
            against="""
                select
                    new_files.source_system,
                    new_files.kind,
                    new_files.file_name,
                    min(other_files.file_name) as same_as,
                    any_value(new_files.rows_in) as rows_in
                from known_files as new_files
                inner join deliveries using (source_system, kind, export_day)
                inner join known_files as other_files
                    on
                        new_files.kind = other_files.kind
                        and new_files.file_hash = other_files.file_hash
                        and new_files.file_name != other_files.file_name
                        and new_files.export_day >= other_files.export_day
                where deliveries.is_new and not deliveries.is_full and new_files.rows_in > 0
                group by all
            """,
        ),
        Check(
            name="files_keep_their_columns",
            table="temp.known_files",
            severity="warning",
            says="A new file has the columns of the file of its pattern before it: what is gone is"
            " empty from then on, what came is left out until it is mapped, and one of each may be"
            " a column renamed.",
            against="""
                select source_system, kind, file_name, columns_gone, columns_come
                from (
                    select
                        *,
                        list_filter(columns_before, lambda one: not list_contains(columns_now, one))
                            as columns_gone,
                        list_filter(columns_now, lambda one: not list_contains(columns_before, one))
                            as columns_come
                    from (
                        select
                            *,
                            from_json(lower(column_names), '["varchar"]') as columns_now,
                            lag(columns_now) over (
                                partition by source_system, kind, path_pattern
                                order by export_day, file_name
                            ) as columns_before
                        from known_files
                        where column_names is not null
                    )
                    where columns_before is not null
                )
                inner join deliveries using (source_system, kind, export_day)
                where
                    deliveries.is_new
                    and (len(columns_gone) > 0 or len(columns_come) > 0)
            """,
        ),
        Check(
            name="no_file_breaks_off",
            table="rejected_rows",
            severity="critical",
            says="No new file ends with a line that has fewer columns than its header: it was cut"
            " off, and nobody knows how much is missing.",
            against=f"""
                select known_files.kind, file_name, row_number, known_files.rows_in, reason
                from known_files
                inner join deliveries using (source_system, kind, export_day)
                inner join rejected_rows using (source_system, export_day, file_name)
                where
                    is_new
                    and known_files.kind = rejected_rows.area || '.' || rejected_rows.kind
                    and reason = '{TOO_FEW}'
                    -- below the header, lines are numbered from 2
                    and row_number > known_files.rows_in
            """,
        ),
        *within(
            limits.repeated_rows,
            name="few_rows_come_twice",
            table="temp.delivery_figures",
            says="At most {limit:.0%} of the rows of a delivery repeat a key and version it already"
            " has, in the same file or another of that day.",
            figures=f"""
                select
                    source_system,
                    kind,
                    export_day,
                    row_count,
                    repeated_rows,
                    repeated_rows / row_count as observed
                from delivery_figures
                inner join deliveries using (source_system, kind, export_day)
                where is_new and row_count >= {limits.repeated_rows.from_rows}
            """,
            rows=REPEATED_ROWS,
        ),
        *within(
            limits.contradicting_rows,
            name="few_rows_contradict_each_other",
            table="temp.contradictions",
            says="At most {limit:.1%} of the rows of a delivery say something else than another row"
            " of the same key and version, so that their place decides which counts.",
            figures=f"""
                select *, contradicting_rows / row_count as observed
                from contradictions
                where row_count >= {limits.contradicting_rows.from_rows}
            """,
            rows=REPEATED_ROWS,
        ),
        *within(
            limits.rejected_rows,
            name="few_rows_of_a_kind_are_rejected",
            table="rejected_rows",
            says="At most {limit:.2%} of the rows of a kind could not be read or typed.",
            figures=f"""
                select
                    kind,
                    sum(rows_in) as rows_in,
                    sum(rejected) as rejected_rows,
                    rejected_rows / nullif(sum(rows_in), 0) as observed
                from ({REJECTED_BY_FILE})
                group by kind
                having sum(rows_in) >= {limits.rejected_rows.from_rows}
            """,
            rows=REJECTED_ROWS,
        ),
        *within(
            limits.rejected_rows_in_file,
            name="few_rows_of_a_file_are_rejected",
            table="rejected_rows",
            says="At most {limit:.2%} of the rows of a file could not be read or typed.",
            figures=f"""
                select *, rejected / rows_in as observed
                from ({REJECTED_BY_FILE})
                where rows_in >= {limits.rejected_rows_in_file.from_rows}
            """,
            rows=REJECTED_ROWS,
        ),
        *orphans.checks(limits),
    ]


def _files_of(figures: str, limit: Limit) -> str:
    return f"""
        select file_name, rows_in, rows_rejected
        from known_files
        where (source_system, kind, export_day) in (
            select (source_system, kind, export_day) from ({figures})
            where observed > {limit.lowest}
        )
        order by export_day desc, file_name
    """


def _is_repeated(kind: Kind) -> str:
    return f"""(source_system, export_day, {version_of(kind)}) in (
        select (source_system, export_day, {version_of(kind)})
        from {kind.table}
        where (source_system, export_day) in (
            select (source_system, export_day) from delivery_figures
            where kind = '{kind.id}' and repeated_rows > 0
        )
        group by source_system, export_day, {version_of(kind)}
        having count(*) > 1
    )"""


REPEATED_ROWS = rows_of(_is_repeated, updated_of)

# What stands where a number or a day should may be a name, an address or a document number.
REJECTED_ROWS = r"""
    select
        kind,
        file_name,
        row_number,
        column_name,
        case
            when column_name = 'birth_date' or regexp_matches(value, '@|([0-9][ .-]?){8}|.{25}')
                then regexp_replace(
                    regexp_replace(left(value, 25), '[0-9]', '9', 'g'), '\pL', 'a', 'g'
                )
            else value
        end as value,
        reason
    from rejected_rows
    order by export_day desc, file_name, row_number
"""
