-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('time_to_recover', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band']) }}
