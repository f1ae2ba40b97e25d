-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('first_payment_default_rate_1d', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band']) }}
