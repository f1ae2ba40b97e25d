-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('message_visit_rate', ['segment', 'channel', 'campaign', 'template']) }}
