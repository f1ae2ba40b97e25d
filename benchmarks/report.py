"""Keeps what was measured and writes it down as docs/performance.md."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.parts import Row

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
START, END = "<!-- what was measured -->", "<!-- the end of what was measured -->"
TITLES = {
    "limit": "The limit: DuckDB alone doing the same",
    "rivals": "Ten KPIs by other means",
    "empty": "What a day without news costs",
    "growth": "A day on a longer history",
    "memory": "Memory",
}


def keep(part: str, contacts: int, rows: Sequence[Row], circumstances: Mapping[str, Any]) -> None:
    """Put the rows of a part and size in the place of those of before, and write the page."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results.setdefault(part, {})[str(contacts)] = {
        **circumstances,
        "rows": [asdict(row) for row in rows],
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    text = PAGE.read_text()
    before, after = text.partition(START)[0], text.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n\n{page(results)}\n{END}{after}")


def page(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Write all results as Markdown."""
    parts = []
    for part in (part for part in TITLES if part in results):
        parts.append(f"### {TITLES[part]}\n")
        for contacts, result in sorted(results[part].items(), key=lambda item: int(item[0])):
            parts.append(
                f"{int(contacts):,} contacts{_of(part)}, median of {result['repeats']};"
                f" {result['day']}, load of the machine {result['load']:.1f}:\n"
            )
            parts.append("| | Seconds | Peak memory | Ratio | Wanted |")
            parts.append("| --- | ---: | ---: | ---: | --- |")
            parts += [_line(row) for row in result["rows"]]
            parts.append(f"\n{result['machine']}; {result['versions']}.\n")
    return "\n".join(parts)


def _of(part: str) -> str:
    return " in the longest history" if part == "growth" else ""


def _line(row: Mapping[str, Any]) -> str:
    notes = f" ({'; '.join(row['notes'])})" if row["notes"] else ""
    name = f"{row['name']}{notes}".replace("\n", " ").replace("|", "\\|")
    ratio, wanted = "", ""
    if row["ratio"] is not None:
        ratio = f"{row['ratio']:.2f} times"
    if row["least"] is not None:
        wanted = (
            f"at least {row['least']:g} times{'' if row['ratio'] >= row['least'] else ', missed'}"
        )
    if row["most"] is not None:
        wanted = f"at most {row['most']:g} times{'' if row['ratio'] <= row['most'] else ', missed'}"
    seconds = f"{row['seconds']:.1f}" if row["seconds"] else ""
    peak = f"{row['peak_bytes'] / 2**30:.2f} GiB" if row["peak_bytes"] else ""
    return f"| {name} | {seconds} | {peak} | {ratio} | {wanted} |"
