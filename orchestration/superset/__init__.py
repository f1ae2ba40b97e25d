"""Apache Superset: a dashboard of the KPIs as an importable bundle, and a Superset to show it."""
