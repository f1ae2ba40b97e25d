-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('net_promoter_score', ['segment', 'region', 'age_band', 'channel', 'actor']) }}
