"""Layouts of Brazilian bank return files (CNAB 240 and CNAB 400), as declared in YAML.

A layout is a table of positions per record of a bank, its table of occurrence codes, and what its
trailers total. Those shipped are in ``sources/layouts``; a company may write its own.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from orchestration.ingestion.strict_settings import StrictSettings, TextLoader

SHIPPED = Path(__file__).resolve().parents[2] / "sources" / "layouts"
WIDTHS = (240, 400)

# What a file gives of every movement of a title, in this order.
COLUMNS = (
    *("bank_code", "branch", "account", "assignor_code", "file_sequence", "record_sequence"),
    *("our_number", "document_number", "company_use", "wallet"),
    *("occurrence_code", "occurrence", "occurrence_class"),
    *("occurrence_date", "credit_date", "due_date"),
    *("face_amount", "paid_amount", "credited_amount", "fee_amount", "other_expenses"),
    *("interest_amount", "fine_amount", "discount_amount", "rebate_amount", "iof_amount"),
    *("other_credits", "reasons", "pix_txid", "repetition"),
)
# Who is to pay: read only where a mapping names it.
PAYER_COLUMNS = ("payer_name", "payer_document")
# Of these a layout says nothing: they come from its other declarations.
DERIVED = {"bank_code", "occurrence", "occurrence_class", "repetition"}
KINDS = {
    "text": None,
    "amount": None,
    "codes_2": None,
    "codes_3": None,
    "ddmmyy": 6,
    "ddmmyyyy": 8,
    "yyyymmdd": 8,
}
TEXTS = ("text", "codes_2", "codes_3")
# In cents; more digits are not money.
AMOUNT_LENGTHS = range(3, 19)
# A settlement is cash and nothing else is. ``reversal`` undoes a payment and ``unclear`` may be
# one: both are for a person to look at.
Class = Literal[
    *("settlement", "reversal", "unclear", "entry", "rejection", "write_off", "protest"),
    *("change", "fee", "pending", "other"),
]


class Span(NamedTuple):
    """Positions of a line, the first of all being 1, both included."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Number of characters."""
        return self.end - self.start + 1


def _span(text: Any) -> Span:
    if not isinstance(text, str) or not re.fullmatch(r"[1-9]\d{0,3}-[1-9]\d{0,3}", text):
        raise ValueError(f"'{text}' are no positions; write them as 71-82")
    span = Span(*map(int, text.split("-")))
    if span.end < span.start:
        raise ValueError(f"'{text}' ends before it starts")
    return span


Positions = Annotated[Span, BeforeValidator(_span)]


class Place(NamedTuple):
    """Where a value stands, and how it is written there."""

    span: Span
    kind: str


def _place(text: Any) -> Place:
    positions, _, kind = text.partition(" ") if isinstance(text, str) else (text, "", "")
    span, kind = _span(positions), kind.strip() or "text"
    if kind not in KINDS:
        raise ValueError(f"'{kind}' is no kind of value; there are {', '.join(KINDS)}")
    if span.length != (KINDS[kind] or span.length) or (
        kind == "amount" and span.length not in AMOUNT_LENGTHS
    ):
        raise ValueError(f"'{positions}' has {span.length} characters, which is no {kind}")
    return Place(span, kind)


Placed = Annotated[Place, BeforeValidator(_place)]


class Record(StrictSettings):
    """A kind of line, told by what stands ``where``.

    ``detail``: each is a movement of a title. ``part``: belongs to the detail above it, which
    lacks something without it where it ``is_required``. ``passed``: holds nothing of a payment.
    """

    where: Annotated[dict[str, str], Field(min_length=1)]
    role: Literal["header", "batch_header", "detail", "part", "passed", "batch_trailer", "trailer"]
    is_required: bool = False
    fields: dict[str, Placed] = Field(default={})

    @property
    def marks(self) -> list[tuple[Span, str]]:
        """What tells such a line, by its positions."""
        return [(_span(positions), text) for positions, text in self.where.items()]

    @property
    def end(self) -> int:
        """Last position that anything is read from."""
        spans = [place.span for place in self.fields.values()]
        return max(span.end for span in (*spans, *(span for span, _ in self.marks)))

    @model_validator(mode="after")
    def _positions_hold_what_they_should(self) -> "Record":
        for positions, text in self.where.items():
            if len(text) != _span(positions).length:
                raise ValueError(f"where: '{text}' does not fill the positions {positions}")
        known = {*COLUMNS, *PAYER_COLUMNS} - DERIVED
        if unknown := sorted(set(self.fields) - known):
            raise ValueError(f"no column is called {', '.join(unknown)}")
        return self


class Total(StrictSettings):
    """What a trailer says of its file, or of its batch: a number of lines or a sum of amounts.

    ``of``: ``records`` (all lines), ``details``, ``batches``, or a column of amounts. The figures
    ``at`` several positions are added up. ``may_be_zero``: some leave it unfilled.
    """

    record: str
    at: tuple[Positions, ...]
    of: str
    occurrences: tuple[str, ...] = ()
    may_be_zero: bool = False


class Occurrence(NamedTuple):
    """What an occurrence code means, in the bank's words, and which class of movement it is."""

    occurrence_class: Class
    meaning: str


class Layout(StrictSettings):
    """How the return files of a bank are written.

    ``bank_at`` are the positions of the header that name the bank; what a company sends to the
    bank has ``sent_mark`` at ``sent_at``. ``paid_is_credited_and_fee`` where the bank tells what it
    credited, its fee taken off, in place of what was paid.
    """

    name: str
    bank_code: Annotated[str, Field(pattern=r"^\d{3}$")]
    bank_name: str
    width: Annotated[int, Field(ge=1)]
    bank_at: Positions
    sent_at: Positions
    sent_mark: str
    batch_at: Positions | None = None
    paid_is_credited_and_fee: bool = False
    records: dict[str, Record]
    totals: tuple[Total, ...] = ()
    occurrences: Annotated[dict[str, Occurrence], Field(min_length=1)]

    def names_of(self, role: str) -> list[str]:
        """List the records of a role."""
        return [name for name, record in self.records.items() if record.role == role]

    @model_validator(mode="after")
    def _records_agree(self) -> "Layout":
        for role in ("header", "detail", "trailer"):
            if len(self.names_of(role)) != 1:
                raise ValueError(f"one record has the role {role}, not {len(self.names_of(role))}")
        for name, record in self.records.items():
            if record.end > self.width:
                raise ValueError(f"{name} ends at {record.end}, behind the width {self.width}")
        detail = self.records[self.names_of("detail")[0]]
        needed = {"occurrence_code", "occurrence_date", "our_number", "face_amount", "paid_amount"}
        if self.paid_is_credited_and_fee:
            needed = needed - {"paid_amount"} | {"credited_amount", "fee_amount"}
        there = {*detail.fields}.union(*(self.records[name].fields for name in self.parts))
        if missing := sorted(needed - there):
            raise ValueError(f"no detail holds {', '.join(missing)}")
        for total in self.totals:
            if total.record not in self.records:
                raise ValueError(f"totals: there is no record {total.record}")
            if total.of not in ("records", "details", "batches") and (
                total.of not in detail.fields or detail.fields[total.of].kind != "amount"
            ):
                raise ValueError(f"totals: '{total.of}' is no amount of the detail")
        return self

    @property
    def written(self) -> set[str]:
        """Columns that hold no text of a file: amounts, days, and what the layout tells."""
        places = [item for record in self.records.values() for item in record.fields.items()]
        texts = {column for column, place in places if place.kind in TEXTS}
        return DERIVED | {column for column, _ in places} - texts

    @property
    def detail(self) -> Record:
        """The record that each movement of a title begins with."""
        return self.records[self.names_of("detail")[0]]

    @property
    def parts(self) -> list[str]:
        """Names of the records that belong to the detail above them."""
        return self.names_of("part")


def load_layout(name: Any, folder: Path) -> Layout:
    """Load a shipped layout by its name, or one of the user by its path, relative to a folder."""
    if not isinstance(name, str):
        raise ValueError("a layout is named, or is the path of a YAML file")
    path = SHIPPED / f"{name}.yml"
    if not re.fullmatch(r"\w+", name):
        path = folder / name
    elif not path.exists():
        shipped = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.yml")))
        raise ValueError(f"there is no layout '{name}'; shipped are {shipped}. Or name a path")
    try:
        return Layout.model_validate(_settings(path, depth=0))
    except ValidationError as error:
        found = [
            f"{'.'.join(str(part) for part in one['loc'])}:"
            f" {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        ]
        raise ValueError(f"{path}: {'; '.join(found)}") from None


def _settings(path: Path, depth: int) -> dict[str, Any]:
    """Read a layout with what it extends; a file of its own overrides value by value."""
    try:
        own = yaml.load(path.read_text(encoding="utf-8"), TextLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: cannot be read as YAML: {error}") from None
    if not isinstance(own, dict):
        raise ValueError(f"{path}: is no layout")
    own = {"name": path.stem, **own}
    if (base := own.pop("extends", None)) is None:
        return own
    if depth == 5:
        raise ValueError(f"{path}: extends what extends it")
    places = [folder / f"{base}.yml" for folder in (path.parent, SHIPPED, SHIPPED / "base")]
    there = next((place for place in places if place.exists()), places[0])
    settings = _settings(there, depth + 1)
    return {**settings, **own, "records": _merged_records(settings, own)}


def _merged_records(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Override records field by field; a field that is ``none`` is not there any more."""
    records = dict(base.get("records") or {})
    for name, record in (own.get("records") or {}).items():
        there = records.get(name, {})
        fields = {**(there.get("fields") or {}), **(record.get("fields") or {})}
        kept = {column: place for column, place in fields.items() if place != "none"}
        records[name] = {**there, **record, "fields": kept}
    return records
