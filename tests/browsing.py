"""A dashboard's pages in a real browser, Debian's `chromium`, opened from disk."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from playwright import sync_api
from playwright.sync_api import Page

from dashboards.building import build_dashboard
from orchestration.releases import serve

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("there is no browser; on Debian: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, sample_home: Path) -> Iterator[Callable[..., Page]]:
    """Opens a page of a dashboard, of the sample's own, and sees that nothing goes wrong on it."""
    faults: list[str] = []
    contexts = []

    def open_page(name: str, choice: str = "", home: Path = sample_home, **options) -> Page:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url.startswith(("file:", "data:")) or faults.append(request.url)
            ),
        )
        folder = (home / "published" / "dashboard").resolve()
        page.goto(f"file://{folder}/{name}.html{choice and '#'}{choice}")
        drawn(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def changed(sample_home: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Changes the sample's release and draws it anew; returns its home."""

    def change(sql: str) -> Path:
        release = tmp_path / "releases" / "r"
        release.mkdir(parents=True)
        shutil.copy(sample_home / "published" / "collections.duckdb", release)
        with closing(duckdb.connect(release / "collections.duckdb")) as connection:
            connection.execute(sql)
        build_dashboard(release)
        serve(tmp_path, release)
        return tmp_path

    return change


def drawn(page: Page) -> None:
    """Wait until all of a page is drawn."""
    if page.locator(".choosers").count():
        page.wait_for_selector("body[data-ready=true]")
