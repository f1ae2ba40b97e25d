-- A model cannot be shown what is not there, so that every feature of every customer at
-- risk has a value: where nothing happened, or no export told of it, that of nothing.

{% set may_be_unknown = ['matures_on', 'outcome'] -%}

select
    decision_date,
    score_model,
    customer_id
from {{ ref('int_score_features') }}
where
    score_model is null
    {%- for column in adapter.get_columns_in_relation(ref('int_score_features'))
        if column.name not in may_be_unknown %}
    or {{ column.name }} is null
    {%- endfor %}
