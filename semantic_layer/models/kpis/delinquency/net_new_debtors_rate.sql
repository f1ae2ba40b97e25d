-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('net_new_debtors_rate', ['segment', 'region', 'exit_reason'], 'start', ['denominator']) }}
