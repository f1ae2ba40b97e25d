-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('outbound_promises_kept_rate', ['portfolio', 'segment', 'region', 'age_band', 'team', 'agent', 'campaign']) }}
