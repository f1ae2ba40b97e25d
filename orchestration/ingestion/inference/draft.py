"""Writes the draft: what was found out as YAML, and what a person must decide as comments."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from orchestration.contract import contract
from orchestration.errors import InputError
from orchestration.ingestion.inference.matching import (
    NEARLY_AS_LIKELY,
    Guess,
    Match,
    match_with,
    matches,
    normalised,
    translations,
)
from orchestration.ingestion.inference.notation import Notation, notation_of
from orchestration.ingestion.inference.reading import reading_of
from orchestration.ingestion.inference.values import Seen, seen_columns
from orchestration.privacy.identifiers import masked
from orchestration.sql_text import literal, quoted

# How the day may be written in the name of a file.
DAYS_IN_NAMES = {
    r"\d{4}-\d{2}-\d{2}": "%Y-%m-%d",
    r"\d{4}_\d{2}_\d{2}": "%Y_%m_%d",
    r"\d{2}-\d{2}-\d{4}": "%d-%m-%Y",
    r"\d{2}\.\d{2}\.\d{4}": "%d.%m.%Y",
    r"20\d{6}": "%Y%m%d",
    r"\d{4}20\d{2}": "%d%m%Y",
}
MOST_VALUES = 5
# A column of text may hold the names of people, by what it is called.
NAMED_FOR_NAMES = r"\b(name|nome|nombre|razao social|razon social)\b"


def draft(path: Path, kind_id: str | None, system: str | None) -> str:
    """Draft the YAML for files like this one; ``InputError`` where no kind fits it."""
    if kind_id is not None and kind_id not in contract():
        raise InputError(
            f"--kind {kind_id}: there is no such export kind, but {', '.join(contract())}."
        )
    reading = reading_of(path)
    try:
        seen, row_count = seen_columns(path, reading.settings)
    except InputError as error:
        raise InputError([f"{path}: {problem}" for problem in error.problems]) from None
    title = f"{path.stem} {reading.settings.get('sheet', '')}"
    likely = matches(seen, title)
    if kind_id is not None:
        match = match_with(contract()[kind_id], seen, title)
    elif likely:
        match = likely[0]
    else:
        raise InputError(
            f"{path}: its columns ({masked(', '.join(one.name for one in seen))}) are of no kind by"
            f" their names; say which with --kind. There are {', '.join(contract())}."
            " docs/connectors.md lists the systems that are declared already."
        )
    notation = notation_of(match.guesses)
    rows = f"by its first {row_count:,} rows" if row_count else "which has no rows"
    lines = [
        f"# Drafted by `warehouse sources infer` from {path.name}, {rows}.",
        "# Decide what has a question mark, then use `warehouse sources check`.",
        f"system: {system or _system_of(path)}",
        "",
        "files:",
        *_path_lines(path),
        *(f"    # ? {doubt}" for doubt in reading.doubts),
        *(f"    {name}: {_scalar(value)}" for name, value in reading.settings.items()),
        *_notation_lines(notation),
        "    kinds:",
        f"      {match.kind.id}:",
        *_kind_lines(match, notation),
        *_remarks(match, seen, [] if kind_id else likely[1:]),
    ]
    return "\n".join(lines) + "\n"


def _path_lines(path: Path) -> list[str]:
    for pattern, form in DAYS_IN_NAMES.items():
        for found in re.finditer(rf"(?<!\d){pattern}(?!\d)", path.name):
            try:
                datetime.strptime(found[0], form)
            except ValueError:
                continue
            name = path.name.replace(found[0], "{day}")
            day_format = [] if form == "%Y-%m-%d" else [f'    day_format: "{form}"']
            return [f"  - path: {_scalar('**/' + name)}", *day_format]
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    return [
        f"  - path: {_scalar('**/' + path.name)}",
        "    # ? its name holds no day; this is when it was last changed. If there will be more of",
        "    # them, have each named with its day, and write {day} for it in the path",
        f"    export_day: {changed}",
    ]


def _notation_lines(notation: Notation) -> list[str]:
    lines = []
    for name, value in notation.settings.items():
        if doubt := notation.doubts.get(name):
            lines.append(f"    # {doubt}")
        text = _scalar(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(f"    {name}: {text}")
    return [*lines, *([f"    # {notation.doubts['kinds']}"] if "kinds" in notation.doubts else [])]


def _kind_lines(match: Match, notation: Notation) -> list[str]:
    """Write what fills the columns of a kind, and which required ones nothing fills."""
    columns: list[str] = []
    expressions: list[str] = []
    identifiers: dict[str, str] = {}
    for guess in match.guesses:
        name = guess.column.name
        doubt = [] if guess.is_sure else ["          # ? only a part of its name fits"]
        if match.kind.key == (name,) and guess.seen.different < guess.seen.filled:
            doubt.append(
                f"          # ? only {guess.seen.different:,} different values in"
                f" {guess.seen.filled:,} rows; of a key, one row counts"
            )
        if name in notation.expressions:
            expressions += [*doubt, f"          {name}: {json.dumps(notation.expressions[name])}"]
        elif translated := _translated(match, guess):
            expressions += [*doubt, *translated]
        else:
            columns += _untranslated(guess)
            columns += [*doubt, f"          {name}: {_scalar(guess.seen.name)}"]
        if guess.column.data_type == "string" and (kind := _identifier(guess.seen)):
            identifiers[name] = kind
    return [
        *(["        columns:", *columns] if columns else []),
        *(["        expressions:", *expressions] if expressions else []),
        *(["        # kept as keyed hashes", "        identifiers:"] if identifiers else []),
        *(f"          {name}: {kind}" for name, kind in identifiers.items()),
        *_missing(match),
    ]


def _missing(match: Match) -> list[str]:
    """Say which required columns nothing fits."""
    found = {guess.column.name for guess in match.guesses}
    lines = []
    for column in match.kind.columns:
        if column.is_required and column.name not in found:
            known = f": {', '.join(column.values)}" if column.values else ""
            lines.append(f"        # {column.name}: ?  (required{known})")
    if lines:
        lines.append(
            "        # under columns: a column of the file; under constants: the same in every row;"
        )
        lines.append("        # under expressions: SQL over the file's columns")
    return lines


def _remarks(match: Match, seen: list[Seen], others: list[Match]) -> list[str]:
    """List what the draft leaves out, and what else the file may feed."""
    used = {guess.seen.name for guess in match.guesses}
    left_out = [
        f"{one.name} ({hidden})" if (hidden := _identifier(one)) else one.name
        for one in seen
        if one.name not in used
    ]
    found = {guess.column.name for guess in match.guesses}
    open_columns = [
        column.name
        for column in match.kind.columns
        if column.name not in found and not column.is_required
    ]
    likely = [
        other.kind.id for other in others if other.likeliness >= NEARLY_AS_LIKELY * match.likeliness
    ]
    return [
        *([f"# Left out of the file: {', '.join(left_out)}."] if left_out else []),
        *([f"# Optional and not filled: {', '.join(open_columns)}."] if open_columns else []),
        *([f"# ? The file may also feed {', '.join(likely)}."] if likely else []),
    ]


def _foreign(guess: Guess) -> list[str]:
    """List the values that a column of ours does not know, if it knows only certain ones."""
    known = guess.column.values
    return [text for text in guess.seen.distinct if known and text.lower() not in known]


def _translated(match: Match, guess: Guess) -> list[str]:
    """Write an expression that translates values; of those nobody knows, a person must decide."""
    meant = translations(match.kind, guess.column)
    ours = {
        text.lower(): text.lower()
        if text.lower() in guess.column.values
        else meant.get(normalised(text))
        for text in guess.seen.distinct
    }
    if not _foreign(guess) or not any(ours.values()):
        return []
    return [
        f"          # it may be {', '.join(guess.column.values)}",
        f"          {guess.column.name}: |",
        f"            case lower({quoted(guess.seen.name)})",
        *(f"              when {literal(text)} then '{one}'" for text, one in ours.items() if one),
        *(f"              -- ? when {literal(text)} then" for text, one in ours.items() if not one),
        # what nobody has translated shows in a check; as NULL it would be lost without a word
        f"              else {quoted(guess.seen.name)}",
        "            end",
    ]


def _untranslated(guess: Guess) -> list[str]:
    """Remark on values that no expression translates."""
    if not _foreign(guess):
        return []
    return [
        f"          # ? it has {masked(', '.join(guess.seen.distinct[:MOST_VALUES]))}, and may only"
        f" be {', '.join(guess.column.values)}:",
        "          # translate it under expressions",
    ]


def _identifier(seen: Seen) -> str | None:
    """Name the kind of direct identifier a column holds, going by its values and its name."""
    if seen.identifier:
        return seen.identifier
    is_named = re.search(NAMED_FOR_NAMES, normalised(seen.name))
    return "name" if seen.is_like_names and (is_named or not seen.distinct) else None


def _system_of(path: Path) -> str:
    # a file may be called by its day alone, in a folder of its system
    names = normalised(f"{path.stem} {path.resolve().parent.name}")
    words = re.findall(r"[a-z][a-z0-9]*", names)
    return words[0] if words else "system"


def _scalar(value: str | int) -> str:
    """Write a text in YAML, in quotes where it needs them."""
    text = str(value)
    if re.fullmatch(r"[\w][\w .()/º°ª-]*(?<! )", text):
        return text
    return json.dumps(text, ensure_ascii=False)
