-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('debt_reason_coverage', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band', 'ageing_bucket'], 'end', ['numerator', 'denominator']) }}
