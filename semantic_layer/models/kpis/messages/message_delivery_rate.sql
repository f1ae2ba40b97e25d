-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('message_delivery_rate', ['segment', 'channel', 'campaign', 'template']) }}
