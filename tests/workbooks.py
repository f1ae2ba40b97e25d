"""Writes small Excel workbooks, so that tests need no library for it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZipFile

Cell = str | float | bool | date | time | timedelta | None

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
# Excel's own number formats: general, day, time, day and time, hours beyond a day.
FORMATS = (0, 14, 21, 22, 46)
EPOCH = datetime(1899, 12, 30)


def write_workbook(path: Path, rows: Sequence[Sequence[Cell]], sheet: str = "Sheet1") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
    styles = "".join(f'<xf numFmtId="{number}"/>' for number in FORMATS)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/_rels/workbook.xml.rels": _relations(
            {"rId1": ("worksheet", "worksheets/sheet1.xml"), "rId2": ("styles", "styles.xml")}
        ),
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/styles.xml": f"<styleSheet {MAIN}><cellXfs>{styles}</cellXfs></styleSheet>",
        "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>",
    }
    with ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')


def _relations(targets: dict[str, tuple[str, str]]) -> str:
    entries = "".join(
        f'<Relationship Id="{key}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{entries}</Relationships>'


def _cell(value: Cell) -> str:
    match value:
        case None:
            cell = "<c/>"
        case bool():
            cell = f'<c t="b"><v>{int(value)}</v></c>'
        case str():
            cell = f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        case datetime():
            cell = _styled(3, value - EPOCH)
        case date():
            cell = _styled(1, datetime.combine(value, time()) - EPOCH)
        case time():
            cell = _styled(2, datetime.combine(EPOCH, value) - EPOCH)
        case timedelta():
            cell = _styled(4, value)
        case number:
            cell = f"<c><v>{number}</v></c>"
    return cell


def _styled(style: int, span: timedelta) -> str:
    return f'<c s="{style}"><v>{span / timedelta(days=1)!r}</v></c>'
