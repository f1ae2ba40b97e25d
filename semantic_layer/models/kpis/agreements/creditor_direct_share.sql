-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('creditor_direct_share', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band', 'channel', 'actor', 'agreement_kind']) }}
