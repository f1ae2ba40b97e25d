-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('payment_abandonment_rate', ['segment', 'region', 'age_band', 'channel', 'campaign', 'template']) }}
