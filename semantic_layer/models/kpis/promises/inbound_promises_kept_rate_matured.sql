-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ unit_moments('inbound_promises_kept_rate_matured', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band', 'channel']) }}
