-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('portal_error_rate', ['channel', 'campaign', 'template']) }}
