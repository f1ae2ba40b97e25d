-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_moments('complex_cases_to_people_share', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band']) }}
