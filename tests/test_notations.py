"""Values as they are really written: what each declared notation makes of them, and leaves."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from loading import load_all, rows, source_of
from workbooks import write_workbook

from orchestration.contract import Column
from orchestration.expression_helpers import create_helpers
from orchestration.file_spec import FileSpec
from orchestration.notation import in_utc, plain

AMOUNT = Column("value", "decimal(18, 2)", False, "")
DAY = Column("value", "date", False, "")
INSTANT = Column("value", "timestamp", False, "")
FLAG = Column("value", "boolean", False, "")
BRAZILIAN = {
    "decimal_mark": ",",
    "thousands_mark": ".",
    "currency_signs": ["R$", "BRL"],
    "negatives": ["parentheses", "trailing_minus"],
}
quickly = settings(derandomize=True, max_examples=50, deadline=None)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set TimeZone = 'UTC'")
        create_helpers(opened)
        yield opened


def spec_of(**notation: Any) -> FileSpec:
    return FileSpec(path="{day}.csv", kinds={"billing.customers": {}}, **notation)


def landed(
    connection: duckdb.DuckDBPyConnection, column: Column, written: Sequence[str], **notation: Any
) -> list[str]:
    """What values of a column land as."""
    spec = spec_of(**notation)
    value = plain(column, spec)
    if column.data_type == "timestamp":
        value = in_utc(value, spec)
    return [
        found
        for (found,) in connection.execute(
            f"select {value} from (select unnest(?::varchar[]) as value, unnest(?) as position)"
            " order by position",
            [list(written), list(range(len(written)))],
        ).fetchall()
    ]


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


@quickly
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


@quickly
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


@pytest.mark.parametrize(
    ("form", "values"),
    [
        (
            "excel",
            {
                "1": "1900-01-01",
                "59": "1900-02-28",
                "60": "60",
                "60.5": "60.5",
                "61": "1900-03-01",
                "45322": "2024-01-31",
                "45322.75": "2024-01-31",
                "2958465": "9999-12-31",
                "2958466": "2958466",
                "0": "0",
                "0.5": "0.5",
                "-1": "-1",
                "20240131": "20240131",
            },
        ),
        ("excel_1904", {"0": "1904-01-01", "43860": "2024-01-31", "2957004": "2957004"}),
        # the day in the business time zone, three hours behind
        ("epoch_seconds", {"1706670000": "2024-01-31", "1706669999": "2024-01-30"}),
        (
            "epoch_milliseconds",
            {"1706670000000": "2024-01-31", "1706669999999.9": "2024-01-30", "1706": "1706"},
        ),
        (
            "%d/%m/%y",
            {"31/01/24": "2024-01-31", "31/01/69": "1969-01-31", "01/01/68": "2068-01-01"},
        ),
        (
            "%d-%b-%Y",
            {
                "31-ene-2024": "2024-01-31",
                "31-JAN-2024": "2024-01-31",
                "01-Dez-2024": "2024-12-01",
                "31-fev-2024": "31-fev-2024",
                "05-sept-2024": "2024-09-05",
                "05-março-2024": "2024-03-05",
                "05-marzzo-2024": "05-marzzo-2024",
            },
        ),
        (
            "%d de %B de %Y",
            {
                "2 de março de 2024": "2024-03-02",
                "2 de Mar de 2024": "2024-03-02",
                "15 de Setiembre de 2023": "2023-09-15",
                "2 de março de 24": "0024-03-02",
            },
        ),
        ("%d/%m/%Y %H:%M %z", {"31/01/2024 23:30 -0300": "2024-01-31"}),
    ],
)
def test_days_are_read_in_their_declared_notation(connection, form, values):
    found = landed(connection, DAY, list(values), date_formats=[form])
    assert dict(zip(values, found, strict=True)) == values


@pytest.mark.parametrize(
    ("form", "zone", "values"),
    [
        (
            "excel",
            None,
            {
                "45322.75": "2024-01-31 18:00:00",
                "45322": "2024-01-31 00:00:00",
                "45322.520833333336": "2024-01-31 12:30:00",
                "45322.3833101852": "2024-01-31 09:11:58",
            },
        ),
        ("excel", "UTC", {"45322.75": "2024-01-31 18:00:00+00"}),
        (
            "epoch_seconds",
            None,
            {
                "1706702400": "2024-01-31 12:00:00+00",
                "1706702400.25": "2024-01-31 12:00:00.25+00",
                "100000000": "1973-03-03 09:46:40+00",
                # milliseconds, and what may be anything
                "1706702400000": "1706702400000",
                "99999999": "99999999",
            },
        ),
        (
            "epoch_milliseconds",
            "Europe/Madrid",
            {"1706702400123": "2024-01-31 12:00:00.123+00", "1706702400": "1706702400"},
        ),
        (
            "%d/%m/%Y %H:%M %Z",
            "UTC",
            {
                "31/01/2024 10:00 America/Sao_Paulo": "2024-01-31 13:00:00+00",
                "31/01/2024 10:00 Nowhere": "31/01/2024 10:00 Nowhere",
            },
        ),
        (
            "%d/%m/%Y %H:%M",
            "Europe/Madrid",
            {
                "31/01/2024 10:00": "2024-01-31 09:00:00+00",
                "2024-01-31 10:00": "2024-01-31 09:00:00+00",
                "2024-01-31T10:00:00.5": "2024-01-31 09:00:00.5+00",
                "2024-07-31 9:05": "2024-07-31 07:05:00+00",
                # an offset is taken at its word, and a day without a time stays one
                "2024-01-31 10:00:00-03": "2024-01-31 10:00:00-03",
                "2024-01-31 9:00Z": "2024-01-31 9:00Z",
                "2024-01-31": "2024-01-31",
                "2024-01-31 25:00": "2024-01-31 25:00",
            },
        ),
    ],
)
def test_instants_are_read_in_their_notation_and_time_zone(connection, form, zone, values):
    found = landed(connection, INSTANT, list(values), timestamp_formats=[form], time_zone=zone)
    assert dict(zip(values, found, strict=True)) == values


@pytest.mark.parametrize(
    ("zone", "values"),
    [
        # 2018-02-18 00:00 became the 17th 23:00; 2018-11-04 00:00 became 01:00
        (
            "America/Sao_Paulo",
            {
                "2018-02-17 22:59:59": "2018-02-18 00:59:59+00",
                "2018-02-17 23:30:00": "2018-02-18 02:30:00+00",
                "2018-02-18 00:00:00": "2018-02-18 03:00:00+00",
                "2018-11-03 23:59:59": "2018-11-04 02:59:59+00",
                "2018-11-04 00:30:00": "2018-11-04 03:30:00+00",
                "2018-11-04 01:00:00": "2018-11-04 03:00:00+00",
                "2019-02-16 23:30:00": "2019-02-17 02:30:00+00",
                # no summer time any more
                "2019-11-03 00:30:00": "2019-11-03 03:30:00+00",
            },
        ),
        (
            "Europe/Madrid",
            {
                "2024-03-31 01:59:59": "2024-03-31 00:59:59+00",
                "2024-03-31 02:30:00": "2024-03-31 01:30:00+00",
                "2024-03-31 03:00:00": "2024-03-31 01:00:00+00",
                "2024-10-27 01:59:59": "2024-10-26 23:59:59+00",
                "2024-10-27 02:30:00": "2024-10-27 01:30:00+00",
                "2024-10-27 03:00:00": "2024-10-27 02:00:00+00",
            },
        ),
        (
            "America/Santiago",
            {
                "2024-04-06 23:30:00": "2024-04-07 03:30:00+00",
                "2024-04-07 00:00:00": "2024-04-07 04:00:00+00",
                "2024-09-07 23:59:59": "2024-09-08 03:59:59+00",
                "2024-09-08 00:30:00": "2024-09-08 04:30:00+00",
                "2024-09-08 01:00:00": "2024-09-08 04:00:00+00",
            },
        ),
    ],
)
def test_in_the_nights_a_clock_is_changed_the_rule_of_the_guide_holds(connection, zone, values):
    """A time shown twice is the later one; one that is skipped counts on from before the gap."""
    found = landed(connection, INSTANT, list(values), time_zone=zone)
    assert dict(zip(values, found, strict=True)) == values
    for written, instant in values.items():
        clock = datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone))
        later = max(clock.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        assert datetime.fromisoformat(instant) == later


@quickly
@given(
    instant=st.datetimes(datetime(1973, 4, 1), datetime(2286, 1, 1)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    ),
    zone=st.sampled_from(["UTC", "America/Sao_Paulo", "Europe/Madrid", "Asia/Kolkata"]),
)
def test_an_instant_written_in_a_notation_comes_back(connection, instant, zone):
    since_1970 = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    excel = Decimal(
        (instant.replace(tzinfo=None) - datetime(1899, 12, 30)) // timedelta(0, 0, 1000)
    )
    written = {
        "epoch_seconds": f"{Decimal(since_1970) / 1000:f}",
        "epoch_milliseconds": str(since_1970),
        "%d/%m/%Y %H:%M:%S.%f %z": instant.astimezone(ZoneInfo(zone)).strftime(
            "%d/%m/%Y %H:%M:%S.%f %z"
        ),
    }
    for form, text in written.items():
        # DuckDB writes no offset of minutes without a colon
        found = landed(connection, INSTANT, [text], timestamp_formats=[form], time_zone=zone)
        assert datetime.fromisoformat(found[0]) == instant, form
    text = f"{excel / 86_400_000:.12f}"
    (found,) = landed(connection, INSTANT, [text], timestamp_formats=["excel"], time_zone="UTC")
    assert datetime.fromisoformat(found) == instant


@quickly
@given(day=st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_a_day_written_in_a_notation_comes_back(connection, day):
    written = {
        "excel": str((day - date(1899, 12, 30)).days),
        "%d/%m/%Y": f"{day:%d/%m/}{day.year}",
        "%Y%m%d": day.isoformat().replace("-", ""),
    }
    for form, text in written.items():
        assert landed(connection, DAY, [text], date_formats=[form]) == [day.isoformat()]


@quickly
@given(written=st.text("0123456789/-. :ezan", max_size=14))
def test_what_is_no_day_of_the_notations_stays_as_it_is(connection, written):
    forms = ["%d/%m/%Y", "excel", "epoch_milliseconds"]
    (found,) = landed(connection, DAY, [written], date_formats=forms)
    is_one = False
    for shape in ("%d/%m/%Y",):
        try:
            is_one = datetime.strptime(written.strip(), shape).date().isoformat() == found
        except ValueError:
            continue
    digits = written.replace(".", "", 1)
    assert found == written or is_one or digits.isdigit()


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
        ("e-1234567890123456", "e-c2"),
    ]
    told = "was rounded by a spreadsheet; export the file anew with its ids as text"
    assert rows(
        warehouse, "select row_number, column_name, reason from raw.rejected_rows order by all"
    ) == [
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


def test_the_business_day_of_an_instant_in_another_time_zone(connection):
    def day(written: str, zone: str) -> date | None:
        return connection.execute("select business_day(?, ?)", [written, zone]).fetchone()[0]

    assert day("2024-02-01 01:30:00", "UTC") == date(2024, 1, 31)
    assert day("2024-02-01 01:30:00+00", "Europe/Madrid") == date(2024, 1, 31)
    assert day("2024-02-01 9:30", "UTC") == date(2024, 2, 1)
    assert day("2024-02-01", "UTC") == date(2024, 2, 1)
    assert day("never", "UTC") is None


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
