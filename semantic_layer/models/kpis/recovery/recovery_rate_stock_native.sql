-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('recovery_rate_stock', ['portfolio', 'product', 'creditor_brand', 'currency', 'segment', 'region'], 'start', ['denominator'], native=true) }}
