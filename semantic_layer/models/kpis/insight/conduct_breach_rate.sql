-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ unit_moments('conduct_breach_rate', ['conduct_rule', 'channel', 'actor', 'team', 'campaign', 'region']) }}
