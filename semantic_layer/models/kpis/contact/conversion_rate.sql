-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ unit_moments('conversion_rate', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band', 'channel']) }}
