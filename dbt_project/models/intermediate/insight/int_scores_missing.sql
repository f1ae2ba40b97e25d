-- One row per kind of scores a KPI may need that are not there (a model of ours, or
-- any), and why, in three languages.

{% set never_trained = {
    'en': 'No model has been trained: the daily job does that, a build by dbt alone does not.',
    'pt': 'Nenhum modelo foi treinado: isso cabe à rotina diária; o dbt sozinho não o faz.',
    'es': 'No se ha entrenado ningún modelo: lo hace el proceso diario, no dbt por sí solo.',
} -%}

with

runs as (

    select *
    from {{ source('insight', 'runs') }}
    where algorithm = 'logistic_regression'

),

-- what was lacking for the newest day is what lacks
newest_runs as (

    select *
    from runs
    qualify row_number() over (
        partition by score_model order by decision_date desc
    ) = 1

),

needed as (

    {% for model in own_score_models() -%}
    select
        '{{ model }}' as needs_scores,
        '{{ model }}' as score_model
    union all
    {% endfor -%}
    select
        'any' as needs_scores,
        '{{ own_score_models() | first }}' as score_model

),

there as (

    select distinct score_model as needs_scores
    from runs
    where is_trained

    union

    select distinct 'any' as needs_scores
    from runs
    where is_trained

    union

    select distinct 'any' as needs_scores
    from {{ ref('stg_contact__scores') }}

    union

    -- warnings may go by an imported model
    select distinct 'early_warning' as needs_scores
    from {{ ref('stg_contact__scores') }}
    where
        {{ imported_score_model('model') }}
        = '{{ var("early_warning_model") }}'

)

select
    needed.needs_scores,
    coalesce(newest_runs.unavailable_en, '{{ never_trained.en }}') as unavailable_en,
    coalesce(newest_runs.unavailable_pt, '{{ never_trained.pt }}') as unavailable_pt,
    coalesce(newest_runs.unavailable_es, '{{ never_trained.es }}') as unavailable_es
from needed
left join newest_runs on needed.score_model = newest_runs.score_model
left join there on needed.needs_scores = there.needs_scores
where there.needs_scores is null
