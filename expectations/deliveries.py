"""Figures of every delivery, each raw table read once, for the checks that compare deliveries.

A delivery is what one system exported of one kind on one day, in however many files. New is one
that is not in the published release: the checks judge those, all of them, so that a bad one does
not slip through behind a good one of the next day.
"""

from expectations.kinds import (
    amount_class_of,
    content_of,
    hour_of,
    is_ahead,
    is_negative,
    is_of_new_delivery,
    is_unknown,
    money_of,
    part_of,
    references_of,
    union,
    version_of,
)
from orchestration.contract import Kind, contract

# Days of deliveries that say what is usual, and how many deliveries it takes to say so.
USUAL_DAYS = 182
USUAL_DELIVERIES = 4
# Classes of amounts, three of which double them, beyond the usual ones where another unit begins: a
# single large contract brings a year of instalments somewhat above any before.
CLASSES_BEYOND = 3

KNOWN_FILES = """
    select files.* replace (area || '.' || kind as kind)
    from raw.files
    where export_day <= (select known_at from int_clock)
"""

# A delivery that was never released is new; so is one whose files came again after the release.
DELIVERIES = """
    select
        source_system,
        kind,
        export_day,
        bool_or(is_full) as is_full,
        sum(rows_in) as rows_in,
        {is_new} as is_new
    from known_files
    group by all
"""
SINCE_RELEASE = """
    bool_or(
        export_day > (select known_at from published.main.release)
        or loaded_at > (select released_at from published.main.release)
    )
"""

# The sides of a range: of the same weekday, or of all days where too few of it are known. The
# first delivery of a system brings the past along and says nothing of a usual one.
USUAL_VOLUMES = f"""
    with

    numbered as (
        select
            *,
            isodow(export_day) as weekday,
            row_number() over (
                partition by source_system, kind order by export_day
            ) as delivery_number
        from deliveries
    )

    select
        *,
        count(*) over same_weekday >= {USUAL_DELIVERIES} as is_by_weekday,
        case when is_by_weekday then min(rows_in) over same_weekday
            else min(rows_in) over any_day end as least_rows,
        case when is_by_weekday then median(rows_in) over same_weekday
            else median(rows_in) over any_day end as usual_rows,
        case when is_by_weekday then max(rows_in) over same_weekday
            else max(rows_in) over any_day end as most_rows,
        count(*) over any_day as usual_deliveries
    from numbered
    where delivery_number > 1
    window
        any_day as (
            partition by source_system, kind order by export_day
            range between interval {USUAL_DAYS} days preceding and interval 1 day preceding
        ),
        same_weekday as (
            partition by source_system, kind, weekday order by export_day
            range between interval {USUAL_DAYS} days preceding and interval 1 day preceding
        )
"""

# Hours of the day: the range of the means of deliveries that have some.
USUAL_HOURS = f"""
    select
        source_system,
        kind,
        export_day,
        timed_rows,
        mean_hour,
        min(mean_hour) over earlier as earliest_mean_hour,
        max(mean_hour) over earlier as latest_mean_hour,
        greatest(mean_hour - latest_mean_hour, earliest_mean_hour - mean_hour) as hours_beyond,
        count(*) over earlier as usual_deliveries
    from delivery_figures
    where timed_rows >= {{from_rows}}
    window earlier as (
        partition by source_system, kind order by export_day
        range between interval {USUAL_DAYS} days preceding and interval 1 day preceding
    )
"""

# Amounts: the share of a delivery well beyond 99 of 100 amounts before it. Amounts are put into
# classes of which each begins a quarter above the one before.
USUAL_AMOUNTS = f"""
    with

    delivered as (
        select source_system, kind, part, export_day, sum(amount_count) as amount_rows
        from amount_classes
        inner join deliveries using (source_system, kind, export_day)
        where is_new
        group by all
    ),

    earlier as (
        select
            delivered.*,
            earlier.amount_class,
            sum(earlier.amount_count) as amount_count
        from delivered
        inner join amount_classes as earlier
            on
                delivered.source_system = earlier.source_system
                and delivered.kind = earlier.kind
                and delivered.part is not distinct from earlier.part
                and earlier.export_day < delivered.export_day
                and earlier.export_day >= delivered.export_day - {USUAL_DAYS}
        group by all
    ),

    cumulated as (
        select
            *,
            sum(amount_count) over (delivery order by amount_class) as rows_up_to,
            sum(amount_count) over delivery as usual_amounts
        from earlier
        window delivery as (partition by source_system, kind, part, export_day)
    ),

    usual as (
        select
            source_system,
            kind,
            part,
            export_day,
            amount_rows,
            usual_amounts,
            min(amount_class) filter (rows_up_to >= 0.01 * usual_amounts) as low_class,
            min(amount_class) filter (rows_up_to >= 0.99 * usual_amounts) as high_class
        from cumulated
        group by all
    ),

    compared as (
        select
            usual.*,
            sum(amount_count) filter (amount_class < low_class - {CLASSES_BEYOND}) as smaller_rows,
            sum(amount_count) filter (amount_class > high_class + {CLASSES_BEYOND}) as larger_rows
        from usual
        inner join amount_classes
            on
                usual.source_system = amount_classes.source_system
                and usual.kind = amount_classes.kind
                and usual.part is not distinct from amount_classes.part
                and usual.export_day = amount_classes.export_day
        group by all
    )

    select
        *,
        greatest(coalesce(smaller_rows, 0), coalesce(larger_rows, 0)) / amount_rows
            as unusual_share
    from compared
"""


def prepared(from_timed_rows: int, is_compared: bool) -> dict[str, str]:
    """Return the tables to prepare; ``is_compared`` with a published release.

    Hours are compared between deliveries of at least so many rows with a time of day.
    """
    kinds = contract().values()
    return {
        "known_files": KNOWN_FILES,
        "deliveries": DELIVERIES.format(is_new=SINCE_RELEASE if is_compared else "true"),
        "delivery_figures": union(_figures, kinds),
        "contradictions": union(_contradictions, kinds),
        "amount_classes": union(_amount_classes, filter(money_of, kinds)),
        "usual_volumes": USUAL_VOLUMES,
        "usual_hours": USUAL_HOURS.format(from_rows=from_timed_rows),
        "usual_amounts": USUAL_AMOUNTS,
        "references_made": union(_references, filter(references_of, kinds)),
    }


# What is new, and what was before it to compare it with.
COMPARED = f"""
    export_day between
        (select min(export_day) - {USUAL_DAYS} from deliveries where is_new)
        and (select known_at from int_clock)
"""


def _figures(kind: Kind) -> str:
    hour, has_hour = hour_of(kind)
    return f"""
        select
            source_system,
            '{kind.id}' as kind,
            export_day,
            count(*) as row_count,
            count(*) - count(distinct {version_of(kind)}) as repeated_rows,
            count_if({is_negative(kind)}) as negative_rows,
            count_if({is_ahead(kind)}) as ahead_rows,
            count_if({has_hour}) as timed_rows,
            avg({hour}) filter ({has_hour}) as mean_hour
        from {kind.table} as delivered
        where {COMPARED}
        group by all
    """


def _contradictions(kind: Kind) -> str:
    return f"""
        select
            source_system,
            '{kind.id}' as kind,
            export_day,
            count(*) as row_count,
            count(distinct {content_of(kind)}) - count(distinct {version_of(kind)})
                as contradicting_rows
        from {kind.table} as delivered
        where (source_system, export_day) in (
            select (source_system, export_day)
            from delivery_figures
            inner join deliveries using (source_system, kind, export_day)
            where kind = '{kind.id}' and repeated_rows > 0 and is_new
        )
        group by all
    """


def _amount_classes(kind: Kind) -> str:
    return f"""
        select
            source_system,
            '{kind.id}' as kind,
            {part_of(kind)} as part,
            export_day,
            {amount_class_of(kind)} as amount_class,
            count(*) as amount_count
        from {kind.table} as delivered
        where amount_class is not null and {COMPARED}
        group by all
    """


def _references(kind: Kind) -> str:
    return union(
        lambda reference: (
            f"""
            select
                source_system,
                '{kind.id}' as kind,
                export_day,
                '{reference[0]}' as column_name,
                count({reference[0]}) as naming_rows,
                count_if({is_unknown(*reference)}) as unknown_rows
            from {kind.table} as delivered
            where {is_of_new_delivery(kind)}
            group by all
        """
        ),
        references_of(kind).items(),
    )
