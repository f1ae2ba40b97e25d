-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('early_warning_precision', ['segment', 'region', 'age_band', 'treatment_arm']) }}
