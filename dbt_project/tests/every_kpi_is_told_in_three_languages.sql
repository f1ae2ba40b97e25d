-- A KPI has its name, its question and its definition in English, Portuguese and
-- Spanish.

select
    kpi_id,
    name_en,
    name_pt,
    name_es,
    question_en,
    question_pt,
    question_es,
    definition_en,
    definition_pt,
    definition_es
from {{ ref('kpi_catalog') }}
where
    name_en is null or question_en is null or definition_en is null
    or name_pt is null or question_pt is null or definition_pt is null
    or name_es is null or question_es is null or definition_es is null
