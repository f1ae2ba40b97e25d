-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('informed_call_share', ['segment', 'team', 'agent', 'campaign']) }}
