"""Ten KPIs by month by this project: loads what they need, builds their models, reads them.

    python -m benchmarks.ten_kpis EXPORTS HOME FIGURES.csv

Nothing is tested, audited or released: the contenders do none of it.
"""

import sys
from contextlib import closing
from pathlib import Path

import duckdb

from benchmarks.figures import COLUMNS, TEN
from orchestration.ingestion.assets import ingest
from orchestration.settings import Settings
from orchestration.sql_text import literal

# the kinds these KPIs rest on; others only widen the calendar
KINDS = (
    *("billing.customers", "billing.contracts", "billing.instalments", "billing.adjustments"),
    *("billing.agreements", "billing.agreement_contracts", "billing.agreement_instalments"),
    *("billing.stages", "contact.contacts", "contact.contact_events", "contact.agents"),
    *("contact.promises", "payment.payments", "payment.allocations", "payment.fx_rates"),
    "payment.portal_sessions",
)
COUNTED_BY_CUSTOMER = ("response_rate", "payment_conversion_rate")
AMOUNTS = ("cash_collected", "outbound_call_volume")


def main() -> None:
    """Load, build, read."""
    exports, home, out = (Path(argument).absolute() for argument in sys.argv[1:4])
    settings = Settings(exports=str(exports), home=str(home))
    ingest(settings, None, KINDS)

    from orchestration.dbt_runner import BuildError, build, problems  # dbt takes seconds

    built = ["--resource-type", "seed", "--resource-type", "model"]
    models = (f"+kpi_{kpi_id}" for kpi_id in TEN)
    result = build([*built, "--select", *models], settings, lambda event: None)
    if not result.success:
        raise BuildError(problems(result))
    figures = " union all ".join(
        _query(kpi_id, dimension) for kpi_id, dimensions in TEN.items() for dimension in dimensions
    )
    with closing(duckdb.connect(settings.warehouse, read_only=True)) as connection:
        connection.execute(f"copy ({figures}) to {literal(out)} (header)")


def _query(kpi_id: str, dimension: str) -> str:
    """Sum a KPI's rows by month and by the members of a dimension, or all."""
    member = "'all'" if dimension == "all" else f"coalesce(kpi_rows.{dimension}, 'unknown')"
    part, rate, rates = "'all'", "1", ""
    numerator, denominator = "sum(numerator)", "sum(denominator)"
    if kpi_id in COUNTED_BY_CUSTOMER:
        numerator = "count(distinct unit_id) filter (where numerator > 0)"
        denominator = "count(distinct unit_id)"
    if kpi_id in ("cash_collected", "payment_channel_mix") and dimension != "currency":
        rate = "case when kpi_rows.currency = 'BRL' then 1 else rate end"
        rates = (
            "left join int_fx_rates on kpi_rows.currency = int_fx_rates.currency"
            " and kpi_rows.kpi_date = int_fx_rates.rate_date"
        )
        numerator = f"sum(numerator * {rate})"
    if kpi_id in AMOUNTS:
        denominator = "null"
    if kpi_id == "payment_channel_mix":
        part = "coalesce(kpi_rows.payment_channel, 'unknown')"
        denominator = f"sum({numerator}) over (partition by date_trunc('month', kpi_date))"
    return f"""
        select
            '{kpi_id}' as {COLUMNS[0]},
            date_trunc('month', kpi_date)::date as {COLUMNS[1]},
            '{dimension}' as {COLUMNS[2]},
            {member} as {COLUMNS[3]},
            {part} as {COLUMNS[4]},
            {numerator} as {COLUMNS[5]},
            {denominator} as {COLUMNS[6]}
        from kpi_{kpi_id} as kpi_rows
        {rates}
        where kpi_date <= (select as_of from int_clock)
        group by 2, 4, 5, date_trunc('month', kpi_date)
    """


if __name__ == "__main__":
    main()
