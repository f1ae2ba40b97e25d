-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('payment_attempt_failure_rate', ['segment', 'region', 'age_band', 'channel', 'campaign', 'failure_code']) }}
