-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_means('amount_per_collector_attributed', ['currency', 'team', 'agent'], ['denominator'], native=true) }}
