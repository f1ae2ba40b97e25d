-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('priority_adherence', ['score_model']) }}
