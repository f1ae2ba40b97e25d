"""Bank statements become payments by the source files that come with the warehouse."""

from decimal import Decimal
from pathlib import Path

import pytest
from bank_statements import amount, balance, camt, element, entry, transaction
from loading import load_all, rows, source_of

from orchestration.errors import InputError
from orchestration.ingestion.sources import load_source

SOURCES = Path(__file__).resolve().parents[1] / "sources"
PAYMENTS = """
    select payment_id, contract_id, amount, currency, fee_amount, status, status_at, value_date,
        method, reference
    from raw.payment_payments order by row_number
"""


@pytest.fixture
def load(warehouse, write_exports):
    def load(system, files):
        (loaded,) = load_all(warehouse, write_exports(files), [load_source(SOURCES / system)])
        assert loaded.rows_in == loaded.rows_loaded + loaded.rows_rejected
        return loaded.rows_loaded, loaded.rows_rejected, loaded.rows_left_out

    return load


def family(code):
    codes = element("Cd", "PMNT") + element("Fmly", element("Cd", code), element("SubFmlyCd", "X"))
    return element("BkTxCd", element("Domn", codes))


def references(**ids):
    return element("Refs", *(element(name, value) for name, value in ids.items()))


def free_text(text):
    return element("RmtInf", element("Ustrd", text))


def test_credits_of_camt_are_payments_and_returns_undo_them(load, warehouse):
    scor = element("RmtInf", element("Strd", element("CdtrRefInf", element("Ref", "RF18K7"))))
    charged = element(
        "Chrgs",
        element(
            "Rcrd", amount("0.50"), element("CdtDbtInd", "DBIT"), element("ChrgInclInd", "true")
        ),
    )
    returned = element("RtrInf", element("Rsn", element("Cd", "AC04")))
    statement = camt(
        entry("10.00", transaction("10.00", references(AcctSvcrRef="B1"), family("RCDT"), scor)),
        entry("9.50", transaction("9.50", free_text("for CONTRACT-7, thanks"), charged)),
        entry("8.00", transaction("9.00", references(AcctSvcrRef="B3"), currency="USD")),
        entry("7.00", transaction("7.00", references(EndToEndId="E7"), family("IDDT"))),
        entry("7.00", transaction("7.00", references(EndToEndId="E7"), family("IDDT")), way="DBIT"),
        entry("6.00", transaction("6.00", references(AcctSvcrRef="B6")), status="PDNG"),
        # left out
        entry("5.00", way="DBIT"),
        entry("4.00", status="INFO"),
        entry("3.00", transaction("3.00", returned)),
        # rejected: what it returns, its status, its cents, its amount
        entry("2.00", transaction("2.00", returned), way="DBIT"),
        entry("2.00", status="SOME"),
        entry("1.005"),
        entry("1,00"),
        version=4,
    )
    assert load("camt.yml", {"camt/2024-01-31.xml": statement}) == (6, 4, 3)
    day = "2024-01-31"
    payments = rows(warehouse, PAYMENTS)
    assert payments[1][0].endswith(f":{day}")
    assert [payment[1:] for payment in payments[1:2]] == [
        ("CONTRACT-7", "10.00000", "EUR", "0.50", "cleared", day, None, None, None)
    ]
    assert payments[:1] + payments[2:] == [
        (f"B1:{day}", "RF18K7", "10.00", "EUR", None, "cleared", day, None, "bank_transfer", "B1"),
        (f"B3:{day}", None, "8.00", "EUR", None, "cleared", day, None, None, "B3"),
        ("dd:E7", None, "7.00", "EUR", None, "cleared", day, None, "direct_debit", None),
        ("dd:E7", None, "7.00", "EUR", None, "reversed", day, None, "direct_debit", None),
        (f"B6:{day}", None, "6.00", "EUR", None, "pending", day, None, None, "B6"),
    ]


def test_a_statement_that_does_not_add_up_is_among_the_rejected(load, warehouse):
    statement = camt(balance("OPBD", "1.00"), balance("CLBD", "1.00"), entry("5.00"))
    assert load("camt.yml", {"camt/2024-01-31.xml": statement}) == (1, 1, 0)
    ((reason,),) = rows(warehouse, "select reason from raw.rejected_rows")
    assert reason.startswith("the statement does not add up: it opens at 1.00")


@pytest.mark.parametrize("entries", [1, 3000])
def test_a_damaged_statement_is_refused_by_its_name(load, warehouse, entries):
    cut = camt(*[entry("5.00")] * entries)[:-9]
    with pytest.raises(InputError, match=r"^camt/2024-01-31\.xml is no well-formed XML"):
        load("camt.yml", {"camt/2024-01-31.xml": cut})
    assert rows(warehouse, "select count(*) from raw.files") == [(0,)]


def test_credits_of_mt940_are_payments_and_returns_undo_them(load, warehouse):
    statement = "\r\n".join(
        [
            ":20:A",
            ":25:1234",
            ":28C:1/1",
            ":60F:C240130EUR0,00",
            ":61:2401310131C10,00NTRFNONREF//B1",
            ":86:paid CONTR",
            "ACT-7 with thanks",
            ":61:2401310131C7,00NDDTNONREF//B2",
            ":86:171?00SEPA?20EREF+E7",
            ":61:2401310131D7,00NRTINONREF//B3",
            ":86:109?00SEPA?20EREF+E7",
            ":61:2401310131D4,00NTRFNONREF",
            ":61:2401310131RD3,00NTRFNONREF",
            ":61:2401310131RC2,00NTRFNONREF",
            ":61:2401310131C1,005NTRFNONREF",
            ":62F:C240131EUR8,005",
            "-",
        ]
    )
    assert load("mt940.yml", {"mt940/2024-01-31.sta": statement}) == (3, 2, 2)
    day = "2024-01-31"
    first, *others = rows(warehouse, PAYMENTS)
    assert first[1:] == (
        *("CONTRACT-7", "10.00", "EUR", None, "cleared", day, day, "bank_transfer", "B1"),
    )
    assert others == [
        ("dd:E7", None, "7.00", "EUR", None, "cleared", day, day, "direct_debit", "B2"),
        ("dd:E7", None, "7.00", "EUR", None, "reversed", day, day, "direct_debit", "B3"),
    ]


def test_credits_of_ofx_are_payments(load, warehouse):
    def line(amount, rest):
        return f"<STMTTRN><DTPOSTED>20240131100000[-3:BRT]<TRNAMT>{amount}{rest}</STMTTRN>"

    lines = [
        line("10.00", "<TRNTYPE>CREDIT<FITID>F1<REFNUM>R1<MEMO>CONTRACT-7"),
        line("-5.00", "<TRNTYPE>DEBIT<FITID>F2"),
        line("0.10", "<TRNTYPE>INT<FITID>F3"),
        line("9.00", "<TRNTYPE>CREDIT<FITID>F4<CORRECTFITID>F1<CORRECTACTION>REPLACE"),
        line("1.005", "<TRNTYPE>CREDIT<FITID>F5"),
    ]
    content = (
        "OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>BRL<BANKACCTFROM><ACCTID>1</BANKACCTFROM>"
        f"{''.join(lines)}</STMTRS></OFX>"
    )
    assert load("ofx.yml", {"ofx/2024-01-31.ofx": content}) == (1, 2, 2)
    day = "2024-01-31"
    assert rows(warehouse, PAYMENTS) == [
        (f"F1:{day}", "CONTRACT-7", "10.00", "BRL", None, "cleared", day, None, None, "R1")
    ]


@pytest.mark.parametrize(
    "statement",
    [
        ("camt/camt053.v2.minimal.xml", (1, 0, 0), "8.85"),
        # what does not add up in them is a record of its own
        ("camt/camt053.v2.five.decimals.xml", (1, 1, 0), "8.85"),
        ("camt/camt053.v3.xml", (1, 1, 0), "105.75"),
        # 0 kronor, for which the account got 8.85 euros
        ("camt/camt053.v8.xml", (1, 0, 0), "8.85"),
        ("camt/camt054.v2.xml", (0, 0, 1), None),
        # credits, in an entry that is a debit
        ("camt/camt054.v4.xml", (0, 3, 0), None),
        ("mt940/abnamro.sta", (0, 2, 10), None),
        ("mt940/amount_formats.sta", (0, 0, 0), None),
        ("mt940/february_30.sta", (0, 0, 1), None),
        ("mt940/ing.sta", (2, 1, 5), "4.68"),
        ("mt940/rabobank-iban.sta", (0, 0, 4), None),
        ("mt940/sepa_snippet.sta", (5, 1, 6), "500098.84"),
        ("mt940/with_binary_character.sta", (3, 0, 1), "14215.30"),
    ],
)
def test_the_credits_of_real_statements_are_payments(warehouse, shared_data, tmp_path, statement):
    name, counts, total = statement
    form, ending = name.partition("/")[0], name.rpartition(".")[2]
    settings = (SOURCES / f"{form}.yml").read_text("utf-8")
    system = source_of(
        tmp_path / "bank.yml",
        settings.replace(f'"{form}/{{day}}*.{ending}"', f"{name}\n    export_day: 2024-01-31"),
    )
    (loaded,) = load_all(warehouse, shared_data, [system])
    assert (loaded.rows_loaded, loaded.rows_rejected, loaded.rows_left_out) == counts
    ((paid, payments),) = rows(
        warehouse,
        "select sum(amount::decimal(18, 2)), count(distinct payment_id) from raw.payment_payments",
    )
    assert (paid, payments) == (total and Decimal(total), counts[0])
