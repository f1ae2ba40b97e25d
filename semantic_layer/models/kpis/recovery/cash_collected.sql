-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('cash_collected', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'payment_channel']) }}
