-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('accounts_per_collector_fte', [], 'end', ['numerator', 'denominator']) }}
