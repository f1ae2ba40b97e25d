"""Builds the dashboard of a release: pages that open from disk, without a server or a network.

Everything on them comes from the release's own database; a number on a page is what `kpi_values`
says, worded by the page. The pages differ in their words alone from language to language, and
share their data.
"""

import json
import shutil
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zlib import crc32

import duckdb
import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards.charts import charts
from dashboards.pages import (
    HERE,
    LANGUAGES,
    OF_TRUST,
    SPLITS,
    UNJUDGED,
    dimensions,
    pages,
    query,
    texts,
)

DATABASE = "collections.duckdb"
FOLDER = "dashboard"
# Vega, with what the pages call of it; made in a second, and the same until one of both changes
CALLED = "window.vegaEmbed = vegaEmbed;"
LIBRARY = f"vega-{version('vl-convert-python')}-{crc32(CALLED.encode()):08x}.js"

Row = dict[str, Any]


@dataclass(frozen=True)
class Dashboard:
    """A dashboard that was written: where it opens, and each page in English, by its id."""

    path: Path
    pages: Mapping[str, Path]


def build_dashboard(release: Path) -> Dashboard:
    """Write the dashboard of the release in a directory, in place of any it has.

    The pages are written aside and moved there at once, so that nobody opens half of them.
    """
    partial, aside, target = (
        release / name for name in (f".{FOLDER}.partial", f".{FOLDER}.aside", FOLDER)
    )
    for left in (partial, aside):
        shutil.rmtree(left, ignore_errors=True)
    with closing(duckdb.connect(str(release / DATABASE), read_only=True)) as connection:
        connection.execute(f"create temp table shown_periods as {query('periods')}")
        connection.execute(
            f"create temp table shown_members as {query('members')}", {"dimensions": dimensions()}
        )
        _write_data(connection, partial / "data")
        _write_pages(connection, partial)
    for file in (HERE / "static").iterdir():
        _write(partial / "static" / file.name, file.read_text(encoding="utf-8"))
    _put_library(partial / "static" / LIBRARY, release)
    if target.exists():
        target.rename(aside)
    partial.rename(target)
    shutil.rmtree(aside, ignore_errors=True)
    return Dashboard(
        target / "index.html", {path.stem: path for path in (target / "en").glob("*.html")}
    )


def _put_library(path: Path, release: Path) -> None:
    """Write the library the pages draw with, or link it from another release of the home."""
    for made in release.parent.glob(f"*/{FOLDER}/static/{LIBRARY}"):
        with suppress(OSError):  # not every file system has links
            path.hardlink_to(made)
            return
    _write(path, vl_convert.javascript_bundle(CALLED))


def _write_data(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the data pages load: what all share, and a file for each."""
    shared = {
        "release": _as_json(connection, query("release")),
        "periods": _as_json(connection, "from shown_periods"),
        "members": _as_json(connection, "from shown_members"),
        "splits": json.dumps(SPLITS),
        "charts": json.dumps(charts()),
    }
    _write_script(folder / "release.js", "warehouse", shared)
    for page in pages():
        data = {name: _as_json(connection, query(name)) for name in page.own_queries}
        data["series"] = _as_json(connection, query("kpi_series"), {"kpis": page.kpis})
        _write_script(folder / f"{page.id}.js", "page", data)


def _as_json(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None
) -> str:
    """Return the rows of a query as JSON: a list for each column."""
    none = connection.execute(f"from ({sql}) limit 0", parameters)
    columns = [one[0] for one in none.description]
    lists = ", ".join(f"'{column}': list({column})" for column in columns)
    return connection.execute(f"select to_json({{{lists}}}) from ({sql})", parameters).fetchone()[0]


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> list[Row]:
    """Return the rows of a query, each by column."""
    found = connection.execute(query(name))
    columns = [one[0] for one in found.description]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _write_pages(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the pages of every language, and the one that opens the reader's own."""
    (release,) = _rows(connection, "release")
    kpis = _rows(connection, "kpis")
    of_trust = {name: _rows(connection, name) for name in OF_TRUST}
    for language in LANGUAGES:
        templates = _environment(language, release, kpis)
        figures = templates.get_template("figures.html")
        texts_by_page = {
            **{page.id: figures.render(page=page, page_id=page.id) for page in pages()},
            "trust": templates.get_template("trust.html").render(**of_trust, page_id="trust"),
            "definitions": templates.get_template("definitions.html").render(page_id="definitions"),
        }
        for name, text in texts_by_page.items():
            _write(folder / language / f"{name}.html", text)
    welcome = _environment(LANGUAGES[0], release, kpis).get_template("index.html")
    _write(folder / "index.html", welcome.render())


def _environment(language: str, release: Row, kpis: list[Row]) -> Environment:
    """Return the templates, with the words of a language and the KPIs of a release."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    wording = {
        group: {key: words[language] for key, words in entries.items()}
        for group, entries in texts().items()
        if group != "languages"
    }
    environment.globals.update(
        language=language,
        languages=texts()["languages"],
        pages=pages(),
        release=release,
        kpis=kpis,
        kpis_by_id={kpi["kpi_id"]: kpi for kpi in kpis},
        wording=wording,
        library=LIBRARY,
        unjudged=UNJUDGED,
        **wording,
    )
    return environment


def _write_script(path: Path, name: str, data: Mapping[str, str]) -> None:
    """Write a script with data in it: what is opened from disk may load nothing else."""
    fields = ",\n".join(f'"{key}": {text}' for key, text in data.items())
    _write(path, f"window.{name} = {{\n{fields}\n}};\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
