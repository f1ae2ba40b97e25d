-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('untouched_recovery_share', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band']) }}
