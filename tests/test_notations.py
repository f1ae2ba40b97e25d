"""Numbers, words and ids as they are really written: what each notation makes of them."""

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from loading import load_all, rows, source_of
from notations import AMOUNT, DAY, FLAG, INSTANT, landed, loading_connection, spec_of
from workbooks import write_workbook

BRAZILIAN = {
    "decimal_mark": ",",
    "thousands_mark": ".",
    "currency_signs": ["R$", "BRL"],
    "negatives": ["parentheses", "trailing_minus"],
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with loading_connection() as opened:
        yield opened


@pytest.mark.parametrize(
    ("notation", "values"),
    [
        (
            BRAZILIAN,
            {
                "R$ 1.234,56": "1234.56",
                "R$1.234,56": "1234.56",
                "R$\u00a01.234,56": "1234.56",
                "1.234,56 BRL": "1234.56",
                "-R$ 5": "-5",
                "R$ -5,00": "-5.00",
                "- R$ 5": "-5",
                "(1.234,56)": "-1234.56",
                "(R$ 0,05)": "-0.05",
                "R$ (5)": "-5",
                "1.234,56-": "-1234.56",
                "R$ 7,5 -": "-7.5",
                "7,5- BRL": "-7.5",
                "+7": "7",
                "\u22127": "-7",
                "007": "007",
                # of no notation declared: left as they are
                "US$ 5": "US$ 5",
                "R$ 5 BRL": "R$ 5 BRL",
                "-(5)": "-(5)",
                "(-5)": "(-5)",
                "-5-": "-5-",
                "12.34": "12.34",
                "1.23.456": "1.23.456",
                "1,234.56": "1,234.56",
                "R$": "R$",
                "R$ ,50": "R$ ,50",
                "5 5": "5 5",
            },
        ),
        (
            {"currency_signs": ["$", "USD", "S/."], "thousands_mark": ","},
            {
                "$ -5": "-5",
                "-$5.25": "-5.25",
                "USD 1,234.5": "1234.5",
                "S/.1,234.50": "1234.50",
                "(5)": "(5)",
                "5-": "5-",
                "$1,23,456": "$1,23,456",
            },
        ),
        (
            {"decimal_mark": ",", "thousands_mark": ".", "currency_signs": ["\u20ac"]},
            {
                "1.234,56 \u20ac": "1234.56",
                "\u20ac 0,5": "0.5",
                "1.234.56 \u20ac": "1.234.56 \u20ac",
            },
        ),
        (
            {"thousands_mark": ",", "thousands_groups": "indian"},
            {
                "1,23,45,678.90": "12345678.90",
                "12,345": "12345",
                "1,234": "1234",
                "123,456": "123,456",
                "12345": "12345",
                "1,234,567": "1,234,567",
            },
        ),
        ({"thousands_mark": "'"}, {"1\u2019234'567.5": "1234567.5", "1'23": "1'23"}),
        ({}, {"1.5": "1.5", "(1.5)": "(1.5)"}),
    ],
)
def test_numbers_are_read_in_their_declared_notation_and_no_other(connection, notation, values):
    assert dict(zip(values, landed(connection, AMOUNT, list(values), **notation), strict=True)) == (
        values
    )


@given(
    amount=st.decimals(-(10**13), 10**13, places=2),
    marks=st.sampled_from([".", ",", ".,", ".'", ". ", "._", ",.", ",'", ", "]),
    signed=st.tuples(
        st.sampled_from([None, "R$", "$", "USD", "\u20ac", "S/."]),
        st.booleans(),
        st.sampled_from(["", " ", "\u00a0"]),
    ),
    negative=st.sampled_from(["minus", "parentheses", "trailing_minus"]),
)
def test_a_number_written_in_a_notation_comes_back(connection, amount, marks, signed, negative):
    decimal_mark, thousands_mark = marks[0], marks[1:] or None
    sign, is_before, gap = signed
    digits = f"{abs(amount):,.2f}".replace(",", "t").replace(".", decimal_mark)
    written = digits.replace("t", thousands_mark or "")
    if sign:
        written = f"{sign}{gap}{written}" if is_before else f"{written}{gap}{sign}"
    if amount < 0:
        written = {
            "minus": f"-{written}",
            "parentheses": f"({written})",
            "trailing_minus": f"{written}-",
        }[negative]
    (found,) = landed(
        connection,
        AMOUNT,
        [written],
        decimal_mark=decimal_mark,
        thousands_mark=thousands_mark,
        currency_signs=[sign] if sign else [],
        negatives=["parentheses", "trailing_minus"],
    )
    assert Decimal(found) == amount


@given(written=st.text("0123456789.,()- R$\u00a0+_'eE", max_size=12))
@example("1.234")
@example("12.34")
@example("1,2,3")
def test_what_is_no_number_of_the_notation_stays_or_keeps_its_digits(connection, written):
    (found,) = landed(connection, AMOUNT, [written], **BRAZILIAN)
    if found != written:
        kept = written.split(",")
        assert len(kept) <= 2
        value = "".join(filter(str.isdigit, kept[0]))
        cents = "".join(filter(str.isdigit, kept[1])) if len(kept) == 2 else ""
        magnitude = Decimal(f"{value}.{cents or 0}")
        is_negative = "-" in written or "(" in written
        assert Decimal(found) == (-magnitude if is_negative else magnitude)


def test_words_of_yes_and_no_are_declared(connection):
    values = {"SIM": "true", "s": "true", "Não": "false", "N": "false", "talvez": "talvez"}
    found = landed(
        connection, FLAG, list(values), true_values=["sim", "S"], false_values=["não", "n"]
    )
    assert dict(zip(values, found, strict=True)) == values
    assert landed(connection, FLAG, ["Sí", "1"], true_values=["SÍ", "1"]) == ["true", "true"]


@pytest.mark.parametrize(
    ("notation", "problem"),
    [
        ({"time_zone": "America/Sao Paulo"}, "is no time zone"),
        ({"currency_signs": ["R$ "]}, "is no currency sign"),
        ({"currency_signs": ["1"]}, "is no currency sign"),
        ({"currency_signs": ["."]}, "is no currency sign"),
        ({"date_formats": ["exel"]}, "is no date format"),
        ({"true_values": ["s"], "false_values": ["S"]}, "cannot be both true and false"),
        ({"thousands_groups": "indian"}, "need a thousands_mark"),
    ],
)
def test_a_notation_that_cannot_be_is_refused(notation, problem):
    with pytest.raises(ValueError, match=problem):
        spec_of(**notation)


def test_ids_keep_their_zeros_and_those_a_spreadsheet_rounded_are_rejected(
    warehouse, tmp_path, write_exports
):
    system = source_of(
        tmp_path / "erp.yml",
        """
        system: erp
        id_prefix: "e-"
        files:
          - {path: "{day}.csv", kinds: {billing.contracts: }}
          - {path: "{day}.xlsx", format: xlsx, kinds: {billing.contracts: }}
        """,
    )
    exports = write_exports(
        {
            "2024-01-31.csv": "contract_id,customer_id\n007,0001\n1.23457E+15,c1\n8,1E+15\n"
            '9,"1,2E+12"\n10,1E15\n'
        }
    )
    write_workbook(
        exports / "2024-01-31.xlsx",
        [["contract_id", "customer_id"], ["0012", "000"], [1234567890123456, "c2"]],
    )
    load_all(warehouse, exports, [system])
    assert rows(
        warehouse, "select contract_id, customer_id from raw.billing_contracts order by all"
    ) == [
        ("e-0012", "e-000"),
        ("e-007", "e-0001"),
        ("e-10", "e-1E15"),
    ]
    told = "was rounded by a spreadsheet; export the file anew with its ids as text"
    assert rows(
        warehouse, "select row_number, column_name, reason from raw.rejected_rows order by all"
    ) == [
        (3, "contract_id", f"contract_id {told}"),
        (3, "contract_id", f"contract_id {told}"),
        (4, "customer_id", f"customer_id {told}"),
        (5, "customer_id", f"customer_id {told}"),
    ]


def test_minor_units_are_those_of_the_currency(connection):
    def units(macro: str, amount: str, currency: str) -> Decimal | None:
        return connection.execute(f"select {macro}(?, ?)", [amount, currency]).fetchone()[0]

    assert units("minor_units", "123456", "brl") == Decimal("1234.56")
    assert units("minor_units", "-5", "USD") == Decimal("-0.05")
    assert units("minor_units", "500", "jpy") == units("minor_units", "500", "CLP") == 500
    assert units("minor_units", "5120", "KWD") == Decimal("5.12")
    assert units("minor_units", "999999999999999999", "usd") == Decimal("9999999999999999.99")
    # of these ISO 4217 and Stripe do not agree
    for currency, by_iso, by_stripe in (("ISK", 500, 5), ("UGX", 500, 5), ("MGA", 5, 500)):
        assert units("minor_units", "500", currency) == by_iso
        assert units("stripe_amount", "500", currency) == by_stripe
    for amount, currency in (("5", "xyz"), ("5", None), ("5.5", "usd"), (None, "usd"), ("", "usd")):
        assert units("minor_units", amount, currency) is None


def test_an_expression_may_use_the_helpers_and_an_instant_of_one_is_in_the_zone_of_the_file(
    warehouse, tmp_path, write_exports
):
    system = source_of(
        tmp_path / "psp.yml",
        """
        system: psp
        files:
          - path: "{day}.csv"
            time_zone: UTC
            kinds:
              payment.payments:
                columns: {payment_id: id, paid_at: at}
                constants: {status: cleared}
                expressions:
                  amount: minor_units(cents, money)
                  status_at: try_strptime("at", '%Y-%m-%d %H:%M:%S')
        """,
    )
    content = "id,cents,money,at\np1,1999,usd,2024-01-31 12:00:00\np2,5,???,2024-01-31 12:00:00\n"
    load_all(warehouse, write_exports({"2024-01-31.csv": content}), [system])
    assert rows(
        warehouse, "select amount::decimal(18, 2), paid_at, status_at from raw.payment_payments"
    ) == [(Decimal("19.99"), "2024-01-31 12:00:00+00", "2024-01-31 12:00:00+00")]
    assert rows(warehouse, "select reason from raw.rejected_rows") == [
        ("amount is required and empty",)
    ]


def test_the_notation_of_the_guide_is_read_as_it_says(connection, request):
    guide = (request.config.rootpath / "docs/connect-your-exports.md").read_text("utf-8")
    example = guide.split("### Values as they are written")[1].split("```yaml")[1].split("```")[0]
    notation = yaml.safe_load(example)
    assert landed(connection, AMOUNT, ["-R$ 1.234,5", "(5 BRL)"], **notation) == ["-1234.5", "-5"]
    assert landed(connection, DAY, ["2 de março de 2024", "45322"], **notation) == [
        "2024-03-02",
        "2024-01-31",
    ]
    assert landed(connection, INSTANT, ["31/01/2024 10:00"], **notation) == [
        "2024-01-31 15:00:00+00"
    ]
    assert landed(connection, FLAG, ["S", "não"], **notation) == ["true", "false"]
    offsets = [f"31/01/2024 10:00 {offset}" for offset in ("-03", "-0300", "-03:00")]
    found = landed(connection, INSTANT, offsets, timestamp_formats=["%d/%m/%Y %H:%M %z"])
    assert found == ["2024-01-31 13:00:00+00"] * 3
