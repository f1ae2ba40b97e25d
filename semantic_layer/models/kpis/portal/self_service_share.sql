-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('self_service_share', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'payment_channel']) }}
