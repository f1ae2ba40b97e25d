-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('cash_collected', ['portfolio', 'product', 'creditor_brand', 'currency', 'segment', 'region', 'payment_channel'], native=true) }}
