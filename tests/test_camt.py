"""ISO 20022 statements and notifications, as banks send them and as attackers would."""

import json
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest
from bank_statements import amount, balance, camt, damages, element, entry, landed, transaction
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import InputError

SHARED = (
    *("camt053.v2.five.decimals", "camt053.v2.minimal", "camt053.v3", "camt053.v8"),
    *("camt054.v2", "camt054.v4"),
)


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "statement.xml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return landed(path, "camt")

    return read


@pytest.mark.parametrize("name", SHARED)
def test_real_messages_give_what_another_library_reads_of_them(shared_data, name):
    path = shared_data / "camt" / f"{name}.xml"
    rows, _ = landed(path, "camt")
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert [_of_row(row) for row in rows] == [
        line for entry in expected["getEntries"] for line in _of_twin(expected, entry)
    ]


def test_a_message_without_a_statement_is_refused(shared_data):
    with pytest.raises(InputError, match=r"camt\.053\.001\.02 without any statement"):
        landed(shared_data / "camt" / "camt053.v2.wrong.xml", "camt")


def test_what_real_messages_contradict_themselves_in_is_told(shared_data):
    problems = {
        name: [
            problem.reason for problem in landed(shared_data / "camt" / f"{name}.xml", "camt")[1]
        ]
        for name in SHARED
    }
    assert {name: reasons for name, reasons in problems.items() if reasons} == {
        "camt053.v2.five.decimals": [
            "the statement does not add up: it opens at 18.150, its movements make 8.850, and it"
            " closes at 27.050 instead of 27.000"
        ],
        "camt053.v3": [
            "the entry does not add up: its transactions make 105.750 and the entry is of 8.85"
        ],
    }


@pytest.mark.parametrize("version", range(2, 9))
@pytest.mark.parametrize("message", ["053", "054"])
def test_versions_2_to_8_are_read_alike(read, message, version):
    name = element("Nm", "Ana")
    party = element("Dbtr", element("Pty", name) if version == 8 else name)
    status = element("Cd", "BOOK") if version == 8 else "BOOK"
    own = amount("7.00") if version > 2 else element("AmtDtls", element("TxAmt", amount("7.00")))
    details = [own, element("RltdPties", party)]
    rows, problems = read(
        camt(
            entry("7.00", transaction(None, *details), status=status),
            message=message,
            version=version,
        )
    )
    assert problems == []
    (row,) = rows
    assert (row["message_type"], row["status"]) == (f"camt.{message}.001.0{version}", "BOOK")
    assert (row["amount"], row["currency"], row["debtor_name"]) == ("7.00", "EUR", "Ana")
    assert (row["account"], row["statement_id"]) == ("NL26VAYB8060476890", "S1")


def test_an_entry_without_transactions_is_a_row(read):
    rows, problems = read(camt(entry("8.85000")))
    assert [(row["amount"], row["entry_amount"], row["is_alone"]) for row in rows] == [
        ("8.85000", "8.85000", "true")
    ]
    assert problems == []


def test_each_transaction_of_a_batch_has_its_own_amount(read):
    rows, problems = read(camt(entry("10.00", transaction("4.00"), transaction("6.00"))))
    assert [(row["amount"], row["entry_amount"], row["is_alone"]) for row in rows] == [
        ("4.00", "10.00", "false"),
        ("6.00", "10.00", "false"),
    ]
    assert problems == []


def test_transactions_none_of_which_has_an_amount_are_one_row_of_their_entry(read):
    reference = element("Refs", element("EndToEndId", "E1"))
    rows, problems = read(camt(entry("10.00", transaction(None, reference), transaction(None))))
    assert [(row["amount"], row.get("end_to_end_id")) for row in rows] == [("10.00", None)]
    assert problems == []


def test_a_transaction_without_the_amount_others_have_is_no_row(read):
    rows, problems = read(camt(entry("10.00", transaction("4.00"), transaction(None))))
    assert [row["amount"] for row in rows] == ["4.00"]
    assert [problem.reason for problem in problems] == [
        "the transaction has no amount of its own, though others of its entry do"
    ]


@pytest.mark.parametrize("written", ["", "1,5", "1e3", "-5", "1.2.3", "٣", "12345678901234567890"])
def test_what_is_no_amount_is_no_row(read, written):
    rows, problems = read(camt(entry("5.00", transaction(None)), entry(written)))
    assert [row["amount"] for row in rows] == ["5.00"]
    assert "which is no amount" in problems[0].reason


def test_transactions_that_do_not_make_their_entry_are_told(read):
    charged = element("Chrgs", amount("1.00"), element("CdtDbtInd", "DBIT"))
    sound = entry("9.00", transaction("4.00"), transaction("6.00", charged))
    rows, problems = read(camt(sound, entry("9.00", transaction("4.00"), transaction("6.00"))))
    assert [row["amount"] for row in rows] == ["4.00", "6.00"] * 2
    assert [problem.reason for problem in problems] == [
        "the entry does not add up: its transactions make 10.00 and the entry is of 9.00"
    ]


@pytest.mark.parametrize(
    ("closing", "is_told"), [("12.00", False), ("11.00", True), ("12.000", False)]
)
def test_balances_that_do_not_add_up_are_told(read, closing, is_told):
    rows, problems = read(
        camt(
            balance("OPBD", "2.00"),
            balance("CLBD", closing),
            balance("CLAV", "99.00"),
            entry("15.00"),
            entry("5.00", way="DBIT"),
            entry("7.00", status="PDNG"),
        )
    )
    assert len(rows) == 3
    assert bool(problems) is is_told


def test_charges_are_summed_in_one_currency(read):
    def record(written, way, currency="EUR"):
        return element(
            "Rcrd",
            amount(written, currency),
            element("CdtDbtInd", way),
            element("ChrgInclInd", "true"),
        )

    total = element("TtlChrgsAndTaxAmt", "9.99", Ccy="EUR")
    of_one = element("Chrgs", total, record("1.50", "DBIT"), record("0.25", "CRDT"))
    of_two = element("Chrgs", record("1.50", "DBIT"), record("0.25", "DBIT", "USD"))
    rows, _ = read(
        camt(entry("5.00", transaction("5.00", of_one)), entry("5.00", transaction("5.00", of_two)))
    )
    names = ("charges_amount", "charges_currency", "charges_included")
    assert [tuple(row.get(name) for name in names) for row in rows] == [
        ("1.25", "EUR", "true"),
        (None, None, None),
    ]


def test_lines_have_ids_that_stay_though_they_are_alike(read):
    named = element("Refs", element("AcctSvcrRef", "R1"))
    statement = camt(*[entry("5.00")] * 3, entry("5.00", transaction("5.00", named)))
    first, _ = read(statement)
    again, _ = read(f"<!-- sent again -->\n{statement}")
    ids = [row["line_id"] for row in first]
    assert ids == [row["line_id"] for row in again]
    assert ids[1:] == [f"{ids[0]}-2", f"{ids[0]}-3", "R1:2024-01-31"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no well-formed XML: no element found in line 1"),
        (b"hello", "is no well-formed XML"),
        (b"<Document/>", "is no camt.053 or camt.054 of version 2 to 8"),
        (camt().replace("camt.053", "camt.052"), "is no camt.053 or camt.054 of version 2 to 8"),
        (camt(version=9), "is no camt.053 or camt.054 of version 2 to 8"),
        (camt(entry("5.00"))[:-40], "it may be cut off"),
        (camt(*["<a>"] * 100), "nests elements more than 64 deep"),
        (camt(element("Id", "x" * 2_000_000)), "a value of more than 1,000,000 characters"),
        (camt(f"<{'x' * 10_000_000}/>"), "a tag of more than 1,000,000 bytes"),
    ],
)
def test_what_is_no_statement_is_refused(read, content, message):
    with pytest.raises(InputError, match=message):
        read(content)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">]>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://localhost/a.dtd">',
        '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://localhost/b"> %b;]>',
    ],
)
def test_a_document_type_is_refused(read, doctype):
    with pytest.raises(InputError, match=r"a document type declaration \(DOCTYPE\)"):
        read(f"{doctype}{camt(entry('&b;'))}")


# what XML can hold, without the blanks that are taken off a value
TEXTS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"
    ),
    min_size=1,
).filter(lambda text: text.strip() == text and "\u00a0" not in text)
AMOUNTS = st.decimals(min_value=0, max_value=10**12, places=5).map("{:f}".format)


@given(st.lists(st.tuples(AMOUNTS, TEXTS, TEXTS, st.sampled_from(["CRDT", "DBIT"]))))
def test_what_is_written_comes_back(read, lines):
    entries = [
        entry(
            written,
            transaction(
                written,
                element("Refs", element("EndToEndId", escape(reference))),
                element("RmtInf", element("Ustrd", escape(remittance))),
            ),
            way=way,
        )
        for written, reference, remittance, way in lines
    ]
    rows, problems = read(camt(*entries, version=8))
    names = ("amount", "end_to_end_id", "remittance", "credit_debit")
    assert [tuple(row[name] for name in names) for row in rows] == lines
    assert problems == []


@given(st.data())
def test_a_damaged_message_gives_no_other_amounts(read, data):
    sound = camt(
        balance("OPBD", "0.00"), balance("CLBD", "30.00"), entry("10.25"), entry("19.75")
    ).encode()
    damaged = data.draw(damages(sound))
    try:
        rows, problems = read(damaged)
    except InputError:
        return
    amounts = [row["amount"] for row in rows]
    assert amounts == ["10.25", "19.75"] or problems or b"Bal" not in damaged or _is_renamed(rows)


def _is_renamed(rows):
    """Where the damage is in what no sum can tell: the status, a balance's code or a currency."""
    return any(row.get("status") != "BOOK" or row["currency"] != "EUR" for row in rows)


@given(st.binary())
def test_bytes_are_refused(read, content):
    with pytest.raises(InputError):
        read(content)


def _of_row(row: dict) -> dict:
    """Give what both libraries tell of a line."""
    names = ("message_id", "statement_id", "entry_credit_debit", "status", "booking_date")
    names += ("value_date", "entry_servicer_reference", "end_to_end_id", "instruction_id")
    names += ("payment_information_id", "remittance", "creditor_reference", "currency")
    names += ("bank_transaction_domain", "bank_transaction_family", "bank_transaction_subfamily")
    names += ("proprietary_code", "debtor_name", "creditor_name")
    return {name: row.get(name) for name in names} | {
        name: Decimal(row[name]) for name in ("amount", "entry_amount")
    }


def _of_twin(twin: dict, entry: dict) -> list[dict]:
    """Give the lines of an entry, as genkgo/camt reads them."""
    first, *others = entry["getTransactionDetails"]
    assert first == "__RECURSIVITY__"
    details = [entry["getTransactionDetail"], *others]
    if len(details) > 1 and not any(detail["getAmount"] for detail in details):
        details = [{}]
    return [_line(twin, entry, detail) for detail in details]


def _line(twin: dict, entry: dict, detail: dict) -> dict:
    references = detail.get("getReference") or {}
    remittance = detail.get("getRemittanceInformation") or {}
    unstructured = _blocks(remittance, "getUnstructuredBlock")
    structured = _blocks(remittance, "getStructuredBlock")
    domain = entry["getBankTransactionCode"]["getDomain"]
    proprietary = entry["getBankTransactionCode"]["getProprietary"]
    parties = {
        party["getRelatedPartyType"]["__CLASS__"].rpartition("\\")[2]: party["getRelatedPartyType"]
        for party in detail.get("getRelatedParties") or []
    }
    money = detail.get("getAmount") or entry["getAmount"]
    return {
        "message_id": twin["getGroupHeader"]["getMessageId"],
        "statement_id": entry["getRecord"]["getId"],
        "entry_credit_debit": entry["getCreditDebitIndicator"],
        "status": entry["getStatus"],
        "booking_date": entry["getBookingDate"]["0"][:10],
        "value_date": entry["getValueDate"]["0"][:10],
        "entry_servicer_reference": entry["getAccountServicerReference"],
        "end_to_end_id": references.get("getEndToEndId"),
        "instruction_id": references.get("getInstructionId"),
        "payment_information_id": references.get("getPaymentInformationId"),
        "remittance": " ".join(block["getMessage"] for block in unstructured) or None,
        "creditor_reference": " ".join(
            _again(block, remittance, "getCreditorReferenceInformation")["getRef"]
            for block in structured
        )
        or None,
        "currency": money["getCurrency"]["getCode"],
        "bank_transaction_domain": domain and domain["getCode"],
        "bank_transaction_family": domain and domain["getFamily"]["getCode"],
        "bank_transaction_subfamily": domain and domain["getFamily"]["getSubFamilyCode"],
        "proprietary_code": proprietary and proprietary["getCode"],
        "debtor_name": parties.get("Debtor", {}).get("getName"),
        "creditor_name": parties.get("Creditor", {}).get("getName"),
        "amount": _money(money),
        "entry_amount": _money(entry["getAmount"]),
    }


def _money(money: dict) -> Decimal:
    """Read an amount of cents; what went out is below zero there."""
    return abs(Decimal(money["getAmount"])) / 100


def _blocks(remittance: dict, name: str) -> list[dict]:
    """List the blocks, of which the first stands beside the list."""
    return [
        remittance[name] if block == "__RECURSIVITY__" else block
        for block in remittance.get(f"{name}s", [])
    ]


def _again(block: dict, around: dict, name: str) -> dict:
    """Give what is written out only the first time it is there."""
    return around[name] if block[name] == "__RECURSIVITY__" else block[name]
