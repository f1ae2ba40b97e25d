-- One row per change of the operation and measure: what it was in as many days before
-- the change as after it, and the delinquent accounts behind it. Nothing tells the
-- change from whatever else changed with it.

with

clock as (

    select * from {{ ref('int_clock') }}

),

windows as (

    select
        change_id,
        changed_date,
        window_days,
        'before' as side,
        {{ add_days('changed_date', '-window_days') }} as window_start_date,
        {{ add_days('changed_date', -1) }} as window_end_date
    from {{ ref('operation_changes') }}

    union all

    select
        change_id,
        changed_date,
        window_days,
        'after' as side,
        changed_date as window_start_date,
        {{ add_days('changed_date', 'window_days - 1') }} as window_end_date
    from {{ ref('operation_changes') }}

),

-- money as it is published, in the reporting currency

cells as (

    select
        kpi_id,
        calendar_date,
        sum(numerator) as numerator,
        max(case when numerator is null then 1 else 0 end) as is_blocked
    from {{ ref('kpi_cells') }}
    where kpi_id in ('outbound_call_volume', 'cash_collected') and not is_stock
    group by kpi_id, calendar_date

),

available as (

    select kpi_id from {{ ref('kpi_catalog') }}
    where kpi_id in ('outbound_call_volume', 'cash_collected') and is_available

),

-- without a rate for some of it, or the export it needs, a sum is not known

sums as (

    select
        windows.change_id,
        windows.side,
        available.kpi_id,
        case
            when coalesce(max(cells.is_blocked), 0) = 0
                then coalesce(sum(cells.numerator), 0)
        end as total
    from windows
    cross join available
    left join cells
        on
            available.kpi_id = cells.kpi_id
            and windows.window_start_date <= cells.calendar_date
            and windows.window_end_date >= cells.calendar_date
    group by windows.change_id, windows.side, available.kpi_id

),

summed as (

    select
        change_id,
        side,
        max(total) filter (where kpi_id = 'outbound_call_volume') as call_count,
        max(total) filter (where kpi_id = 'cash_collected') as cash_amount
    from sums
    group by change_id, side

),

delinquent as (

    select
        windows.change_id,
        windows.side,
        sum(
            {{ days_between(
                'greatest(windows.window_start_date, spans.valid_from_date)',
                'least(windows.window_end_date, spans.valid_to_date)'
            ) }} + 1
        ) as account_days
    from windows
    inner join {{ ref('int_account_spans') }} as spans
        on
            windows.window_start_date <= spans.valid_to_date
            and windows.window_end_date >= spans.valid_from_date
    where spans.is_delinquent
    group by windows.change_id, windows.side

),

-- an account that reached 7 days past due twice counts once, as in the KPI

reached as (

    select
        windows.change_id,
        windows.side,
        repayments.unit_id,
        max(repayments.numerator) as is_cleared,
        max(repayments.matures_on) as matures_on
    from windows
    inner join {{ ref('kpi_repayment_rate_at_7_dpd') }} as repayments
        on
            windows.window_start_date <= repayments.kpi_date
            and windows.window_end_date >= repayments.kpi_date
    group by windows.change_id, windows.side, repayments.unit_id

),

repaid as (

    select
        change_id,
        side,
        {{ ratio('sum(is_cleared)', 'count(*)') }} as repayment_rate,
        max(matures_on) as matures_on
    from reached
    group by change_id, side

),

first_days as (

    select min(valid_from_date) as first_date
    from {{ ref('int_account_spans') }}

),

sides as (

    select
        windows.change_id,
        windows.changed_date,
        windows.window_days,
        windows.side,
        {{ ratio('coalesce(delinquent.account_days, 0)', 'windows.window_days') }}
            as delinquent_accounts,
        summed.call_count,
        summed.cash_amount,
        repaid.repayment_rate,
        windows.window_end_date <= (select as_of from clock)
        and coalesce(
            windows.window_start_date >= (select first_date from first_days), false
        ) as is_complete,
        coalesce(repaid.matures_on <= (select as_of from clock), true) as is_mature
    from windows
    left join summed
        on
            windows.change_id = summed.change_id
            and windows.side = summed.side
    left join delinquent
        on
            windows.change_id = delinquent.change_id
            and windows.side = delinquent.side
    left join repaid
        on
            windows.change_id = repaid.change_id
            and windows.side = repaid.side

),

measured as (

    select
        sides.*,
        measures.measure,
        case measures.measure
            when 'outbound_calls' then cast(sides.call_count as double)
            when 'outbound_calls_per_1000_accounts'
                then 1000 * {{ ratio('sides.call_count', 'sides.delinquent_accounts') }}
            when 'cash_collected' then cast(sides.cash_amount as double)
            when 'cash_per_delinquent_account'
                then {{ ratio('sides.cash_amount', 'sides.delinquent_accounts') }}
            else sides.repayment_rate
        end as value,
        sides.is_complete
        and (measures.measure != 'repayment_rate_at_7_dpd' or sides.is_mature)
            as is_measured
    from sides
    cross join (
        values
        ('outbound_calls'),
        ('outbound_calls_per_1000_accounts'),
        ('cash_collected'),
        ('cash_per_delinquent_account'),
        ('repayment_rate_at_7_dpd')
    ) as measures (measure)

)

select
    earlier.change_id,
    earlier.changed_date,
    earlier.window_days,
    earlier.measure,
    'raw' as design,
    earlier.value as value_before,
    later.value as value_after,
    earlier.is_measured and later.is_measured as is_complete,
    -- windows that are not over, or began before the data, conclude nothing
    case
        when earlier.is_measured and later.is_measured then later.value - earlier.value
    end as difference,
    case
        when earlier.is_measured and later.is_measured
            then {{ ratio('(later.value - earlier.value)', 'earlier.value') }}
    end as difference_relative,
    earlier.delinquent_accounts as delinquent_accounts_before,
    later.delinquent_accounts as delinquent_accounts_after
from measured as earlier
inner join measured as later
    on
        earlier.change_id = later.change_id
        and earlier.measure = later.measure
        and later.side = 'after'
where earlier.side = 'before'
