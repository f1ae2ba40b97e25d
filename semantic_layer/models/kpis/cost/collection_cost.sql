-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('collection_cost', ['cost_kind', 'channel', 'team', 'portfolio']) }}
