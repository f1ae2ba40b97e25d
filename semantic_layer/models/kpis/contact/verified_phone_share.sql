-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('verified_phone_share', ['segment', 'region', 'age_band'], 'end', ['numerator', 'denominator']) }}
