"""OFX statements, of version 1 (SGML) and 2 (XML): a row per transaction (``STMTTRN``).

Tags are read in a stream, as "Open Financial Exchange Specification 1.6", chapter 2, and "2.2",
chapters 3 and 11 have them: aggregates are closed, elements that hold a value need not be, and
nothing has attributes. There are no entities but the few named there, and no document type.
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

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
    Values,
    digest,
    land_lines,
)

TRANSACTION = "STMTTRN"
# Of a statement, by the aggregate they are in.
STATEMENT_COLUMNS = {
    ("STMTRS", "CURDEF"): "currency",
    ("CCSTMTRS", "CURDEF"): "currency",
    ("BANKACCTFROM", "BANKID"): "bank_id",
    ("BANKACCTFROM", "BRANCHID"): "branch_id",
    ("BANKACCTFROM", "ACCTID"): "account",
    ("BANKACCTFROM", "ACCTTYPE"): "account_type",
    ("CCACCTFROM", "ACCTID"): "account",
}
COLUMNS = {
    (TRANSACTION, "TRNTYPE"): "type",
    (TRANSACTION, "DTPOSTED"): "posted",
    (TRANSACTION, "DTUSER"): "initiated",
    (TRANSACTION, "DTAVAIL"): "available",
    (TRANSACTION, "TRNAMT"): "amount",
    # amounts are in it; in ORIGCURRENCY they no longer are
    ("CURRENCY", "CURSYM"): "currency",
    (TRANSACTION, "FITID"): "fitid",
    (TRANSACTION, "CORRECTFITID"): "corrected_fitid",
    (TRANSACTION, "CORRECTACTION"): "correction",
    (TRANSACTION, "SRVRTID"): "server_id",
    (TRANSACTION, "CHECKNUM"): "check_number",
    (TRANSACTION, "REFNUM"): "reference",
    (TRANSACTION, "NAME"): "name",
    ("PAYEE", "NAME"): "name",
    (TRANSACTION, "MEMO"): "memo",
}
STATEMENTS = {"STMTRS", "CCSTMTRS"}
# Without a value they may be left open all the same.
ELEMENTS = {name for _, name in (*STATEMENT_COLUMNS, *COLUMNS)}
HEADER = (
    LINE_ID,
    *("bank_id", "branch_id", "account", "account_type"),
    *("fitid", "type", "posted", "posted_date", "initiated_date", "available_date"),
    *("credit_debit", "amount", "currency"),
    *("name", "memo", "check_number", "reference", "server_id"),
    *("corrected_fitid", "correction"),
)
# Banks use an id again on another day, against the specification.
ID_OF = f"""(
    coalesce(
        fitid,
        {
    digest(
        "account",
        "type",
        "posted",
        "amount",
        "currency",
        "name",
        "memo",
        "check_number",
        "reference",
    )
}
    ) || ':' || coalesce(posted_date, '')
)"""
CHUNK_CHARACTERS = 1 << 16
MOST_DEPTH = 64
ENCODINGS = {"1252": "cp1252", "8859-1": "latin-1", "NONE": "utf-8", "": "utf-8"}
MINUTES = {"": 0, "0": 0, "00": 0, "25": 15, "30": 30, "5": 30, "50": 30, "75": 45, "45": 45}

_NAME = re.compile(r"(/?)([A-Za-z][A-Za-z0-9._]*) *", re.ASCII)
_AMOUNT = re.compile(r"([+-]?)(\d{0,18})(?:([.,])(\d{0,17}))?", re.ASCII)
_INSTANT = re.compile(
    r"(\d{8})(?:(\d\d)(\d\d)(\d\d)?(?:\.\d*)?)? *"
    r"(?:\[ *([+-]?)(\d{1,2})(?:\.(\d{1,2}))?(?::[^\]]*)?\])?",
    re.ASCII,
)
_ENTITY = re.compile(r"&(amp|lt|gt|nbsp|quot|apos|#\d{1,6});")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "nbsp": " ", "quot": '"', "apos": "'"}


class Tag(NamedTuple):
    """A tag by its name, in capitals, and the text behind it."""

    name: str
    is_end: bool
    text: str


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """Give the columns there are; a file that holds no OFX is refused."""
    first = next(_tags(path, spec), None)
    if first is None or first.name != "OFX" or first.is_end:
        raise InputError("is no OFX: it does not begin with <OFX> after its header.")
    return HEADER


def land(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the transactions of the deliveries, numbered in their files."""
    return land_lines(connection, deliveries, header, _lines, ID_OF)


def _lines(delivery: Delivery) -> Iterator[Line | Unreadable]:
    aggregates: list[str] = []
    element = ""
    statement: Values = {}
    line: Values = {}
    number = 0
    for name, is_end, text in _tags(delivery.path, delivery.spec):
        if not is_end and (text or name in ELEMENTS):
            element = name
            _keep(statement, line, aggregates, name, text)
        elif not is_end:
            aggregates.append(name)
            element = ""
            if name in STATEMENTS:
                statement = {}
            elif name == TRANSACTION:
                line = {}
            if len(aggregates) > MOST_DEPTH:
                raise InputError(f"nests its tags more than {MOST_DEPTH} deep, as no OFX does.")
        elif name == element:
            element = ""
        elif aggregates and aggregates[-1] == name:
            aggregates.pop()
            element = ""
            if name == TRANSACTION:
                number += 1
                yield _line(delivery.path, number, {**statement, **line})
        else:
            inside = aggregates[-1] if aggregates else "nothing"
            raise InputError(f"closes <{name}> where <{inside}> is open: it is damaged.")
    if aggregates:
        raise InputError(f"is cut off: <{aggregates[-1]}> is not closed.")


def _keep(statement: Values, line: Values, aggregates: Sequence[str], name: str, text: str) -> None:
    place = (aggregates[-1] if aggregates else "", name)
    if place in STATEMENT_COLUMNS:
        statement[STATEMENT_COLUMNS[place]] = text
    elif place in COLUMNS and TRANSACTION in aggregates:
        column = COLUMNS[place]
        # what is there twice is one value: either of them would pass for all
        line[column] = f"{line[column]} {text}" if line.get(column) else text


def _line(path: Path, number: int, values: Values) -> Line | Unreadable:
    """Read the values of a transaction, or say which of them cannot be read."""
    amount, posted = _amount(values.get("amount")), _instant(values.get("posted"))
    problem = None
    if amount is None:
        problem = f"its TRNAMT '{values.get('amount') or ''}' is no amount"
    elif posted is None:
        problem = f"its DTPOSTED '{values.get('posted') or ''}' is no day"
    elif not values.get("currency"):
        problem = "no CURDEF of its statement tells its currency"
    if problem:
        return Unreadable(path, number, None, problem, None)
    return number, {
        **values,
        "amount": f"{amount:f}",
        "credit_debit": DEBIT if amount < 0 else CREDIT,
        "posted": posted,
        "posted_date": posted[:10],
        "initiated_date": (_instant(values.get("initiated")) or "")[:10],
        "available_date": (_instant(values.get("available")) or "")[:10],
    }


def _amount(written: str | None) -> Decimal | None:
    """Read an amount: a sign, and a point or comma before its decimals.

    ``1,234`` may be a thousand and more, or one and a little; it is neither.
    """
    found = _AMOUNT.fullmatch(written or "")
    if not found or not (found[2] or found[4]) or (found[3] == "," and len(found[4]) == 3):
        return None
    return Decimal(f"{found[1]}{found[2] or 0}.{found[4] or 0}")


def _instant(written: str | None) -> str | None:
    """Write YYYYMMDDHHMMSS.XXX[offset:zone] as ISO; without an offset it is in GMT."""
    found = _INSTANT.fullmatch(written or "")
    if not found:
        return None
    day, hours, minutes, seconds, sign, offset, part = found.groups(default="")
    try:
        date = datetime.strptime(day, "%Y%m%d").date().isoformat()
        if not hours:
            return date
        time = datetime.strptime(hours + minutes + (seconds or "00"), "%H%M%S").time().isoformat()
    except ValueError:
        return None
    if int(offset or 0) > 14 or part not in MINUTES:
        return None
    return f"{date} {time}{sign or '+'}{int(offset or 0):02}:{MINUTES[part]:02}"


def _tags(path: Path, spec: FileSpec) -> Iterator[Tag]:
    """Read the tags below the header."""
    encoding = _encoding(path, spec)
    ahead, is_below_header = "", False
    with path.open(encoding=encoding) as file:
        try:
            while True:
                chunk = file.read(CHUNK_CHARACTERS)
                before, *parts = (ahead + chunk + ("" if chunk else "<")).split("<")
                if is_below_header and before.strip():
                    raise InputError("has text outside of its tags: it is damaged.")
                if parts:
                    is_below_header, ahead = True, f"<{parts.pop()}"
                else:
                    ahead = before
                if len(ahead) > MOST_CHARACTERS:
                    raise InputError(f"has a value of more than {MOST_CHARACTERS:,} characters.")
                for part in parts:
                    if not part.startswith("?"):
                        yield _tag(part)
                if not chunk:
                    return
        except UnicodeError:
            raise InputError(
                f"is not {encoding}, as its header says; declare its encoding, such as cp1252."
            ) from None


def _tag(part: str) -> Tag:
    written, is_closed, text = part.partition(">")
    found = _NAME.fullmatch(written)
    if not is_closed or not found:
        raise InputError(
            f"has '<{written[:40]}' where OFX has a tag: declarations, comments, attributes and"
            " CDATA are not read."
        )
    text = _ENTITY.sub(_unescaped, text.strip())
    if found[1] and text:
        raise InputError(f"has text behind </{found[2]}>: it is damaged.")
    return Tag(found[2].upper(), bool(found[1]), text)


def _unescaped(entity: re.Match[str]) -> str:
    name = entity[1]
    if name in _NAMED:
        return _NAMED[name]
    character = chr(int(name[1:]))
    # no control characters, and no halves of what UTF-16 writes as two
    return character if character.isprintable() else entity[0]


def _encoding(path: Path, spec: FileSpec) -> str:
    """Return the encoding that is declared, else that of the header."""
    if "encoding" in spec.model_fields_set:
        return spec.encoding
    with path.open("rb") as file:
        header = file.read(1024).partition(b"<OFX>")[0].decode("latin-1").upper()
    if found := re.search(r"ENCODING *= *['\"]([A-Z0-9_-]+)", header):
        name = found[1]
    else:
        charset = re.search(r"^CHARSET:(?:ISO-)?([A-Z0-9-]*)", header, re.MULTILINE)
        name = ENCODINGS.get(charset[1] if charset else "", "cp1252")
    try:
        name = codecs.lookup(name).name
    except LookupError:
        raise InputError(f"names an encoding nobody knows, {name}; declare its own.") from None
    return "utf-8-sig" if name == "utf-8" else name
