-- One row per customer flagged on the newest day customers were scored for early
-- warning, and not late since: the list to work before anything is late, the likeliest
-- first.

with

flagged as (

    select *
    from {{ ref('int_early_warnings_followed') }}
    where matures_on > (select as_of from {{ ref('int_clock') }})
    qualify
        decision_date = max(decision_date) over ()
        and is_flagged
        and not became_late

),

reasons as (

    select
        {%- for position in [1, 2, 3] %}
        {%- for language in ['en', 'pt', 'es'] %}
        max(text_{{ language }}) filter (where position = {{ position }})
            as reason_{{ position }}_{{ language }},
        {%- endfor %}
        {%- endfor %}
        customer_id
    from {{ ref('score_reasons') }}
    where score_model = '{{ var("early_warning_model") }}'
    group by customer_id

)

select
    row_number() over (order by flagged.score desc, flagged.customer_id asc)
        as warning_position,
    flagged.customer_id,
    flagged.decision_date,
    flagged.score,
    flagged.treatment_arm,

    -- what falls due
    obligations.next_due_date,
    coalesce(obligations.falls_due_count, 0) as falls_due_count,
    case
        when obligations.customer_id is null then 0
        else obligations.falls_due_amount
    end as falls_due_amount,
    obligations.currency,

    -- why
    {%- for position in [1, 2, 3] %}
    {%- for language in ['en', 'pt', 'es'] %}
    reasons.reason_{{ position }}_{{ language }},
    {%- endfor %}
    {%- endfor %}

    -- who it is
    flagged.segment,
    flagged.region,
    flagged.age_band
from flagged
left join {{ ref('int_obligations_ahead') }} as obligations
    on flagged.customer_id = obligations.customer_id
left join reasons on flagged.customer_id = reasons.customer_id
