-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('recovery_rate_180d', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band']) }}
