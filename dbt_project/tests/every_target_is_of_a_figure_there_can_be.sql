-- A target is of a dimension its KPI has, of a member where it is of a dimension, and
-- of a part where, and only where, the KPI is a mix. Age bands and ageing buckets are
-- those there are, and the KPI can have the value.

{%- set young, old = var('age_band_limits') %}

with

targets as (

    select * from {{ ref('kpi_targets') }}

),

kpi_catalog as (

    select * from {{ ref('kpi_catalog') }}

),

known_members as (

    select
        'ageing_bucket' as dimension,
        ageing_bucket as member
    from {{ ref('dim_ageing_buckets') }}

    {% for age_band in ['<=' ~ young, (young + 1) ~ '-' ~ old, '>' ~ old, 'unknown'] %}
    union all

    select
        'age_band' as dimension,
        '{{ age_band }}' as member
    {% endfor %}
),

judged as (

    select
        targets.*,
        case
            when
                targets.dimension != 'all'
                and ', ' || coalesce(kpi_catalog.dimensions, '') || ','
                not like '%, ' || targets.dimension || ',%'
                then 'the KPI does not have the dimension'
            when (targets.dimension = 'all') != (targets.member = 'all')
                then 'all is the one member of the dimension all'
            when (kpi_catalog.mix is null) != (targets.part = 'all')
                then 'a mix has parts, another KPI has none'
            when
                targets.dimension in ('age_band', 'ageing_bucket')
                and known_members.member is null
                then 'the dimension has no such member'
            when
                targets.target < kpi_catalog.minimum_value
                or targets.target > kpi_catalog.maximum_value
                then 'the KPI cannot have the value'
        end as problem
    from targets
    inner join kpi_catalog on targets.kpi_id = kpi_catalog.kpi_id
    left join known_members
        on
            targets.dimension = known_members.dimension
            and targets.member = known_members.member

)

select
    kpi_id,
    period_grain,
    dimension,
    member,
    part,
    target,
    problem
from judged
where problem is not null
