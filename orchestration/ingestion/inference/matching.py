"""Which kind a file feeds and which of its columns is which of ours, by their names and values."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from orchestration.contract import Column, Kind, contract
from orchestration.ingestion.inference.values import Seen

NAMES = Path(__file__).with_name("names.yml")
# How sure a name makes it: ours, one in files of this kind, one anywhere, one within a longer one.
OURS, OF_KIND, ANYWHERE, WITHIN = 1.0, 0.95, 0.9, 0.6
# What makes a kind likely: all its required columns, each column that is found, a word for it.
ALL_REQUIRED, EACH_COLUMN, WORD_OF_FILE, WORD_OF_COLUMN = 0.5, 0.12, 0.35, 0.1
LEAST_LIKELY = 0.4
NEARLY_AS_LIKELY = 0.85
# A key is of one row. A column with so few different values is hardly one, whatever its name.
LEAST_DIFFERENT = 0.5
REPEATED = 0.5


@dataclass(frozen=True)
class Guess:
    """A column of the file taken for one of ours; not sure where only a part of its name fits."""

    column: Column
    seen: Seen
    is_sure: bool


@dataclass(frozen=True)
class Match:
    """A kind a file may feed, and what fills it; ``likeliness`` compares kinds."""

    kind: Kind
    guesses: tuple[Guess, ...]
    likeliness: float


def matches(seen: Sequence[Seen], title: str) -> list[Match]:
    """List the kinds a file may feed, the likeliest first; ``title`` names file and sheet."""
    found = [match_with(kind, seen, title) for kind in contract().values()]
    likely = [match for match in found if match.likeliness >= LEAST_LIKELY]
    return sorted(likely, key=lambda match: -match.likeliness)


def match_with(kind: Kind, seen: Sequence[Seen], title: str) -> Match:
    """Fill a kind's columns with those of a file, each with the one likest to it."""
    scores = sorted(
        (
            (-_likeness(kind, column, one), number, place, column, one)
            for number, column in enumerate(kind.columns)
            for place, one in enumerate(seen)
            if _score(kind, column, one)
        ),
        key=lambda scored: scored[:3],
    )
    taken: dict[str, Guess] = {}
    used: set[str] = set()
    total = 0.0
    required = [column for column in kind.columns if column.is_required]
    for score, _, _, column, one in scores:
        if column.name not in taken and one.name not in used:
            taken[column.name] = Guess(column, one, _score(kind, column, one) > WITHIN)
            used.add(one.name)
            total -= score * EACH_COLUMN
            if column.is_required:
                total -= score * ALL_REQUIRED / len(required)
    words = set(_meanings()["kinds"].get(kind.id, ()))
    total += WORD_OF_FILE * bool(words & set(normalised(title).split()))
    in_columns = {word for one in seen for word in normalised(one.name).split()}
    total += WORD_OF_COLUMN * bool(words & in_columns)
    guesses = tuple(taken[column.name] for column in kind.columns if column.name in taken)
    return Match(kind, guesses, total if guesses else 0)


def translations(kind: Kind, column: Column) -> dict[str, str]:
    """Give what values of others mean in a column that knows only certain ones."""
    meant = _meanings()["values"].get(kind.id, {}).get(column.name, {})
    return {theirs: ours for ours, words in meant.items() for theirs in words}


def normalised(name: str) -> str:
    """Write a name in lower case, without accents and signs, with spaces between its words."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    return " ".join(re.findall(r"[a-z0-9]+", apart.lower()))


def _score(kind: Kind, column: Column, seen: Seen) -> float:
    if not _may_hold(column, seen):
        return 0
    name = normalised(seen.name)
    meanings = _meanings()
    anywhere = meanings["columns"].get(column.name, ())
    of_kind = meanings["of_kind"].get(kind.id, {}).get(column.name, ())
    if name == column.name.replace("_", " "):
        return OURS
    if name in of_kind:
        return OF_KIND
    if name in anywhere:
        return ANYWHERE
    words = set(name.split())
    longest = max(
        (len(one) for one in anywhere if len(one) > 3 and set(one.split()) <= words), default=0
    )
    # the longer what fits, the likelier
    return WITHIN * (0.5 + 0.5 * longest / len(name)) if longest else 0


def _likeness(kind: Kind, column: Column, seen: Seen) -> float:
    """Score a column by its name, and one that would be the key by its values too."""
    is_repeated = seen.different < LEAST_DIFFERENT * seen.filled
    penalty = REPEATED if kind.key == (column.name,) and is_repeated else 1
    return penalty * _score(kind, column, seen)


def _may_hold(column: Column, seen: Seen) -> bool:
    """Tell whether the values of a column may be of the type of ours."""
    if not seen.filled:
        return True
    if column.data_type in ("date", "timestamp"):
        return bool(seen.forms)
    if column.data_type.startswith(("decimal", "double", "bigint")):
        return seen.is_number
    if column.data_type == "boolean":
        return len(seen.distinct) in (1, 2)
    return True


@cache
def _meanings() -> Mapping[str, Mapping]:
    return yaml.load(NAMES.read_text(encoding="utf-8"), yaml.BaseLoader)
