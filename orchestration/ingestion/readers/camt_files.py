"""ISO 20022 statements and notifications: camt.053 and camt.054, versions 2 to 8.

A row per transaction (``TxDtls``), or per entry (``Ntry``) without any, or whose transactions all
have no amount of their own. The file is streamed; no document type is let in, so there are no
entities to expand, and elements are known by their local names.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

import duckdb

from orchestration.errors import InputError
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.file_spec import FileSpec
from orchestration.ingestion.readers.camt_entries import (
    ENTRY,
    HEADER,
    ID_OF,
    MESSAGE,
    NESTED,
    STATEMENT,
    TRANSACTION,
    WANTED,
    Element,
    Entry,
    Statement,
)
from orchestration.ingestion.readers.landing import Unreadable
from orchestration.ingestion.readers.statement_lines import MOST_CHARACTERS, Line, land_lines

MESSAGE_TYPE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.05[34]\.001\.0[2-8])")
CHUNK_BYTES = 1 << 18
# A message is some 15 deep.
MOST_DEPTH = 64


def read_header(path: Path, spec: FileSpec) -> tuple[str, ...]:
    """Give the columns there are; a file without a statement of a known type is refused."""
    message = _Message(path)
    for _ in message.read():
        if message.has_statement:
            break
    return HEADER


def land(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery], header: tuple[str, ...]
) -> list[Unreadable]:
    """Replace ``landed`` by the transactions of the deliveries, numbered in their files."""
    return land_lines(connection, deliveries, header, _lines, ID_OF)


def _lines(delivery: Delivery) -> Iterator[Line | Unreadable]:
    for lines in _Message(delivery.path).read():
        yield from lines


class _Message:
    """Gathers the values of a message as its elements begin and end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.message_type = ""
        self.has_statement = False
        self._number = 0
        self._lines: list[Line | Unreadable] = []
        # elements that keep their own values, and how deep each of them is
        self._elements = [Element("document")]
        self._depths = [0]
        # of every open element the path in the one of these it is in
        self._paths = [""]
        self._text: list[str] | None = None
        self._entry: Entry | None = None
        self._statement: Statement | None = None

    def read(self) -> Iterator[list[Line | Unreadable]]:
        """Read the file in parts; yield the lines of each."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text, parser.buffer_size = True, CHUNK_BYTES
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        bytes_read = 0
        try:
            with self.path.open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    parser.Parse(chunk)
                    bytes_read += len(chunk)
                    if bytes_read - parser.CurrentByteIndex > MOST_CHARACTERS + CHUNK_BYTES:
                        raise InputError(f"has a tag of more than {MOST_CHARACTERS:,} bytes.")
                    yield self._taken()
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise InputError(
                f"is no well-formed XML: {expat.errors.messages[error.code]} in line"
                f" {error.lineno}, column {error.offset + 1}; it may be cut off."
            ) from None
        if not self.has_statement:
            raise InputError(
                f"is a {self.message_type} without any statement or notification in it (Stmt,"
                " Ntfctn); ask the bank for the whole message."
            )
        yield self._taken()

    def _taken(self) -> list[Line | Unreadable]:
        lines, self._lines = self._lines, []
        return lines

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local_name = name.rpartition(" ")
        if not self.message_type:
            self.message_type = _message_type(namespace, local_name)
        if len(self._paths) > MOST_DEPTH:
            raise InputError(f"nests elements more than {MOST_DEPTH} deep, as no statement does.")
        path = f"{self._paths[-1]}/{local_name}"
        if kind := NESTED[self._elements[-1].kind].get(path):
            self._begin(Element(kind))
            path = ""
        self._paths.append(path)
        element = self._elements[-1]
        self._text = [] if path in WANTED[element.kind] else None
        if self._text is not None and "Ccy" in attributes:
            element.values[f"{path}@Ccy"] = attributes["Ccy"]

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)
            if sum(map(len, self._text)) > MOST_CHARACTERS:
                raise InputError(f"has a value of more than {MOST_CHARACTERS:,} characters.")

    def _end(self, name: str) -> None:
        path = self._paths.pop()
        if self._text is not None and (text := "".join(self._text).strip()):
            values = self._elements[-1].values
            # what is there several times is one value: the first would pass for all
            values[path] = f"{values[path]} {text}" if path in values else text
        self._text = None
        if len(self._paths) == self._depths[-1]:
            self._depths.pop()
            self._finish(self._elements.pop())

    def _begin(self, element: Element) -> None:
        self._elements.append(element)
        self._depths.append(len(self._paths))
        if element.kind == STATEMENT:
            self.has_statement = True
            self._statement = Statement(element)
        elif element.kind == ENTRY:
            around = {MESSAGE: self._elements[1], STATEMENT: self._statement.element}
            self._entry = Entry(element, around)

    def _finish(self, element: Element) -> None:
        match element.kind:
            case "transaction":
                self._add_transaction(element)
            case "entry":
                self._add_entry()
            case "statement":
                self._say(self._statement.problem())
            case "balance" | "charges":
                self._elements[-1].nested.append(element)

    def _add_transaction(self, transaction: Element) -> None:
        """Land one of several transactions; hold the first back, as it may be the only one."""
        entry = self._entry
        entry.transactions += 1
        if entry.transactions == 1:
            entry.held = transaction
            return
        if entry.held:
            self._land(entry.held, is_alone=False)
            entry.held = None
        self._land(transaction, is_alone=False)

    def _add_entry(self) -> None:
        entry = self._entry
        if entry.transactions == entry.without_amount or entry.held:
            # where none has an amount it is not told what each paid, only what all did
            self._land(entry.held or Element(TRANSACTION), is_alone=True)
        else:
            for _ in range(entry.without_amount):
                self._say("the transaction has no amount of its own, though others of its entry do")
        self._say(entry.problem())
        self._statement.add(entry)

    def _land(self, transaction: Element, is_alone: bool) -> None:
        values, problem = self._entry.line(transaction, is_alone)
        self._say(problem)
        if values:
            self._number += 1
            values["message_type"] = self.message_type
            self._lines.append((self._number, values))

    def _say(self, problem: str | None) -> None:
        """Count a record that gives no line but says what is wrong."""
        if problem:
            self._number += 1
            self._lines.append(Unreadable(self.path, self._number, None, problem, None))


def _message_type(namespace: str, root: str) -> str:
    known = MESSAGE_TYPE.fullmatch(namespace)
    if root != "Document" or not known:
        raise InputError(
            "is no camt.053 or camt.054 of version 2 to 8 (namespace"
            " urn:iso:std:iso:20022:tech:xsd:camt.053.001.02 and so on):"
            f" it begins with '{root[:100]}' of the namespace '{namespace[:100]}'."
        )
    return known[1]


def _refuse_doctype(*_: object) -> NoReturn:
    raise InputError(
        "has a document type declaration (DOCTYPE), which no ISO 20022 message has and which"
        " entity attacks need; it is not read."
    )
