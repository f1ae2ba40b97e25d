-- Written by `make docs` from the KPI's own YAML: change that, not this.
{{ row_stocks('channel_preference', ['segment', 'region', 'age_band'], 'end', ['numerator', 'denominator'], mix='channel') }}
