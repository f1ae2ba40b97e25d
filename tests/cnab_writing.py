"""Writes bank return files as a layout declares them, so that tests know what is in them."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from orchestration.ingestion.cnab_layout import Layout, Place, Span

Value = str | date | Decimal | None
DAYS = {"ddmmyy": "%d%m%y", "ddmmyyyy": "%d%m%Y", "yyyymmdd": "%Y%m%d"}


def return_file(layout: Layout, movements: Sequence[Mapping[str, Value]], **of_header: str) -> str:
    """Write a whole file: headers, the movements, and trailers that total them."""
    records = [("header", of_header, "0000")]
    is_240 = layout.batch_at is not None
    records += [("batch_header", {}, "0001")] if is_240 else []
    for movement in movements:
        records.append((layout.names_of("detail")[0], movement, "0001"))
        for part in layout.parts:
            fields = layout.records[part].fields
            if layout.records[part].is_required or movement.keys() & fields.keys():
                records.append((part, movement, "0001"))
    records += [("batch_trailer", {}, "0001")] if is_240 else []
    records += [("trailer", {}, "9999")]
    lines = [_line(layout, name, values) for name, values, _ in records]
    if is_240:
        lines = [
            put(line, layout.batch_at, batch)
            for line, (_, _, batch) in zip(lines, records, strict=True)
        ]
    for total in layout.totals:
        counts = {"records": len(lines), "details": len(movements), "batches": 1}
        if layout.records[total.record].role == "batch_trailer":
            counts["records"] = sum(batch == "0001" for _, _, batch in records)
        if total.occurrences:
            codes = [movement["occurrence_code"] for movement in movements]
            counts["details"] = sum(code in total.occurrences for code in codes)
        figure = counts.get(total.of)
        if figure is None:
            figure = int(100 * sum(movement[total.of] or 0 for movement in movements))
        at = [name for name, _, _ in records].index(total.record)
        for position, span in enumerate(total.at):
            text = str(0 if position else figure).zfill(span.length)
            lines[at] = put(lines[at], span, text[-span.length :])
    return "\r\n".join(lines) + "\r\n"


def put(line: str, span: Span, text: str) -> str:
    """Write a text over the positions of a line."""
    assert len(text) == span.length, (text, span)
    return line[: span.start - 1] + text + line[span.end :]


def movement(**values: Value) -> dict[str, Value]:
    """Give a settlement of 10 January 2024 with the values that are asked for."""
    return {
        "our_number": "12345678",
        "occurrence_code": "06",
        "occurrence_date": date(2024, 1, 10),
        "credit_date": date(2024, 1, 11),
        "due_date": date(2024, 1, 8),
        "face_amount": Decimal("100.00"),
        "paid_amount": Decimal("101.50"),
        "credited_amount": Decimal("99.00"),
        "fee_amount": Decimal("2.50"),
        "interest_amount": Decimal("1.50"),
        "discount_amount": Decimal("0.00"),
        **values,
    }


def _line(layout: Layout, name: str, values: Mapping[str, Value]) -> str:
    line = " " * layout.width
    record = layout.records[layout.names_of(name)[0] if name not in layout.records else name]
    for column, place in record.fields.items():
        line = put(line, place.span, _written(values.get(column), place))
    if record.role == "header":
        line = put(put(line, layout.sent_at, "2"), layout.bank_at, layout.bank_code)
    for span, text in record.marks:
        line = put(line, span, text)
    return line


def _written(value: Value, place: Place) -> str:
    length = place.span.length
    if isinstance(value, Decimal):
        return str(int(value * 100)).zfill(length)
    if isinstance(value, date):
        return value.strftime(DAYS[place.kind])
    return (value or "").ljust(length)
