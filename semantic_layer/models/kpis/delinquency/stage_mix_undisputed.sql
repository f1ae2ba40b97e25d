-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('stage_mix_undisputed', ['portfolio', 'product', 'creditor_brand', 'ageing_bucket'], 'end', ['numerator', 'denominator'], mix='stage') }}
