-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('automation_share', ['segment', 'channel', 'actor', 'campaign']) }}
