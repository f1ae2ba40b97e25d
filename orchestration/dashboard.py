"""The pages of the dashboard as Dagster assets, one for each dbt exposure: there lineage ends."""

from collections.abc import Iterator
from importlib.util import find_spec

import dagster as dg

from orchestration.errors import machine_error
from orchestration.ingestion.assets import WAREHOUSE_POOL
from orchestration.progress import report
from orchestration.releases import release_file
from orchestration.settings import Settings
from orchestration.transformation import TRANSLATOR, manifest

PREFIX = "dashboard_"
# of the extra "dashboard"
DRAWN_BY = ("altair", "jinja2", "vl_convert")


class DrawingError(Exception):
    """A release is published and has no dashboard; a sentence per problem."""

    def __init__(self, *problems: str) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(problems))


def _pages() -> Iterator[dg.AssetSpec]:
    """Yield an asset per page, which is built from the release and reads these models."""
    project = manifest()
    for exposure in project["exposures"].values():
        reads = [project["nodes"][node] for node in exposure["depends_on"]["nodes"]]
        yield dg.AssetSpec(
            ["dashboard", exposure["name"].removeprefix(PREFIX)],
            deps=[dg.AssetKey("release"), *(TRANSLATOR.get_asset_key(node) for node in reads)],
            group_name="dashboard",
            description=exposure["description"],
            metadata={
                "owner": exposure["owner"]["name"],
                "audience": exposure["config"]["meta"]["audience"],
            },
            skippable=True,
        )


@dg.multi_asset(specs=list(_pages()), pool=WAREHOUSE_POOL)
def dashboard(
    context: dg.AssetExecutionContext, settings: Settings
) -> Iterator[dg.MaterializeResult]:
    """Draw the release that is published; left out where what draws it is not installed."""
    if not all(find_spec(name) for name in DRAWN_BY):
        context.log.warning('There is no dashboard: it takes `pip install ".[dashboard]"`.')
        return
    report("Drawing", 0, 0, "the dashboard")
    from dashboards.building import build_dashboard

    release = release_file(settings.run_home).parent
    try:
        built = build_dashboard(release)
    except Exception as error:
        told = machine_error(error, settings.run_home)
        raise DrawingError(
            f"Release {release.name} is published, but its dashboard could not be drawn.",
            *(told.problems if told else [f"{type(error).__name__}: {error}"]),
        ) from error
    for name, path in built.pages.items():
        yield dg.MaterializeResult(
            ["dashboard", name],
            metadata={"release_id": release.name, "path": dg.MetadataValue.path(path)},
        )
