-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('self_service_plan_share', ['segment', 'region', 'age_band', 'channel', 'agreement_kind']) }}
