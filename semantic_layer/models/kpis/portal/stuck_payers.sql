-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('stuck_payers', ['segment', 'region', 'age_band'], 'end', ['numerator']) }}
