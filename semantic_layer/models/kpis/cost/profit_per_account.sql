-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_means('profit_per_account', ['portfolio'], ['denominator']) }}
