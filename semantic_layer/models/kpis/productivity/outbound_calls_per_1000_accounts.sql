-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_means('outbound_calls_per_1000_accounts', ['segment', 'region'], ['denominator']) }}
