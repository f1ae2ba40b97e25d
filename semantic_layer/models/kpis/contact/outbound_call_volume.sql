-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('outbound_call_volume', ['portfolio', 'segment', 'region', 'team', 'agent', 'actor', 'campaign']) }}
