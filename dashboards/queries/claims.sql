-- One row per claim of the articles, in their order: our estimate, each in a unit of its own.
select
    claim_en,
    claim_pt,
    claim_es,
    article,
    claimed_value,
    case estimate_unit
        when 'points' then 'difference'
        when 'share' then 'ratio'
        when 'relative' then 'change'
        when 'calls' then 'more'
    end as unit,
    estimate,
    interval_low as low,
    interval_high as high,
    unit_count as compared_count,
    adjusted_p_value,
    design,
    verdict,
    why_en,
    why_pt,
    why_es
from claims
order by position
