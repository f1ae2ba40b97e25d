-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('delinquent_balance_rate_undisputed', ['portfolio', 'product', 'creditor_brand', 'currency', 'segment', 'region', 'age_band', 'ageing_bucket'], 'end', ['numerator', 'denominator'], native=true) }}
