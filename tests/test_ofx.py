"""OFX statements of both versions, and what must not be read as one."""

from decimal import Decimal
from xml.sax.saxutils import escape

import pytest
from bank_statements import landed
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import InputError

SGML = (
    "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\n"
    "CHARSET:1252\r\nCOMPRESSION:NONE\r\nOLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n"
)
XML = '<?xml version="1.0" encoding="UTF-8"?><?OFX OFXHEADER="200" VERSION="211"?>'


@pytest.fixture
def read(tmp_path):
    def read(content, **settings):
        path = tmp_path / "statement.ofx"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("cp1252"))
        return landed(path, "ofx", **settings)

    return read


def line(amount="10.00", posted="20240131", rest="<FITID>F1", ends=False):
    """Write a transaction, its elements closed as XML wants them or left open."""
    elements = f"<TRNTYPE>CREDIT<DTPOSTED>{posted}<TRNAMT>{amount}{rest}"
    if ends:
        parts = [part.partition(">") for part in elements.split("<")[1:]]
        elements = "".join(f"<{name}>{text}</{name}>" for name, _, text in parts)
    return f"<STMTTRN>{elements}</STMTTRN>"


def ofx(*lines, header=SGML, currency="<CURDEF>BRL"):
    """Write a file with one statement."""
    end = "</{}>" if header == XML else ""
    if currency and header == XML:
        currency += "</CURDEF>"
    return (
        f"{header}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>{currency}"
        f"<BANKACCTFROM><BANKID>0341{end.format('BANKID')}<ACCTID>12345-6{end.format('ACCTID')}"
        f"</BANKACCTFROM><BANKTRANLIST>{''.join(lines)}</BANKTRANLIST>"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


@pytest.mark.parametrize("header", [SGML, XML])
def test_both_versions_are_read_alike(read, header):
    rest = "<FITID>F1<CHECKNUM>000123<REFNUM>R&amp;1<NAME>ANA<MEMO>boleto 7"
    rows, problems = read(
        ofx(line("-1234.5", "20240131120000.000[-3:BRT]", rest, header == XML), header=header)
    )
    assert problems == []
    (row,) = rows
    del row["#path"]
    assert row == {
        "line_id": "F1:2024-01-31",
        "bank_id": "0341",
        "account": "12345-6",
        "fitid": "F1",
        "type": "CREDIT",
        "posted": "2024-01-31 12:00:00-03:00",
        "posted_date": "2024-01-31",
        "credit_debit": "DBIT",
        "amount": "-1234.5",
        "currency": "BRL",
        "name": "ANA",
        "memo": "boleto 7",
        "check_number": "000123",
        "reference": "R&1",
        "#row": 1,
    }


def test_accounts_and_currencies_are_those_of_the_statement_or_the_line(read):
    own = "<FITID>F2<CURRENCY><CURRATE>5.0<CURSYM>USD</CURRENCY>"
    other = "<FITID>F3<ORIGCURRENCY><CURRATE>5.0<CURSYM>USD</ORIGCURRENCY>"
    to = "<FITID>F4<BANKACCTTO><BANKID>1<ACCTID>theirs</BANKACCTTO>"
    rows, _ = read(ofx(*(line(rest=rest) for rest in (own, other, to))))
    assert [(row["currency"], row["account"]) for row in rows] == [
        ("USD", "12345-6"),
        ("BRL", "12345-6"),
        ("BRL", "12345-6"),
    ]


@pytest.mark.parametrize(
    ("written", "amount"),
    [("+10", "10"), ("10,5", "10.5"), ("-,50", "-0.5"), ("1.234", "1.234"), ("7.", "7")],
)
def test_amounts_have_a_point_or_a_comma(read, written, amount):
    (row,), _ = read(ofx(line(written)))
    assert Decimal(row["amount"]) == Decimal(amount)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (line("1,234"), "its TRNAMT '1,234' is no amount"),
        (line("1,234.56"), "its TRNAMT '1,234.56' is no amount"),
        (line("1e3"), "its TRNAMT '1e3' is no amount"),
        (line("5<TRNAMT>6"), "its TRNAMT '5 6' is no amount"),
        (line(""), "its TRNAMT '' is no amount"),
        (line(posted="20240230"), "its DTPOSTED '20240230' is no day"),
        (line(posted="31/01/2024"), "its DTPOSTED '31/01/2024' is no day"),
        (line(posted="20240131120000[-3.7]"), "is no day"),
    ],
)
def test_what_cannot_be_read_is_no_row(read, content, reason):
    rows, problems = read(ofx(line(), content))
    assert [row["amount"] for row in rows] == ["10.00"]
    assert [problem.row_number for problem in problems] == [2]
    assert reason in problems[0].reason


def test_a_line_whose_currency_is_not_told_is_no_row(read):
    rows, problems = read(ofx(line(), currency=""))
    assert rows == []
    assert [problem.reason for problem in problems] == [
        "no CURDEF of its statement tells its currency"
    ]


def test_lines_have_ids_of_their_own(read):
    rows, _ = read(ofx(line(), line(), line(posted="20240130"), line(rest=""), line(rest="")))
    ids = [row["line_id"] for row in rows]
    assert ids[:3] == ["F1:2024-01-31", "F1:2024-01-31-2", "F1:2024-01-30"]
    assert ids[4] == f"{ids[3]}-2"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no OFX"),
        (b"date;amount\n", "is no OFX"),
        (SGML, "is no OFX"),
        (ofx(line())[:-30], "is cut off|has '<"),
        (ofx(line()).replace("</BANKTRANLIST>", ""), "closes <STMTRS> where <BANKTRANLIST>"),
        (ofx(line(rest="<MEMO>a < b")), "where OFX has a tag"),
        (ofx(line(rest="<MEMO>x</MEMO>y")), "has text behind </MEMO>"),
        (ofx(line(rest="<MEMO>" + "x" * 10_000_000)), "a value of more than 1,000,000 characters"),
        (ofx("<A>" * 100), "nests its tags more than 64 deep"),
        (
            f'{XML}<!DOCTYPE a [<!ENTITY b "bb">]><OFX></OFX>',
            "declarations, comments, attributes and CDATA are not read",
        ),
        (
            ofx(line(rest="<MEMO>São".encode().decode("latin-1")), header=XML).encode("latin-1")
            + b"\xff",
            "is not utf-8",
        ),
    ],
)
def test_what_is_no_statement_is_refused(read, content, message):
    with pytest.raises(InputError, match=message):
        read(content)


def test_entities_other_than_those_of_ofx_stay_as_they_are(read):
    (row,), _ = read(ofx(line(rest="<FITID>F1<MEMO>&bomb;&amp;lt;&#233;AT&T&#0;&#55296;")))
    assert row["memo"] == "&bomb;&lt;éAT&T&#0;&#55296;"


def test_the_header_tells_the_encoding_unless_it_is_declared(read):
    memo = line(rest="<FITID>F1<MEMO>São João")
    (row,), _ = read(ofx(memo).encode("cp1252"))
    assert row["memo"] == "São João"
    (row,), _ = read(ofx(memo).encode("utf-8"), encoding="utf-8")
    assert row["memo"] == "São João"


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp")), min_size=1
)
AMOUNTS = st.decimals(-(10**9), 10**9, places=2).map("{:.2f}".format)


@given(st.lists(st.tuples(AMOUNTS, TEXTS, TEXTS)), st.booleans())
def test_what_is_written_comes_back(read, lines, ends):
    content = ofx(
        *(
            line(
                amount,
                rest=f"<FITID>{escape(fitid)}<MEMO>{escape(memo)}",
                ends=ends,
            )
            for amount, fitid, memo in lines
        ),
        header=XML,
    )
    rows, problems = read(content.encode())
    assert problems == []
    assert [(Decimal(row["amount"]), row["fitid"], row["memo"]) for row in rows] == [
        (Decimal(amount), fitid, memo) for amount, fitid, memo in lines
    ]


@given(st.data())
def test_a_cut_is_refused(read, data):
    content = ofx(line(), line("5,00")).encode()
    cut = content[: data.draw(st.integers(0, len(content) - 1))]
    with pytest.raises(InputError):
        read(cut)


@given(
    st.lists(st.sampled_from([b"<OFX>", b"<STMTTRN>", b"</STMTTRN>", b"<TRNAMT>"]) | st.binary())
)
def test_any_bytes_are_refused_or_read(read, parts):
    try:
        rows, _ = read(b"".join(parts))
    except InputError:
        return
    assert rows == []
