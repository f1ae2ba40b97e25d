"""What the macros of statistics.sql compute, in DuckDB, against figures from elsewhere."""

import math

import duckdb
import jinja2
import pytest

from orchestration.contract import DBT_PROJECT

BINOMIAL_TAIL = sum(math.comb(200, k) * 0.1**k * 0.9 ** (200 - k) for k in range(34, 201))


def _sql(call: str) -> str:
    """Return the SQL of a call of a macro, at 95% confidence."""
    files = [DBT_PROJECT / "macros" / name for name in ("portable.sql", "statistics.sql")]
    macros = "".join(path.read_text(encoding="utf-8") for path in files)
    settings = {"var": {"confidence_percent": 95}.__getitem__, "return": str}
    return jinja2.Template(macros + "{{ " + call + " }}").render(**settings)


def _value(call: str, **columns: float | None) -> float | None:
    """Return what a call of a macro gives for a row of doubles."""
    row = ", ".join(
        f"cast({'null' if value is None else value} as double) as {name}"
        for name, value in columns.items()
    )
    query = f"select {_sql(call)} from (select {row})"
    answer = duckdb.connect().execute(query).fetchone()
    assert answer is not None
    return answer[0]


@pytest.mark.parametrize("z", [0, 0.5, 1.96, -1.96, 5, 7.07, 7.08, 12, 37])
def test_the_two_sided_p_value_is_that_of_the_error_function(z: float) -> None:
    got = _value("two_sided_p_value('z')", z=z)

    assert got == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), rel=1e-6)


@pytest.mark.parametrize(
    ("outcomes", "units", "low", "high"),
    [
        # the quantiles of Jeffreys' posterior, Beta(x + 1/2, n - x + 1/2)
        (0, 30, 0.0000, 0.0801),
        (3, 30, 0.0287, 0.2465),
        (30, 100, 0.2169, 0.3943),
        (97, 100, 0.9233, 0.9918),
        (30, 30, 0.9199, 1.0000),
    ],
)
def test_a_rate_lies_about_where_a_posterior_has_it(
    outcomes: int, units: int, low: float, high: float
) -> None:
    row = {"rate": outcomes / units, "units": float(units)}

    assert _value("rate_bound('-', 'rate', 'units')", **row) == pytest.approx(low, abs=0.009)
    assert _value("rate_bound('+', 'rate', 'units')", **row) == pytest.approx(high, abs=0.009)


def test_a_z_of_a_skewed_rate_has_the_tail_of_the_binomial() -> None:
    # 34 or more of 200 at a rate of 10%: the binomial says 0.00154, the bare z 0.00073
    row = {"z": 13.5 / math.sqrt(18), "skewness": 0.8 / math.sqrt(18)}

    z = _value("without_skewness('z', 'skewness')", **row)

    assert z is not None
    assert math.erfc(z / math.sqrt(2)) / 2 == pytest.approx(BINOMIAL_TAIL, rel=0.15)


def test_p_values_are_adjusted_within_their_family_for_how_many_there_are() -> None:
    rows = """(values
        ('of_five', 0.005), ('of_five', 0.010), ('of_five', 0.039), ('of_five', 0.040),
        ('of_five', 0.900), ('of_five', null), ('alone', 0.040), ('tied', 0.020), ('tied', 0.020)
    ) as p_values (family, p_value)"""
    query = _sql(f"adjusted_p_values({rows!r}, ['family'])")

    answer = duckdb.connect().execute(
        f"select family, p_value, adjusted_p_value from ({query})"
        " order by family, p_value nulls last"
    )

    got = [(family, p and float(p), q and round(q, 9)) for family, p, q in answer.fetchall()]
    assert got == [
        ("alone", 0.04, 0.04),
        ("of_five", 0.005, 0.025),
        ("of_five", 0.010, 0.025),
        ("of_five", 0.039, 0.05),
        ("of_five", 0.040, 0.05),
        ("of_five", 0.9, 0.9),
        ("of_five", None, None),
        ("tied", 0.02, 0.02),
        ("tied", 0.02, 0.02),
    ]
