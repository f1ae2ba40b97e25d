-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('speech_coverage', ['portfolio', 'product', 'segment', 'region', 'team', 'agent', 'actor', 'campaign']) }}
