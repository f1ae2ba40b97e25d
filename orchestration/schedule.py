"""When the daily job runs."""

import dagster as dg

from orchestration.policies import policy

daily = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.all(),
    description="Load every export day that is new or changed, build, audit, release.",
)

every_morning = dg.ScheduleDefinition(
    name="every_morning",
    job=daily,
    cron_schedule="0 6 * * *",
    execution_timezone=policy("business_time_zone"),
)
