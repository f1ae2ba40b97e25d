-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('survey_response_rate', ['segment', 'region', 'age_band', 'channel', 'actor']) }}
