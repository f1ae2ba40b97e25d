-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('renegotiation_rate_value', ['portfolio', 'product', 'creditor_brand', 'segment', 'region'], 'start', ['denominator']) }}
