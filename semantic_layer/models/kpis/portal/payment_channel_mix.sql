-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('payment_channel_mix', ['portfolio', 'product', 'creditor_brand', 'segment', 'region'], mix='payment_channel') }}
