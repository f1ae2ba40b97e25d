-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ unit_moments('repayment_rate_at_7_dpd', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band']) }}
