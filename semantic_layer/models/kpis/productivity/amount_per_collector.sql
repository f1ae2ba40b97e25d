-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_means('amount_per_collector', [], ['denominator']) }}
