"""What must hold of arrivals, core and KPIs before a release, and the audit that asks."""
