-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('recovery_rate', ['portfolio', 'product', 'creditor_brand', 'currency', 'segment', 'region', 'age_band'], native=true) }}
