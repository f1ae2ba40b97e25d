"""SWIFT MT940 statements, as banks send them and as they must never be read."""

import signal
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest
import yaml
from bank_statements import damages, landed
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import InputError

SHARED = (
    *("abnamro", "amount_formats", "february_30", "ing", "rabobank-iban", "sepa_snippet"),
    "with_binary_character",
)


@pytest.fixture
def read(tmp_path):
    def read(content, **settings):
        path = tmp_path / "statement.sta"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return landed(path, "mt940", **settings)

    return read


def statement(*fields, opening="C240130EUR0,00", closing=None):
    """Write a statement of the last day of January 2024."""
    lines = [":20:REF", ":25:12345678/1020304050", ":28C:00001/001", f":60F:{opening}", *fields]
    if closing:
        lines.append(f":62F:{closing}")
    return "\r\n".join([*lines, "-", ""])


@pytest.mark.parametrize("name", SHARED)
def test_real_statements_give_the_asserted_values(shared_data, name):
    path = shared_data / "mt940" / f"{name}.sta"
    twin = yaml.load(path.with_suffix(".yml").read_text("utf-8"), _Twin)
    rows, _ = landed(path, "mt940")
    assert [_of_row(row) for row in rows] == [
        _of_twin(one["data"]) for one in twin.get("transactions", [])
    ]
    if rows:
        last, whole = rows[-1], twin["data"]
        assert last["account"] == whole["account_identification"]
        assert last["statement_number"] == whole["statement_number"]
        assert last.get("sequence_number") == whole["sequence_number"]


def test_real_statements_that_do_not_add_up_are_told(shared_data):
    told = {name: landed(shared_data / "mt940" / f"{name}.sta", "mt940")[1] for name in SHARED}
    assert {
        name: [(problem.row_number, problem.reason) for problem in problems]
        for name, problems in told.items()
        if problems
    } == {
        "abnamro": [
            (4, _contradiction("3236.28", "-321.44", "876.84", "2914.84")),
            (32, _contradiction("2876.84", "-24.49", "1849.75", "2852.35")),
        ],
        "ing": [(4, _contradiction("0.00", "-45.59", "3.47", "-45.59"))],
        "sepa_snippet": [
            (25, _contradiction("-1970431.87", "-2501917.30", "-4472049.09", "-4472349.17"))
        ],
    }


def _contradiction(opening, movements, closing, made):
    return (
        f"the statement does not add up: it opens at {opening}, its movements make {movements},"
        f" and it closes at {closing} instead of {made}"
    )


def test_several_statements_of_a_file_keep_their_own_values(read):
    first = statement(":61:2401310131C10,NTRFNONREF", closing="C240131EUR10,")
    second = (
        statement(":61:240131D3,5NMSCA//B", opening="D240130BRL1,", closing="D240131BRL4,5")
        .replace(":25:12345678/1020304050", ":25:OTHER")
        .replace("00001/001", "7")
    )
    rows, problems = read(first + second)
    assert problems == []
    names = ("account", "statement_number", "sequence_number", "amount", "currency", "entry_date")
    assert [tuple(row.get(name) for name in names) for row in rows] == [
        ("12345678/1020304050", "00001", "001", "10", "EUR", "2024-01-31"),
        ("OTHER", "7", None, "3.5", "BRL", None),
    ]
    assert [row["#row"] for row in rows] == [5, 12]
    assert (rows[1]["customer_reference"], rows[1]["bank_reference"]) == ("A", "B")


@pytest.mark.parametrize(
    ("mark", "credit_debit", "is_reversal"),
    [
        ("C", "CRDT", "false"),
        ("D", "DBIT", "false"),
        ("RC", "DBIT", "true"),
        ("RD", "CRDT", "true"),
        ("CR", "CRDT", "false"),
    ],
)
def test_what_is_taken_back_goes_the_other_way(read, mark, credit_debit, is_reversal):
    closing = "C240131EUR10,00" if credit_debit == "CRDT" else "D240131EUR10,00"
    rows, problems = read(statement(f":61:2401310131{mark}10,00NTRFNONREF", closing=closing))
    assert problems == []
    (row,) = rows
    assert (row["credit_debit"], row["is_reversal"]) == (credit_debit, is_reversal)
    assert row["amount"] == "10.00"


def test_the_30th_of_february_is_the_last_day_of_it(read):
    (row,), _ = read(statement(":61:2302300301C10,00NTRFNONREF", closing="C230301EUR10,00"))
    assert (row["value_date"], row["entry_date"]) == ("2023-02-28", "2023-03-01")


def test_an_entry_date_may_be_of_another_year(read):
    (row,), _ = read(statement(":61:2312310102C10,00NTRFNONREF", closing="C240102EUR10,00"))
    assert (row["value_date"], row["entry_date"]) == ("2023-12-31", "2024-01-02")


def test_details_are_kept_whole_and_in_their_parts(read):
    details = "166?00CREDIT?20EREF+INV-7?21MREF+M1?22SVWZ+Rent of\r\n January?31DE1?32ANA?33 LIMA"
    long = "x" * 2000
    rows, _ = read(
        statement(
            ":61:240131C1,NTRFKREF//BANK",
            f":86:{details}",
            ":61:240131C1,NTRFNONREF",
            f":86:{long}",
            ":86:more",
            closing="C240131EUR2,",
        )
    )
    first, second = rows
    assert first["details"] == details.replace("\r\n", "\n")
    assert (first["end_to_end_id"], first["mandate_id"]) == ("INV-7", "M1")
    assert (first["purpose"], first["applicant_name"]) == ("Rent of January", "ANA LIMA")
    assert first["customer_reference"] == "KREF"
    assert second["details"] == f"{long}\nmore"


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("2401310131C1234567890123456,78NTRFNONREF", "its amount is not as MT940 writes one"),
        ("2401310131C12.34NTRFNONREF", "its amount is not as MT940 writes one"),
        ("2401310131C1234NTRFNONREF", "its amount is not as MT940 writes one"),
        ("2401310131C1,2,3NTRFNONREF", "its amount is not as MT940 writes one"),
        ("2401310131C1.234,56NTRFNONREF", "its amount is not as MT940 writes one"),
        ("2401310131C٣,00NTRFNONREF", "its amount is not as MT940 writes one"),
        ("2401310131X10,00NTRFNONREF", "its amount is not as MT940 writes one"),
        ("2413010131C10,00NTRFNONREF", "its field 61 is not as MT940 writes one"),
        ("2401310131C10,00NTRFNONREF\r\nmore\r\nand more", "its field 61 is not as MT940"),
    ],
)
def test_a_line_the_library_would_read_in_part_is_no_row(read, field, reason):
    rows, problems = read(
        statement(f":61:{field}", ":61:240131C5,NTRFNONREF", closing="C240131EUR5,")
    )
    assert [row["amount"] for row in rows] == ["5"]
    assert [problem.row_number for problem in problems] == [5]
    assert problems[0].reason.startswith(reason)


def test_a_line_whose_currency_is_not_told_is_no_row(read):
    _, problems = read(":20:A\n:61:240131C5,NTRFNONREF\n")
    assert [problem.reason for problem in problems] == [
        "no opening balance (:60F:, :60M:) before it tells its currency"
    ]
    _, problems = read(statement(":61:240131C5,NTRFNONREF", opening="garbage", closing="C240131E"))
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no field of an MT940"),
        (b"date,amount\n2024-01-31,5\n", "has no field of an MT940"),
        (statement(":61:240131C5,NTRFNONREF"), "is cut off: its statement from line 1 on"),
        (b":20:\xff\n:61:240131C5,NTRFNONREF\n", "is not utf-8 after line 0; declare its encoding"),
        (b":20:A\n:86:" + b"x" * 10_000_000, "more than 1,000,000 characters in line 2"),
        (b":20:A\n:86:" + b"xxxxxxxxx\n" * 1_000_000, "a field of more than 1,000,000 characters"),
    ],
)
def test_what_is_no_statement_is_refused(read, content, message):
    with pytest.raises(InputError, match=message):
        read(content)


def test_a_declared_encoding_is_used(read):
    content = statement(":61:240131C5,NTRFNONREF", ":86:São João", closing="C240131EUR5,")
    (row,), _ = read(content.encode("cp1252"), encoding="cp1252")
    assert row["details"] == "São João"


@contextmanager
def at_most(seconds):
    """Stop what takes longer, a regular expression that goes astray too."""

    def stop(*_):
        raise TimeoutError(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "field",
    [
        ":61:" + "1" * 900_000,
        ":61:2401310131C5,NTRF" + "/" * 900_000,
        ":61:2401310131C5,NTRF" + "a/" * 450_000 + "\n" + "b" * 9,
        ":61:2401310131C5,NTRFNONREF\n" + "x " * 400_000,
        ":61:240131C5,NTRFNONREF\n:86:166?00" + "?20EREF+" * 100_000,
        ":61:240131C5,NTRFNONREF\n:86:166?00" + "?" * 900_000,
        ":61:240131C5,NTRFNONREF\n:86:" + "SVWZ+" * 180_000,
        ":61:240131C5,NTRFNONREF\n:86:" + "\n".join(["x" * 60] * 15_000),
        ":NS:" + "22\n" * 300_000,
        ":25:" + " " * 900_000,
        ":60F:C240131EUR" + "1" * 900_000,
    ],
)
def test_no_field_of_a_megabyte_takes_long(read, field):
    with at_most(60):
        rows, problems = read(statement(field, closing="C240131EUR5,"))
    assert len(rows) + len(problems) == (":60F:" not in field)


REFERENCES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=16)
LINES = st.tuples(
    st.dates(date(2001, 1, 1), date(2068, 12, 31)),
    st.decimals(min_value=0, max_value=10**9, places=2),
    st.sampled_from(["C", "D", "RC", "RD"]),
    REFERENCES,
    REFERENCES,
)


@given(st.lists(LINES))
def test_what_is_written_comes_back(read, lines):
    fields = [
        f":61:{day:%y%m%d}{mark}{amount:f}NTRF{customer}//{bank}".replace(".", ",")
        for day, amount, mark, customer, bank in lines
    ]
    total = sum(amount if mark in ("C", "RD") else -amount for _, amount, mark, _, _ in lines)
    closing = f"{'D' if total < 0 else 'C'}240131EUR{abs(total):.2f}".replace(".", ",")
    rows, problems = read(statement(*fields, closing=closing))
    assert problems == []
    names = ("value_date", "amount", "customer_reference", "bank_reference")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (day.isoformat(), f"{amount:f}", customer, bank) for day, amount, _, customer, bank in lines
    ]
    assert len({row["line_id"] for row in rows}) == len(rows)


@given(st.data())
def test_a_damaged_statement_gives_no_other_amounts(read, data):
    sound = statement(
        ":61:2401310131C10,25NTRFNONREF//B1",
        ":86:166?00CREDIT?20SVWZ+INV-7",
        ":61:2401310131C19,75NTRFNONREF//B2",
        closing="C240131EUR30,00",
    ).encode()
    damaged = data.draw(damages(sound))
    try:
        rows, problems = read(damaged)
    except InputError:
        return
    amounts = [Decimal(row["amount"]) for row in rows]
    assert problems or amounts == [Decimal("10.25"), Decimal("19.75")] or not _has_balances(damaged)


def _has_balances(content):
    """Whether a statement can be held against its balances."""
    return b":60F:C240130EUR0,00\r\n" in content and b":62F:C240131EUR30,00\r\n" in content


@given(
    st.lists(st.sampled_from([b":61:", b":60F:", b":86:", b"\n", b"2401", b"C1,"]) | st.binary())
)
def test_any_bytes_are_refused_or_accounted_for(read, parts):
    content = b"".join(parts)
    try:
        rows, problems = read(content)
    except InputError:
        return
    fields = sum(
        line.lstrip().startswith(":61:") for line in content.decode("utf-8-sig").splitlines()
    )
    assert len(rows) + len(problems) >= fields


class _Twin(yaml.SafeLoader):
    """Reads what Python objects were written as: their values, and none of their classes."""


def _mapping(loader, _, node):
    values = {}
    yield values
    values.update(loader.construct_mapping(node, deep=True))


def _value(loader, name, node):
    arguments = loader.construct_sequence(node, deep=True)
    if name == "decimal.Decimal":
        return Decimal(arguments[0])
    if name == "mt940.models.Date":
        century, year, month, day = arguments[0]
        return date(century * 256 + year, month, day)
    return None


_Twin.add_multi_constructor("tag:yaml.org,2002:python/object:", _mapping)
_Twin.add_multi_constructor("tag:yaml.org,2002:python/object/apply:", _value)

SAME = {
    "transaction_reference": "transaction_reference",
    "currency": "currency",
    "transaction_type": "id",
    "funds_code": "funds_code",
    "bank_reference": "bank_reference",
    "extra_details": "extra_details",
    "transaction_code": "transaction_code",
    "posting_text": "posting_text",
    "purpose": "purpose",
    "end_to_end_id": "end_to_end_reference",
    "applicant_name": "applicant_name",
    "applicant_account": "applicant_iban",
    "applicant_bank": "applicant_bin",
    "return_debit_notes": "return_debit_notes",
}


def _of_row(row):
    sign = 1 if row["credit_debit"] == "CRDT" else -1
    is_structured = "transaction_code" in row
    return {name: row.get(name) for name in SAME} | {
        "amount": sign * Decimal(row["amount"]),
        "dates": (row["value_date"], row.get("entry_date")),
        # the twins have none where the details are structured, or theirs behind it
        "customer_reference": None if is_structured else row["customer_reference"],
        "details": None if is_structured else row["details"],
    }


def _of_twin(data):
    entry_date = data.get("entry_date")
    is_structured = "transaction_details" not in data
    # what follows the closing balance is of the statement, and there of its last line
    details = data.get("transaction_details", "").partition("\nD000004C000002D25,24C28,71")[0]
    return {name: data.get(theirs) or None for name, theirs in SAME.items()} | {
        "amount": data["amount"]["amount"],
        "dates": (data["date"].isoformat(), entry_date and entry_date.isoformat()),
        "customer_reference": None if is_structured else data["customer_reference"],
        "details": None if is_structured else details,
    }
