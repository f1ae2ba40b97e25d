-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('cost_to_collect', ['portfolio', 'channel', 'team', 'currency'], native=true) }}
