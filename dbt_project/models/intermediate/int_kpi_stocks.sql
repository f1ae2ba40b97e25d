-- One row per KPI, period, slice and part with a stock: each side of it on the eve of
-- the period (start), on the last day of it that has come (end), the change from the
-- one to the other, and the mean of its days. Amounts are in the reporting currency, by
-- the rate of the day they are read on; those of a currency are in their own.

with

periods as (

    select * from {{ ref('int_periods') }}

),

changes as (

    select * from {{ ref('int_kpi_stock_changes') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }}

),

rates as (

    select * from {{ ref('int_fx_rates') }}

),

-- names are long and compared again and again: a series, which is what a stock of one
-- currency does in one slice, goes by a number until the end

series as (

    select
        kpi_id,
        dimension,
        member,
        part,
        amount_currency,
        row_number() over (
            order by kpi_id, dimension, member, part, amount_currency
        ) as series_number
    from changes
    group by kpi_id, dimension, member, part, amount_currency

),

numbered as (

    select
        series.series_number,
        changes.calendar_date,
        changes.numerator,
        changes.denominator,
        changes.row_count
    from changes
    inner join series
        on
            changes.kpi_id = series.kpi_id
            and changes.dimension = series.dimension
            and changes.member = series.member
            and changes.part = series.part
            and changes.amount_currency = series.amount_currency

),

-- what changed before the first period of a grain is the opening stock of that grain

first_periods as (

    select
        period_grain,
        min(period_start) as first_period_start
    from periods
    group by period_grain

),

in_periods as (

    select
        numbered.*,
        first_periods.period_grain,
        case
            {%- for grain in period_grains() %}
            when
                first_periods.period_grain = '{{ grain }}'
                and numbered.calendar_date >= first_periods.first_period_start
                then {{ period_start(grain, 'numbered.calendar_date') }}
            {%- endfor %}
            else date '0001-01-01'
        end as period_start
    from numbered
    cross join first_periods

),

-- the days of the period on which a change makes itself felt; none before the first

felt as (

    select
        in_periods.*,
        coalesce(
            {{ days_between('in_periods.calendar_date', 'periods.last_date') }} + 1, 0
        ) as felt_days
    from in_periods
    left join periods
        on
            in_periods.period_grain = periods.period_grain
            and in_periods.period_start = periods.period_start

),

period_changes as (

    select
        series_number,
        period_grain,
        period_start,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(row_count) as row_count,
        sum(numerator * felt_days) as numerator_days,
        sum(denominator * felt_days) as denominator_days
    from felt
    group by series_number, period_grain, period_start

),

-- a stock is there in every period from its first change on

begun as (

    select
        series_number,
        period_grain,
        min(period_start) as first_period_start
    from period_changes
    group by series_number, period_grain

),

spine as (

    select
        begun.series_number,
        begun.period_grain,
        periods.period_start,
        periods.last_date,
        periods.elapsed_days
    from begun
    inner join periods
        on
            begun.period_grain = periods.period_grain
            and begun.first_period_start <= periods.period_start

    union all

    select
        series_number,
        period_grain,
        first_period_start as period_start,
        first_period_start as last_date,
        1 as elapsed_days
    from begun
    where first_period_start = date '0001-01-01'

),

filled as (

    select
        spine.*,
        coalesce(period_changes.numerator, 0) as numerator_change,
        coalesce(period_changes.denominator, 0) as denominator_change,
        coalesce(period_changes.row_count, 0) as row_change,
        coalesce(period_changes.numerator_days, 0) as numerator_days,
        coalesce(period_changes.denominator_days, 0) as denominator_days
    from spine
    left join period_changes
        on
            spine.series_number = period_changes.series_number
            and spine.period_grain = period_changes.period_grain
            and spine.period_start = period_changes.period_start

),

running as (

    select
        *,
        sum(numerator_change) over so_far as numerator_end,
        sum(denominator_change) over so_far as denominator_end,
        sum(row_change) over so_far as rows_end
    from filled
    window so_far as (
        partition by series_number, period_grain
        order by period_start
        rows between unbounded preceding and current row
    )

),

opened as (

    select
        *,
        numerator_end - numerator_change as numerator_start,
        denominator_end - denominator_change as denominator_start,
        rows_end - row_change as rows_start,
        {{ add_days('period_start', -1) }} as eve
    from running
    where period_start > date '0001-01-01'

),

-- a stock is worth another amount every day: it is converted wherever it is read, but
-- in its own currency

rated as (

    select
        opened.*,
        series.kpi_id,
        series.dimension,
        series.member,
        series.part,
        series.amount_currency,
        case
            when series.dimension = 'currency' then 1
            else {{ rate_of('series.amount_currency', 'eve_rates') }}
        end as eve_rate,
        case
            when series.dimension = 'currency' then 1
            else {{ rate_of('series.amount_currency', 'last_rates') }}
        end as last_rate
    from opened
    inner join series on opened.series_number = series.series_number
    left join rates as eve_rates
        on
            series.amount_currency = eve_rates.currency
            and opened.eve = eve_rates.rate_date
    left join rates as last_rates
        on
            series.amount_currency = last_rates.currency
            and opened.last_date = last_rates.rate_date

),

converted as (

    select
        rated.kpi_id,
        rated.period_grain,
        rated.period_start,
        rated.dimension,
        rated.member,
        rated.part,
        rated.amount_currency,
        rated.eve,
        rated.last_date,
        rated.rows_start,
        rated.rows_end,
        {{ converted(
            'rated.numerator_start', 'catalog.is_numerator_money', 'rated.eve_rate'
        ) }} as numerator_start,
        {{ converted(
            'rated.numerator_end', 'catalog.is_numerator_money', 'rated.last_rate'
        ) }} as numerator_end,
        rated.elapsed_days,
        rated.numerator_start * rated.elapsed_days + rated.numerator_days
            as numerator_days,
        {{ converted(
            'rated.denominator_start', 'catalog.is_denominator_money', 'rated.eve_rate'
        ) }} as denominator_start,
        {{ converted(
            'rated.denominator_end', 'catalog.is_denominator_money', 'rated.last_rate'
        ) }} as denominator_end,
        rated.denominator_start * rated.elapsed_days + rated.denominator_days
            as denominator_days
    from rated
    inner join catalog on rated.kpi_id = catalog.kpi_id

)

select
    kpi_id,
    period_grain,
    period_start,
    dimension,
    member,
    part,
    {%- for side in ['numerator', 'denominator'] %}
    {%- for reading, day in [('start', 'eve'), ('end', 'last_date')] %}
    cast(sum({{ side }}_{{ reading }}) as decimal(28, 4)) as {{ side }}_{{ reading }},
    min(
        case
            when {{ side }}_{{ reading }} is null
                then {{ no_rate('amount_currency', day) }}
        end
    ) as {{ side }}_{{ reading }}_blocked_by,
    {%- endfor %}
    cast(sum({{ side }}_end) - sum({{ side }}_start) as decimal(28, 4))
        as {{ side }}_change,
    -- summed before it is divided: an exact number has the same sum in any order
    {{ ratio('sum(' ~ side ~ '_days)', 'max(elapsed_days)') }} as {{ side }}_mean,
    {%- endfor %}
    sum(rows_start) as rows_start,
    sum(rows_end) as rows_end
from converted
group by kpi_id, period_grain, period_start, dimension, member, part
