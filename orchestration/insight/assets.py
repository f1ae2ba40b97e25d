"""The scores as Dagster assets: after the models they are made from, before what reads them."""

from collections.abc import Iterator

import dagster as dg

from orchestration.contract import own_tables
from orchestration.ingestion.assets import WAREHOUSE_POOL
from orchestration.progress import report
from orchestration.runs import recorder_of
from orchestration.settings import Settings

FEATURES = dg.AssetKey("int_score_features")
TABLES = [table.removeprefix("raw.insight_") for table in own_tables("insight")]


@dg.multi_asset(
    name="insight",
    specs=[
        dg.AssetSpec(
            ["insight", table], deps=[FEATURES], group_name="insight", kinds={"scikitlearn"}
        )
        for table in TABLES
    ],
    pool=WAREHOUSE_POOL,
)
def insight(
    context: dg.AssetExecutionContext, settings: Settings
) -> Iterator[dg.MaterializeResult]:
    """Train the models and score who is at risk; where that cannot be, write down why."""
    from orchestration.insight.scoring import score  # scikit-learn takes seconds

    report("Scoring", 0, 0)
    with recorder_of(context.run.run_id).step("building"):
        row_counts = score(settings.warehouse)
    for table in TABLES:
        yield dg.MaterializeResult(
            asset_key=["insight", table], metadata={"dagster/row_count": row_counts[table]}
        )
