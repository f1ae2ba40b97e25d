-- The customers delinquent when a period opens and those who enter it, less those who
-- leave, are the delinquent customers at its end, as the delinquency rate counts them.

with

kpi_values as (

    select * from {{ ref('kpi_values') }}
    where dimension in ('all', 'segment', 'region')

),

net_new as (

    select * from kpi_values
    where kpi_id = 'net_new_debtors_rate'

),

delinquent as (

    select * from kpi_values
    where kpi_id = 'delinquency_rate'

)

select
    net_new.period_grain,
    net_new.period_start,
    net_new.dimension,
    net_new.member,
    net_new.denominator as opening_customers,
    net_new.numerator as net_new_customers,
    delinquent.numerator as delinquent_customers
from net_new
left join delinquent
    on
        net_new.period_grain = delinquent.period_grain
        and net_new.period_start = delinquent.period_start
        and net_new.dimension = delinquent.dimension
        and net_new.member = delinquent.member
where net_new.denominator + net_new.numerator != coalesce(delinquent.numerator, 0)
