-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ unit_moments('payment_conversion_rate', ['segment', 'region', 'age_band', 'channel', 'actor', 'campaign']) }}
