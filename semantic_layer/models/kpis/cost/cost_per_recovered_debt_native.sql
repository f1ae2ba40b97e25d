-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('cost_per_recovered_debt', ['portfolio', 'currency'], native=true) }}
