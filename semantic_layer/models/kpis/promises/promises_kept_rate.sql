-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('promises_kept_rate', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band', 'channel', 'team', 'agent']) }}
