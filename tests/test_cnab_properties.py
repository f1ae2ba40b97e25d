"""Properties of the readers of fixed positions: what is written comes back, and no bytes harm."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from cnab_writing import return_file
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import InputError
from orchestration.ingestion import readers
from orchestration.ingestion.cnab_layout import SHIPPED, load_layout
from orchestration.ingestion.exports import Delivery, read_content, size_and_time
from orchestration.ingestion.sources import load_source

LAYOUTS = {path.stem: load_layout(path.stem, Path()) for path in sorted(SHIPPED.glob("*.yml"))}
LATIN = st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f\xa0\x85\xad")
BROKEN = st.lists(st.tuples(st.sampled_from(["cut", "swap", "put", "drop"]), st.integers(0, 1500)))


@st.composite
def movements(draw):
    """Draw a layout and movements of titles with values for all its fields."""
    layout = LAYOUTS[draw(st.sampled_from(sorted(LAYOUTS)))]
    fields = {}
    for record in (layout.detail, *(layout.records[name] for name in layout.parts)):
        fields |= record.fields
    texts = {
        column: draw(st.lists(st.text(LATIN, max_size=place.span.length), min_size=4, max_size=4))
        for column, place in fields.items()
        if place.kind == "text" and column != "record_sequence"
    }
    return layout, [
        {
            "occurrence_code": draw(st.sampled_from(sorted(layout.occurrences))),
            **{column: values[position] for column, values in texts.items()},
            **{
                column: draw(st.integers(0, 10**place.span.length - 1)) / Decimal(100)
                for column, place in fields.items()
                if place.kind == "amount"
            },
            **{
                column: draw(st.dates(date(1970, 1, 2), date(2069, 12, 30)))
                for column, place in fields.items()
                if place.kind.startswith(("dd", "yyyy"))
            },
        }
        | {"occurrence_code": draw(st.sampled_from(sorted(layout.occurrences)))}
        for position in range(draw(st.integers(0, 4)))
    ]


def landed(name: str, content: bytes) -> tuple[list[dict], int]:
    """Read a file by a shipped layout; give its movements and the number of lines rejected."""
    spec = load_source(SHIPPED.parent / f"cnab_{name}.yml").files[0]
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder, "file")
        path.write_bytes(content)
        delivery = Delivery(
            *(None, spec, ("payment.payments",), path, "file"),
            *(date(2024, 1, 1), size_and_time(path), read_content(path)),
        )
        header = readers.read_header(path, spec)
        found = readers.land(connection, [delivery], header)
        rows = connection.execute('select * from landing order by "#row"').fetchall()
    return [dict(zip(header, row, strict=False)) for row in rows], len(found.unreadable)


@given(movements())
def test_what_is_written_by_a_layout_comes_back(drawn) -> None:
    layout, written = drawn
    found, rejected = landed(layout.name, return_file(layout, written).encode("latin-1"))
    assert (len(found), rejected) == (len(written), 0)
    for one, values in zip(found, written, strict=True):
        for column, value in values.items():
            if column in one:
                expected = f"{value:.2f}" if isinstance(value, Decimal) else str(value).strip()
                assert one[column] == (expected or None), (layout.name, column)
        occurrence = layout.occurrences[values["occurrence_code"]]
        assert one["occurrence_class"] == occurrence.occurrence_class
        assert one["occurrence"] == occurrence.meaning


@given(movements(), BROKEN, st.binary(max_size=20))
def test_no_bytes_crash_a_layout_nor_give_what_is_no_value(
    drawn, harm: list[tuple[str, int]], junk: bytes
) -> None:
    layout, written = drawn
    content = return_file(layout, written).encode("latin-1")
    for kind, at in harm:
        match kind:
            case "cut":
                content = content[: len(content) - at]
            case "drop":
                content = content[:at] + content[at + 1 :]
            case "swap":
                content = content[:at] + content[at + 9 : at + 18] + content[at : at + 9]
            case "put":
                content = content[:at] + junk + content[at:]
    try:
        found, rejected = landed(layout.name, content)
    except InputError:
        return
    assert len(found) + rejected <= len(content.split(b"\n"))
    for one in found:
        assert Decimal(one["face_amount"] or 0) >= 0
        assert date.fromisoformat(one["occurrence_date"] or "2024-01-01")
        assert one["occurrence_code"] in layout.occurrences
