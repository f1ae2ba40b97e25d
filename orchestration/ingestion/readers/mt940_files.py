"""SWIFT MT940 customer statements: a row per statement line (field 61) with its details (86).

What a field holds is read by the library mt-940. It is lenient, so the file is cut into its fields
here, every field 61 is one row or one unreadable record, and an amount it took only a part of is
no row. Rules are those of the SWIFT standard "MT 940 Customer Statement Message", and of "MT940
Deutschland Structure 2002" for details that begin with a code and ``?00``.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb
import mt940

from orchestration.errors import InputError
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers.landing import Unreadable
from orchestration.ingestion.readers.statement_lines import (
    CREDIT,
    DEBIT,
    LINE_ID,
    MOST_CHARACTERS,
    Line,
    Total,
    Values,
    contradiction,
    digest,
    land_lines,
)

# Fields mt-940 knows; what looks like another is text of the field before.
FIELD = re.compile(r"\s*:(13|20|21|25|28|34|60|61|62|64|65|86|90|NS)([A-Z]?):", re.ASCII)
# 6!n[4!n]2a[1!a]15d: what the amount of a field 61 is, and what follows it
LINE_61 = re.compile(
    r"\d{6}(?:\d{4}| {4})?(R?[CD])[A-Z]?[\n ]?(?P<amount>\d+,\d*)(?![\d.,])",
    re.ASCII | re.IGNORECASE,
)
BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})(\d+,\d*)", re.ASCII)
FLOOR_LIMIT = re.compile(r"([A-Z]{3})[DC ]?[\d,]+", re.ASCII)
# all its corrections: reversals signed, details not cut, text before codes kept
OPTIONS = mt940.Options.all()
# 15d holds the comma too
MOST_OF_AN_AMOUNT = 15
DETAILS = {
    "transaction_code": "transaction_code",
    "posting_text": "posting_text",
    "purpose": "purpose",
    "end_to_end_id": "end_to_end_reference",
    "mandate_id": "additional_position_reference",
    "details_reference": "customer_reference",
    "applicant_name": "applicant_name",
    "applicant_account": "applicant_iban",
    "applicant_bank": "applicant_bin",
    "return_debit_notes": "return_debit_notes",
}
HEADER = (
    LINE_ID,
    *("transaction_reference", "account", "statement_number", "sequence_number"),
    *("value_date", "entry_date", "credit_debit", "is_reversal", "funds_code"),
    *("amount", "currency", "transaction_type"),
    *("customer_reference", "bank_reference", "extra_details", "details"),
    *DETAILS,
)
ID_OF = f"""(
    {
    digest(
        "account",
        "statement_number",
        "sequence_number",
        "value_date",
        "entry_date",
        "credit_debit",
        "is_reversal",
        "amount",
        "currency",
        "transaction_type",
        "customer_reference",
        "bank_reference",
        "extra_details",
        "details",
    )
}
)"""


class Field(NamedTuple):
    """A field: the line it begins on, its tag, the letter of its option, and its text."""

    line_number: int
    tag: str
    option: str
    text: str


@dataclass
class Statement:
    """What the fields of a statement before a line tell of it."""

    line_number: int
    values: Values = field(default_factory=dict)
    openings: list[Decimal | None] = field(default_factory=list)
    closings: list[Decimal | None] = field(default_factory=list)
    movements: Total = field(default_factory=Total)
    lines: int = 0
    is_whole: bool = True


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """Give the columns there are; a file without any field of a statement is refused."""
    if next(_fields(path, spec.encoding), None) is None:
        raise InputError("has no field of an MT940 (:20:, :25:, :60F:, :61:): it is no statement.")
    return HEADER


def land(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the statement lines of the deliveries."""
    return land_lines(connection, deliveries, header, _lines, ID_OF)


def _lines(delivery: Delivery) -> Iterator[Line | Unreadable]:
    path = delivery.path
    statement: Statement | None = None
    held: Field | None = None
    details: list[str] = []
    for one in _fields(path, delivery.spec.encoding):
        if held and one.tag == "86":
            details.append(one.text)
            continue
        if held and one.tag != "NS":
            yield _line(path, statement, held, "\n".join(details))
            held, details = None, []
        if statement is None or one.tag == "20":
            yield from _finished(path, statement)
            statement = Statement(one.line_number)
        if one.tag == "61":
            held = one
        else:
            _note(statement, one)
    if held:
        yield _line(path, statement, held, "\n".join(details))
    yield from _finished(path, statement)


def _fields(path: Path, encoding: str) -> Iterator[Field]:
    """Cut a file into its fields; lines before the first and the frame of messages are left out."""
    number, begun, tag, option, text, length = 0, 0, "", "", [], 0
    for number, line in _text_lines(path, encoding):
        if match := FIELD.match(line):
            if tag:
                yield Field(begun, tag, option, "\n".join(text))
            begun, tag, option = number, *match.groups()
            text, length = [line[match.end() :]], 0
        elif line.strip() not in ("", "-", "-}"):
            text.append(line)
        length += len(line)
        if length > MOST_CHARACTERS:
            raise InputError(
                f"has a field of more than {MOST_CHARACTERS:,} characters from line {begun} on:"
                " it is no MT940."
            )
    if tag:
        yield Field(begun, tag, option, "\n".join(text))


def _text_lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Read lines without their ends, each with its number."""
    number = 0
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as file:
        try:
            while line := file.readline(MOST_CHARACTERS + 1):
                number += 1
                if len(line) > MOST_CHARACTERS:
                    raise InputError(
                        f"has more than {MOST_CHARACTERS:,} characters in line {number}:"
                        " it is no MT940."
                    )
                yield number, line.rstrip()
        except UnicodeError:
            raise InputError(
                f"is not {encoding} after line {number}; declare its encoding, such as latin-1"
                " or cp1252."
            ) from None


def _note(statement: Statement, one: Field) -> None:
    """Keep what a field tells of the lines after it."""
    # lines below it are of the frame of the next message
    text, values = one.text.partition("\n")[0].strip(), statement.values
    match one.tag:
        case "20":
            values["transaction_reference"] = text
        case "25":
            values["account"] = text
        case "28":
            values["statement_number"], _, values["sequence_number"] = text.partition("/")
        case "34" if found := FLOOR_LIMIT.fullmatch(text):
            values.setdefault("currency", found[1])
        case "60":
            found = BALANCE.fullmatch(text)
            values["currency"] = found and found[3]
            statement.openings.append(_signed(found))
        case "62":
            statement.closings.append(_signed(BALANCE.fullmatch(text)))


def _signed(balance: re.Match[str] | None) -> Decimal | None:
    """Read a balance, below zero where it is a debit."""
    if balance is None:
        return None
    total = Total()
    total.add(_decimal(balance[4]), CREDIT if balance[1] == "C" else DEBIT)
    return total.amount


def _decimal(written: str) -> Decimal:
    return Decimal(written.replace(",", "."))


def _finished(path: Path, statement: Statement | None) -> Iterator[Unreadable]:
    """Say what is wrong with a statement that is at its end."""
    if statement is None:
        return
    if statement.openings and statement.lines and not statement.closings:
        raise InputError(
            f"is cut off: its statement from line {statement.line_number} on has an opening balance"
            " (:60F:, :60M:) and no closing balance (:62F:, :62M:)."
        )
    balances = (*statement.openings, *statement.closings)
    if statement.is_whole and len(balances) == 2 and None not in balances:
        opening, closing = balances
        if problem := contradiction(opening, statement.movements.amount, closing):
            yield Unreadable(path, statement.line_number, None, problem, None)


def _line(path: Path, statement: Statement, one: Field, details: str) -> Line | Unreadable:
    """Read a statement line with its details."""
    statement.lines += 1
    problem, values = None, {}
    amount = LINE_61.match(one.text)
    if not amount or len(amount["amount"]) > MOST_OF_AN_AMOUNT:
        problem = "its amount is not as MT940 writes one: digits and a comma, 15 at most"
    elif not statement.values.get("currency"):
        problem = "no opening balance (:60F:, :60M:) before it tells its currency"
    else:
        values = _read_61(one.text)
        if not values or Decimal(values["amount"]) != _decimal(amount["amount"]):
            problem = "its field 61 is not as MT940 writes one"
    if problem:
        statement.is_whole = False
        return Unreadable(path, one.line_number, None, problem, None)
    statement.movements.add(Decimal(values["amount"]), values["credit_debit"])
    return one.line_number, {**statement.values, **values, **_read_86(details)}


def _read_61(text: str) -> Values:
    """Read a statement line; nothing where it does not fit.

    The 30th of February, a value date of banks that count 30 days a month, is its last day.
    """
    lines = mt940.models.Transactions(options=OPTIONS)
    try:
        (line,) = lines.parse(f":61:{text}")
    except (RuntimeError, ValueError, ArithmeticError):
        return {}
    data = line.data
    mark = data["status"].upper()
    return {
        "value_date": data["date"].isoformat(),
        "entry_date": data["entry_date"].isoformat() if "entry_date" in data else None,
        # what is taken back of a credit goes out, and the other way round
        "credit_debit": CREDIT if mark in ("C", "RD") else DEBIT,
        "is_reversal": "true" if mark.startswith("R") else "false",
        "funds_code": data["funds_code"],
        "amount": f"{abs(data['amount'].amount):f}",
        "transaction_type": data["id"],
        "customer_reference": data["customer_reference"],
        "bank_reference": data["bank_reference"],
        "extra_details": data["extra_details"],
    }


def _read_86(text: str) -> Values:
    """Read the details of a line: as they stand, and in their parts where they are structured."""
    read = {"transaction_details": text}
    parts = mt940.processors.transaction_details_post_processor(
        mt940.models.Transactions(options=OPTIONS), mt940.tags.TransactionDetails(), read, {**read}
    )
    return {
        "details": text,
        **{ours: parts.get(theirs) for ours, theirs in DETAILS.items()},
    }


# what it does not understand it logs, and that may be anybody's name
logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)
