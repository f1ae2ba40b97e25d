"""Bank statements made for tests: camt messages to the format's specification, and landing them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import duckdb
from hypothesis import strategies as st

from orchestration.ingestion import readers
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers.landing import Unreadable

CAMT_ROOTS = {"053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}


def landed(path: Path, form: str, **settings: str) -> tuple[list[dict], Sequence[Unreadable]]:
    """Read a file as a run does; return its rows without their empty columns, and its problems."""
    spec = FileSpec(
        path="any", export_day="2024-01-31", format=form, kinds={"payment.payments": {}}, **settings
    )
    delivery = Delivery(None, spec, (), path, path.name, date(2024, 1, 31), (0, 0))
    with duckdb.connect() as connection:
        header = readers.read_header(path, spec)
        problems = readers.land(connection, [delivery], header).unreadable
        rows = connection.execute('select * from landing order by "#row"').fetchall()
    names = (*header, "#path", "#row")
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in rows
    ], problems


def element(name: str, *content: str, **attributes: str) -> str:
    """Write an XML element around what is XML already."""
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{''.join(content)}</{name}>"


def amount(written: str, currency: str = "EUR") -> str:
    """Write the amount of an entry, transaction, balance or charge."""
    return element("Amt", escape(written), Ccy=currency)


def entry(written: str, *details: str, way: str = "CRDT", status: str = "BOOK") -> str:
    """Write an entry of the last day of January 2024."""
    return element(
        "Ntry",
        amount(written),
        element("CdtDbtInd", way),
        element("Sts", status),
        element("BookgDt", element("Dt", "2024-01-31")),
        element("NtryDtls", *details) if details else "",
    )


def transaction(written: str | None, *content: str, currency: str = "EUR") -> str:
    """Write a transaction, with or without an amount of its own."""
    return element("TxDtls", *content, amount(written, currency) if written else "")


def balance(code: str, written: str, way: str = "CRDT") -> str:
    """Write a balance."""
    kind = element("Tp", element("CdOrPrtry", element("Cd", code)))
    return element("Bal", kind, amount(written), element("CdtDbtInd", way))


def camt(*content: str, message: str = "053", version: int = 2) -> str:
    """Write a message with one statement."""
    root, statement = CAMT_ROOTS[message]
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version:02}"
    account = element("Acct", element("Id", element("IBAN", "NL26VAYB8060476890")))
    return element(
        "Document",
        element(
            root,
            element("GrpHdr", element("MsgId", "M1")),
            element(statement, element("Id", "S1"), account, *content),
        ),
        xmlns=namespace,
    )


@st.composite
def damages(draw: st.DrawFn, sound: bytes) -> bytes:
    """Replace a short run of bytes by others, or by none."""
    start = draw(st.integers(0, len(sound)))
    end = draw(st.integers(start, min(len(sound), start + 20)))
    return sound[:start] + draw(st.binary(max_size=5)) + sound[end:]
