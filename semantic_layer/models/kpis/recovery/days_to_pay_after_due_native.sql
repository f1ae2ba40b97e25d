-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('days_to_pay_after_due', ['portfolio', 'product', 'creditor_brand', 'currency', 'segment', 'region', 'age_band'], native=true) }}
