-- One row per decision day and customer id that was merged into another by then, as
-- known on the day: the golden customer it stood for.

with recursive

days as (

    select * from {{ ref('int_score_days') }}

),

versions as (

    {{ delivered_versions('billing', 'customers') }}

),

customers as (

    select
        days.decision_date,
        versions.customer_id,
        versions.merged_into_customer_id
    from versions
    inner join days on {{ is_version_of('versions') }}
    where versions.merged_into_customer_id is not null

),

{{ merge_chains(keys=['decision_date']) }}
