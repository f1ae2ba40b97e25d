"""Cells of an .xlsx sheet that have no value to go by, which calamine gives as empty or as 0.

ECMA-376 part 1: 18.3.1.4 (``c``, the type ``e`` is an error), 18.3.1.40 (``f``, a formula),
18.2.2 (``calcPr``: with ``fullCalcOnLoad`` what stands beside the formulas is no result of them).
"""

import posixpath
import re
import zlib
from pathlib import Path
from typing import IO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, is_zipfile

WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
CHUNK_BYTES = 1_000_000
# Far quicker to look for than cells are to read.
MAY_BE_ONE = re.compile(rb"<(?:\w+:)?f[\s/>]|[\"']e[\"']")

ERROR = "is the error {} of a formula; mend it in the workbook"
NEVER_COMPUTED = (
    "is a formula that was never computed; open the workbook in a spreadsheet and save it"
)
Faults = dict[int, dict[int, str]]


class DamagedError(Exception):
    """A workbook whose parts do not fit together."""


def faults_of_cells(path: Path, sheet: str) -> Faults:
    """Say what is wrong with cells, by row (from 1) and column (from 0); only of .xlsx, .xlsm.

    What cannot be read is a ``DamagedError``.
    """
    if not is_zipfile(path):
        return {}
    try:
        return _faults(path, sheet)
    except KeyError as error:
        raise DamagedError(f"it lacks {error}") from None
    except (BadZipFile, expat.ExpatError, zlib.error, ValueError, EOFError, RuntimeError) as error:
        raise DamagedError(str(error)) from None


def _faults(path: Path, sheet: str) -> Faults:
    with ZipFile(path) as archive:
        # calamine reads no further than the last row, and so misses what the checksum would tell
        if damaged := archive.testzip():
            raise DamagedError(f"{damaged} is not what was packed")
        members = {name.lower(): name for name in archive.namelist()}
        if WORKBOOK not in members:
            return {}
        book = _Book(archive.read(members[WORKBOOK]), archive.read(members[RELATIONS]))
        part = members[book.targets[book.sheets[sheet]].lower()]
        with archive.open(part) as file:
            if not _may_have_one(file):
                return {}
        with archive.open(part) as file:
            return _Cells(file, book.is_stale).faults


def _may_have_one(file: IO[bytes]) -> bool:
    end = b""
    while chunk := file.read(CHUNK_BYTES):
        if MAY_BE_ONE.search(end + chunk):
            return True
        end = chunk[-100:]
    return False


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Book:
    """Which part holds a sheet, and whether results of formulas are out of date."""

    def __init__(self, workbook: bytes, relations: bytes) -> None:
        self.sheets: dict[str, str] = {}
        self.targets: dict[str, str] = {}
        self.is_stale = False
        for content, handler in ((workbook, self._in_workbook), (relations, self._in_relations)):
            parser = expat.ParserCreate()
            parser.StartElementHandler = handler
            parser.Parse(content, True)

    def _in_workbook(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "sheet":
            (relation,) = (value for key, value in attributes.items() if key.endswith(":id"))
            self.sheets[attributes["name"]] = relation
        elif _local(name) == "calcPr":
            self.is_stale = attributes.get("fullCalcOnLoad") in ("1", "true")

    def _in_relations(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            target = posixpath.join("/xl", attributes["Target"])
            self.targets[attributes["Id"]] = posixpath.normpath(target).lstrip("/")


class _Cells:
    """Reads a sheet cell by cell; a cell that does not say where it is follows the last one."""

    def __init__(self, file: IO[bytes], is_stale: bool) -> None:
        self.faults: Faults = {}
        self._is_stale = is_stale
        self._row, self._column = 0, -1
        self._kind, self._is_formula, self._value = "", False, ""
        self._is_in_value = False
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.ParseFile(file)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match _local(name):
            case "row":
                self._row, self._column = int(attributes.get("r", self._row + 1)), -1
            case "c":
                self._column += 1
                if place := re.fullmatch(r"([A-Z]+)([0-9]+)", attributes.get("r", "")):
                    self._column, self._row = _column(place[1]), int(place[2])
                self._kind = attributes.get("t", "")
                self._is_formula, self._value = False, ""
            case "f":
                self._is_formula = True
            case "v":
                self._is_in_value = True

    def _characters(self, text: str) -> None:
        if self._is_in_value:
            self._value += text

    def _end(self, name: str) -> None:
        local = _local(name)
        if local == "v":
            self._is_in_value = False
        elif local == "c":
            fault = None
            if self._kind == "e":
                fault = ERROR.format(self._value)
            elif self._is_formula and (self._is_stale or not (self._value or self._kind == "str")):
                fault = NEVER_COMPUTED
            if fault:
                self.faults.setdefault(self._row, {})[self._column] = fault


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
