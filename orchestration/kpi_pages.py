"""Writes `docs/kpis/` and the KPI table of the README from the KPIs' own YAML files.

`python -m orchestration.kpi_pages`, or `make docs`.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb
import yaml

from orchestration.contract import DBT_PROJECT

ROOT = DBT_PROJECT.parent
PAGES = ROOT / "docs" / "kpis"
README = ROOT / "README.md"
MARKS = ("<!-- the KPIs: written by `make docs` -->", "<!-- the end of the KPIs -->")
LANGUAGES = {"en": "English", "pt": "Português", "es": "Español"}
ALWAYS_REQUIRED = ("billing.contracts", "billing.instalments", "payment.payments")
EXAMPLE_ROWS, MOST_INPUT_ROWS = 4, 8

UNITS = {
    "ratio": "ratio (1 is 100 %)",
    "money": "money",
}
DIRECTIONS = {"up": "up is good", "down": "down is good", "context": "neither up nor down is good"}
TIME_BASES = {
    "event": "event: what happened in the period",
    "cohort": "cohort: what became of those who began in the period",
    "snapshot": "snapshot: how it stood at the end of the period",
}
RULES = {
    "start": "on the eve of the period",
    "end": "on its last day",
    "mean": "as the mean of its days",
    "change": "as the change over it",
}

QUOTED = r"'(\w+)'"

Row = dict[str, str]


@dataclass(frozen=True)
class Kpi:
    """A KPI as its YAML file has it: topic, metadata, description, columns and unit tests."""

    kpi_id: str
    topic: str
    meta: Mapping
    description: str
    columns: Mapping[str, str]
    unit_tests: Sequence[Mapping]

    @property
    def file(self) -> str:
        """Its pair of files, from the root of the project, without their ending."""
        return f"dbt_project/models/marts/kpis/{self.topic}/kpi_{self.kpi_id}"

    @property
    def has_parts(self) -> bool:
        """Whether it has several figures per period: shares of a whole, or those of a statistic."""
        return "mix" in self.meta or "part" in self.columns


def pages() -> dict[Path, str]:
    """Return every page that is written, with its text, by its path."""
    kpis = read_kpis()
    return {
        README: _readme(kpis),
        PAGES / "README.md": _index(kpis),
        **{PAGES / f"{kpi.kpi_id}.md": _page(kpi) for kpi in kpis},
    }


def read_kpis() -> list[Kpi]:
    """Read the YAML files of the KPIs, in the order of the register."""
    macros = (DBT_PROJECT / "macros" / "kpis.sql").read_text(encoding="utf-8")
    order = re.findall(r"'(\w+)',", macros.split("macro kpi_ids")[1].split("endmacro")[0])
    files = {
        path.stem.removeprefix("kpi_"): path
        for path in DBT_PROJECT.glob("models/marts/kpis/*/kpi_*.yml")
    }
    return [_read(kpi_id, files[kpi_id]) for kpi_id in order]


def _read(kpi_id: str, path: Path) -> Kpi:
    # every value as it is written
    written = yaml.load(path.read_text(encoding="utf-8"), yaml.CBaseLoader)
    (model,) = written["models"]
    return Kpi(
        kpi_id,
        path.parent.name,
        model["config"]["meta"]["kpi"],
        model["description"].strip(),
        {column["name"]: column["description"] for column in model["columns"]},
        [test for test in written["unit_tests"] if test["model"] == model["name"]],
    )


def _readme(kpis: Sequence[Kpi]) -> str:
    before, rest = README.read_text(encoding="utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    table = _table(
        ["KPI", "name", "question it answers"],
        (
            [
                f"[`{kpi.kpi_id}`](docs/kpis/{kpi.kpi_id}.md)",
                kpi.meta["name"]["en"],
                kpi.meta["question"]["en"],
            ]
            for kpi in kpis
        ),
    )
    return f"{before}{MARKS[0]}\n\n{table}\n\n{MARKS[1]}{after}"


def _index(kpis: Sequence[Kpi]) -> str:
    paragraphs = [
        "# The KPIs",
        "A page per KPI: what it is called and means in three languages, how it is counted, its"
        " edge cases and an example. All of it is written from the KPI's own files by `make docs`;"
        " change those, not these.",
    ]
    for topic, of_topic in groupby(sorted(kpis, key=lambda kpi: kpi.topic), lambda kpi: kpi.topic):
        paragraphs += [
            f"## {topic.capitalize()}",
            _table(
                ["KPI", *LANGUAGES.values(), "question"],
                (
                    [
                        f"[`{kpi.kpi_id}`]({kpi.kpi_id}.md)",
                        *(kpi.meta["name"][language] for language in LANGUAGES),
                        kpi.meta["question"]["en"],
                    ]
                    for kpi in of_topic
                ),
            ),
        ]
    return "\n\n".join(paragraphs) + "\n"


def _page(kpi: Kpi) -> str:
    meta = kpi.meta
    sides = [side for side in ("numerator", "denominator") if side in kpi.columns]
    paragraphs = [
        f"# {meta['name']['en']}",
        f"`{kpi.kpi_id}` · [SQL](../../{kpi.file}.sql) · [YAML](../../{kpi.file}.yml) ·"
        " [all KPIs](README.md)",
        _table(
            ["", "name", "question", "definition"],
            (
                [language, *(meta[text][code] for text in ("name", "question", "definition"))]
                for code, language in LANGUAGES.items()
            ),
        ),
        "## How it is counted",
        _table(["", ""], _facts(kpi)),
        _table(
            ["column", "what it says"],
            ([f"`{name}`", kpi.columns[name]] for name in kpi.columns if name not in sides),
        ),
        "## Rows and edge cases",
        kpi.description,
        *_example(kpi),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _facts(kpi: Kpi) -> Iterator[list[str]]:
    """Yield what is to be known of a KPI, a name and a text each."""
    meta = kpi.meta
    yield ["number", f"{meta['number']}, version {meta['version']}"]
    yield ["source", meta["source"]]
    yield ["value", _formula(kpi)]
    for side in ("numerator", "denominator"):
        if side in kpi.columns:
            yield [side, kpi.columns[side] + _span_rule(meta, side)]
    yield ["counts", _counts(meta)]
    if "mix" in meta:
        yield ["parts", f"a mix: the shares of each `{meta['mix']}` in the whole of a slice"]
    if meta.get("money"):
        yield ["money", f"{' and '.join(meta['money'])}, in the reporting currency"]
    yield ["unit", UNITS.get(meta["unit"], meta["unit"])]
    yield ["good direction", DIRECTIONS[meta["direction"]]]
    yield ["time basis", TIME_BASES[meta["time_basis"]]]
    if "range" in meta:
        least, greatest = (_bound(bound) for bound in meta["range"])
        yield ["possible values", f"from {least} to {greatest}"]
    if "not_comparable_with" in meta:
        others = (f"[`{other}`]({other}.md)" for other in meta["not_comparable_with"])
        yield ["not to be compared with", ", ".join(others)]
    if "not_comparable_with" in meta:
        others = ", ".join(f"[`{kpi_id}`]({kpi_id}.md)" for kpi_id in meta["not_comparable_with"])
        yield ["not comparable with", others]
    yield ["dimensions", ", ".join(meta.get("dimensions", [])) or "none"]
    yield ["exports it needs", ", ".join([*ALWAYS_REQUIRED, *meta.get("requires", [])])]


def _formula(kpi: Kpi) -> str:
    if kpi.meta.get("kind") == "statistic":
        return "a statistic, computed by its model for each period and slice"
    formula = "numerator over denominator" if kpi.meta.get("kind") != "amount" else "numerator"
    multiplier = kpi.meta.get("multiplier", "1")
    return formula if multiplier == "1" else f"{formula} times {multiplier}"


def _span_rule(meta: Mapping, side: str) -> str:
    rule = meta.get("spans", {}).get(side)
    return f" Spans are read {RULES[rule]}." if rule else ""


def _counts(meta: Mapping) -> str:
    if meta.get("kind") == "statistic":
        return "what its model says"
    if meta.get("counts") == "unit":
        return "units: a `unit_id` counts once per slice and period, so slices may overlap"
    return "rows: the slices of a dimension add up to all"


def _bound(bound: str) -> str:
    return "no limit" if bound in ("", "null", "~") else bound


def _example(kpi: Kpi) -> Iterator[str]:
    """Yield an excerpt of the first unit test: a few expected rows, and the input about them."""
    test = kpi.unit_tests[0]
    # as many expected rows as can be followed
    for most in range(EXAMPLE_ROWS, 0, -1):
        expected = _excerpt(_rows(test["expect"]), most)
        inputs = [
            (given["input"], _about(_rows(given), _names_in(expected))) for given in test["given"]
        ]
        if max(len(rows) for _, rows in inputs) <= MOST_INPUT_ROWS:
            break
    yield "## Example"
    yield (
        f"From the unit test `{test['name']}` in [its YAML](../../{kpi.file}.yml), which has every"
        " case."
    )
    for name, rows in inputs:
        if rows:
            yield f"`{re.findall(QUOTED, name)[-1]}`"
            yield _rows_table(rows)
    yield f"give in `kpi_{kpi.kpi_id}`"
    yield _rows_table(expected)


def _rows(block: Mapping) -> list[Row]:
    """Return the rows of a unit test, however they are written."""
    rows, written_as = block.get("rows", []), block.get("format", "dict")
    if written_as == "csv":
        return list(csv.DictReader(io.StringIO(rows)))
    if written_as == "sql":
        with closing(duckdb.connect()) as connection:
            cursor = connection.execute(rows)
            names = [column[0] for column in cursor.description]
            return [
                {
                    name: "" if value is None else str(value)
                    for name, value in zip(names, row, strict=True)
                }
                for row in cursor.fetchall()
            ]
    return list(rows)


def _excerpt(rows: Sequence[Row], most: int) -> list[Row]:
    """Take a few rows, half of them with something in the numerator where there are.

    A statistic is there for every grain and slice; the first grain, unsliced, will do.
    """
    if rows and "period_grain" in rows[0]:
        grain = rows[0]["period_grain"]
        rows = [row for row in rows if (row["period_grain"], row["dimension"]) == (grain, "all")]
    some = [row for row in rows if row.get("numerator") not in ("0", "", None)]
    none = [row for row in rows if row not in some]
    taken = some[: max(most - most // 2, most - len(none))]
    taken += none[: most - len(taken)]
    units = {row.get("unit_id") for row in taken}
    return [row for row in rows if row in taken or row.get("unit_id", "") in units]


def _names_in(rows: Iterable[Row]) -> set[str]:
    """Return what ties rows to the input: their ids, or the cohorts of a statistic.

    Where units are of several kinds, the kind goes before the id.
    """
    ids = {
        value
        for row in rows
        for name, value in row.items()
        if value and (name.endswith("_id") or name == "period_start")
    }
    return ids | {value.split(" ", 1)[-1] for value in ids}


def _about(rows: Sequence[Row], names: set[str]) -> list[Row]:
    """Keep the rows that name one of the ids; all of them where none does and they are few."""
    about = [
        row
        for row in rows
        if names & {row[column] for column in row if column.endswith(("_id", "_date"))}
    ]
    if not about and len(rows) > EXAMPLE_ROWS:
        return []
    return about or list(rows)


def _rows_table(rows: Sequence[Row]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    told = [name for name in names if any(row.get(name) not in ("", "null", None) for row in rows)]
    return _table(told, ([row.get(name) or "" for name in told] for row in rows))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def main() -> None:
    """Write the pages, and take away those of KPIs that are gone."""
    written = pages()
    PAGES.mkdir(exist_ok=True)
    for path in set(PAGES.glob("*.md")) - set(written):
        path.unlink()
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
