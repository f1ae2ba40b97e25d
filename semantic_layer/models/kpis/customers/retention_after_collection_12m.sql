-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ unit_moments('retention_after_collection_12m', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band']) }}
