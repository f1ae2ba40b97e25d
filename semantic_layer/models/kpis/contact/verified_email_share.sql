-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('verified_email_share', ['segment', 'region', 'age_band'], 'end', ['numerator', 'denominator']) }}
