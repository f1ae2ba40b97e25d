"""How long the exports of a kind let wait for themselves."""

from expectations.deliveries import USUAL_DELIVERIES

# A gap of longer ago excuses none.
_OF_LATE = "(where export_day >= known_at - interval 183 days)"


def days_overdue(files: str, known_at: str) -> str:
    """Select, per kind, by how many days its newest export is overdue as ``observed``.

    It may be as late as two of its exports were apart in half a year, none where too few came to
    tell. ``files`` has a kind and an export_day per file; ``known_at`` is the day it is asked on.
    """
    return f"""
        select
            kind,
            max(export_day) as newest_export_day,
            count(days_apart) filter {_OF_LATE} >= {USUAL_DELIVERIES} as is_usual_known,
            case when is_usual_known then max(days_apart) filter {_OF_LATE} else 0 end
                as most_days_apart,
            date_diff('day', newest_export_day, known_at) - most_days_apart as observed
        from (
            select
                kind,
                export_day,
                export_day - lag(export_day) over (partition by kind order by export_day)
                    as days_apart
            from (select distinct kind, export_day from {files})
        )
        cross join (select {known_at} as known_at)
        group by kind, known_at
    """
