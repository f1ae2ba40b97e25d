-- One row per KPI, grain, slice and part: what was published, in the order of the periods.
-- Every list has an element for each period shown, NULL where there is no figure. Of the shares of
-- a mix no changes are shown.
with

shown as (

    select kpi_values.*
    from kpi_values
    inner join shown_periods using (period_grain, period_start)
    left join shown_members using (dimension, member)
    where
        list_contains($kpis, kpi_id)
        and (dimension = 'all' or shown_members.member is not null)

),

series as (

    select distinct
        kpi_id,
        period_grain,
        dimension,
        member,
        part
    from shown

)

select
    series.kpi_id,
    series.period_grain,
    series.dimension,
    series.member,
    series.part,
    list(round(shown.value, 9) order by period_start) as values,
    case
        when series.part = 'all' then list(round(shown.change_points, 9) order by period_start)
    end as changes,
    case
        when series.part = 'all' then list(round(shown.change_relative, 9) order by period_start)
    end as relative_changes,
    list(shown.numerator order by period_start) as numerators,
    case
        when series.part = 'all' then list(shown.denominator order by period_start)
    end as denominators,
    case
        when count(shown.target) > 0 then list(shown.target order by period_start)
    end as targets,
    case
        when count(shown.blocked_by) > 0 then list(shown.blocked_by order by period_start)
    end as blocked,
    -- a letter each: final, running, maturing, - where there is none; large where it rests on few
    string_agg(
        case
            when shown.kpi_id is null then '-'
            when not shown.is_mature then if(shown.is_small_sample, 'M', 'm')
            when not shown.is_complete_period then if(shown.is_small_sample, 'R', 'r')
            else if(shown.is_small_sample, 'F', 'f')
        end,
        '' order by period_start
    ) as states
from series
inner join shown_periods using (period_grain)
left join shown using (kpi_id, period_grain, period_start, dimension, member, part)
group by
    series.kpi_id,
    series.period_grain,
    series.dimension,
    series.member,
    series.part
order by all
