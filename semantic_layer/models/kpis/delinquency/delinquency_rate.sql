-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ unit_stocks('delinquency_rate', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band'], 'end', ['numerator', 'denominator']) }}
