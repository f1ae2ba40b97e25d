-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('customer_progress', ['segment', 'region'], 'end', ['numerator', 'denominator'], mix='progress') }}
