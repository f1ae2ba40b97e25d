-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ unit_stocks('renegotiation_rate_signed', ['portfolio', 'product', 'creditor_brand', 'segment', 'region', 'age_band', 'agreement_kind'], 'start', ['denominator']) }}
