-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('preference_honoured_rate', ['segment', 'channel', 'actor', 'campaign']) }}
