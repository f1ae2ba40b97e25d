"""KPIs as SQL over `kpi_cells` or `kpi_values`, and how their values are written.

The SQL runs on DuckDB and on PostgreSQL alike. Each measure names its KPI, so that it is right
whatever else is in the table, and is NULL rather than wrong where a chart would add up what does
not add up: a rate that is missing, the stocks of two days, two published values.
"""

from orchestration.kpi_pages import Kpi

CELLS, VALUES = "kpi_cells", "kpi_values"
MONTH = "month"


def home(kpi: Kpi) -> str:
    """Return the table a KPI is charted from.

    Cells can be summed where rows are counted and both sides are of one time: what happened in the
    month, or what was so at its end. Units, shares of a whole, statistics and stocks of the eve of
    a month or of all its days are published values; so are amounts of a stock, which are 0 where
    there is no cell.
    """
    meta = kpi.meta
    is_summed = meta.get("counts", "row") == "row" and meta.get("kind") != "statistic"
    return CELLS if is_summed and "mix" not in meta and _is_of_one_time(kpi) else VALUES


def _is_of_one_time(kpi: Kpi) -> bool:
    spans = kpi.meta.get("spans", {})
    return not spans or all(spans.get(side) == "end" for side in ("numerator", "denominator"))


def value(kpi: Kpi, table: str) -> str:
    """Return the value of a KPI in the group that is asked for, as SQL."""
    return _sum_of_cells(kpi) if table == CELLS else _published_value(kpi)


def final_value(kpi: Kpi, table: str) -> str:
    """Return the value where the month is over and nothing in it will change, else NULL."""
    return f"CASE WHEN {is_final(kpi)} THEN {value(kpi, table)} END"


def value_so_far(kpi: Kpi, table: str) -> str:
    """Return the value where it may still change, else NULL."""
    return f"CASE WHEN NOT {is_final(kpi)} THEN {value(kpi, table)} END"


def is_final(kpi: Kpi) -> str:
    """Return whether the month is over and nothing in it will change, as SQL."""
    return f"BOOL_AND(is_final) {_only(kpi)}"


def d3_format(kpi: Kpi) -> str:
    """Return how a value is written, as d3 has it."""
    unit, is_amount = kpi.meta["unit"], kpi.meta.get("kind") == "amount"
    if unit == "ratio":
        return ",.1%"
    if is_amount:
        return ",.0f"
    return ",.2f" if unit == "money" else ",.1f"


def currency_of(kpi: Kpi, reporting_currency: str) -> dict[str, str] | None:
    """Return the sign of the reporting currency where the value is money."""
    if kpi.meta["unit"] != "money":
        return None
    return {"symbol": reporting_currency, "symbolPosition": "prefix"}


def definition(kpi: Kpi) -> str:
    """Return what a KPI asks and means, in one paragraph."""
    texts = (kpi.meta["question"]["en"], kpi.meta["definition"]["en"])
    return " ".join(" ".join(texts).split())


def _only(kpi: Kpi) -> str:
    return f"FILTER (WHERE kpi_id = '{kpi.kpi_id}')"


def _sum_of_cells(kpi: Kpi) -> str:
    numerator, denominator = (
        f"CAST(SUM({side}) {_only(kpi)} AS DOUBLE PRECISION)"
        for side in ("numerator", "denominator")
    )
    conditions = [f"COUNT(blocked_by) {_only(kpi)} = 0"]
    if kpi.meta.get("spans"):
        conditions.append(f"COUNT(DISTINCT calendar_date) {_only(kpi)} = 1")
    result = numerator
    if kpi.meta.get("kind") != "amount":
        conditions.append(f"SUM(denominator) {_only(kpi)} > 0")
        result = f"{numerator} / {denominator}"
        if (multiplier := kpi.meta.get("multiplier", "1")) != "1":
            result = f"{multiplier} * ({result})"
    return f"CASE WHEN {' AND '.join(conditions)} THEN {result} END"


def _published_value(kpi: Kpi) -> str:
    return f"CASE WHEN COUNT(*) {_only(kpi)} = 1 THEN MAX(value) {_only(kpi)} END"
