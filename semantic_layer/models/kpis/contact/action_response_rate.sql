-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('action_response_rate', ['segment', 'channel', 'actor', 'campaign']) }}
