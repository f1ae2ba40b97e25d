"""The dashboard in a real browser: it renders, says what the release says, and can be used by all.

Wants Debian's `chromium`; a page is opened from disk.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import duckdb
import pytest

from dashboards.pages import LANGUAGES, pages

CHROMIUM = shutil.which("chromium")
sync_api = pytest.importorskip("playwright.sync_api", reason="what drives a browser is not there")
Page = sync_api.Page
NAMES = [*(page.id for page in pages()), "trust", "definitions"]
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TYPED = {"en": (",", "."), "pt": (".", ","), "es": (".", ",")}


@pytest.fixture(scope="module")
def browser() -> Iterator["sync_api.Browser"]:
    if not CHROMIUM:
        pytest.skip("there is no browser; on Debian: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def release(sample_home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    database = sample_home / "published" / "collections.duckdb"
    with closing(duckdb.connect(database, read_only=True)) as connection:
        yield connection


@pytest.fixture
def opened(browser, sample_home: Path) -> Iterator[Callable[..., "Page"]]:
    """Opens a page of the sample's dashboard, and sees that nothing goes wrong on it."""
    folder = (sample_home / "published" / "dashboard").resolve()
    faults: list[str] = []
    context = None

    def open_page(name: str, choice: str = "", **options) -> "Page":
        nonlocal context
        context = browser.new_context(**options)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url.startswith(("file:", "data:")) or faults.append(request.url)
            ),
        )
        page.goto(f"file://{folder}/{name}.html{choice and '#'}{choice}")
        drawn(page)
        return page

    yield open_page
    assert faults == []
    if context:
        context.close()


def drawn(page: "Page") -> None:
    """Wait until all of a page is drawn."""
    if page.locator(".choosers").count():
        page.wait_for_selector("body[data-ready=true]")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_renders_offline_with_all_its_charts(opened, language: str, name: str) -> None:
    page = opened(f"{language}/{name}")
    assert page.evaluate("document.documentElement.lang") == language
    charts = page.locator(".tile .spark, .chart").count()
    assert page.locator(".tile .spark svg, .chart svg").count() == charts
    assert (charts == 0) == (name in ("trust", "definitions"))


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_finds_nothing_serious_in_the_way_of_anybody(opened, name: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(f"pt/{name}")
    # without loading the style sheets once more, which no page from disk may
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] != "minor"] == []


def number(text: str, language: str) -> float:
    """Read a number as a language writes it."""
    thousands, decimal = TYPED[language]
    digits = re.search(r"\d[\d.,]*", text)[0]
    sign = -1 if "-" in text else 1
    return sign * float(digits.replace(thousands, "").replace(decimal, "."))


@pytest.mark.parametrize(
    ("language", "chosen"),
    [
        ("en", {"grain": "month"}),
        ("pt", {"grain": "quarter"}),
        ("es", {"grain": "month", "split": "portfolio", "only": "retail"}),
        ("en", {"grain": "month", "split": "channel", "only": "whatsapp"}),
    ],
)
@pytest.mark.parametrize("name", [page.id for page in pages()])
def test_the_numbers_on_a_page_are_those_of_the_release(
    opened, release, name: str, language: str, chosen: dict[str, str]
) -> None:
    page = opened(f"{language}/{name}", urlencode(chosen))
    grain, split, only = (chosen.get(one, "") for one in ("grain", "split", "only"))
    start = page.locator("select[name=period]").input_value()
    compared = 0
    for tile in page.locator(".tile").all():
        kpi = tile.get_attribute("data-kpi")
        can_split = release.execute(
            "select list_contains(string_split(coalesce(dimensions, ''), ', '), ?), unit"
            " from kpi_catalog where kpi_id = ?",
            [split, kpi],
        ).fetchone()
        slice_shown = (split, only) if only and can_split[0] else ("all", "all")
        # the newest one that is final, else what the chosen period says so far
        expected = release.execute(
            """
            select value
            from kpi_values
            where
                kpi_id = ? and period_grain = ? and dimension = ? and member = ? and part = 'all'
                and period_start <= ? and (period_start = ? or is_mature) and value is not null
                and period_start >= (select min(period_start) from kpi_values
                    where period_grain = 'month')
            order by is_mature desc, period_start desc
            limit 1
            """,
            [kpi, grain, *slice_shown, start, start],
        ).fetchone()
        shown = tile.locator(".value")
        if expected is None:
            assert shown.locator("data").count() == 0, kpi
            continue
        value = float(shown.locator("data").get_attribute("value"))
        assert value == pytest.approx(expected[0], abs=1e-9), kpi
        unit, text = can_split[1], shown.inner_text()
        if unit in ("ratio", "days") or abs(value) < 10_000:
            scale = 100 if unit == "ratio" else 1
            assert number(text, language) == pytest.approx(value * scale, abs=0.0501), kpi
        compared += 1
    assert compared > 0


def test_bars_and_shares_say_what_the_release_says(opened, release) -> None:
    page = opened("en/delinquency", "grain=month")
    start = page.locator("select[name=period]").input_value()
    for figure, sql in (
        (
            "delinquency_compared",
            "select member, value from kpi_values where kpi_id = 'delinquent_balance_rate'"
            " and dimension = 'portfolio' and part = 'all'",
        ),
        (
            "stages",
            "select part, value from kpi_values where kpi_id = 'stage_mix'"
            " and dimension = 'all' and value != 0",
        ),
    ):
        place = page.locator(f"[data-figure={figure}]")
        place.locator("summary").first.click()
        rows = [
            [cell.inner_text() for cell in row.locator("th, td").all()]
            for row in place.locator("tbody tr").all()
        ]
        of_month = " and period_grain = 'month' and period_start = ? and value is not null"
        expected = dict(release.execute(sql + of_month, [start]).fetchall())
        assert len(rows) == len(expected) > 1
        for label, text in rows:
            assert number(text, "en") == pytest.approx(expected[label] * 100, abs=0.0501)


def test_the_funnel_ends_at_the_promises_kept_and_starts_at_all_contacts(opened, release) -> None:
    page = opened("en/contact", "grain=month")
    start = page.locator("select[name=period]").input_value()
    place = page.locator("[data-figure=funnel]")
    place.locator("summary").first.click()
    shown = [
        int(number(row.locator("td").first.inner_text(), "en"))
        for row in place.locator("tbody tr").all()
    ]
    expected = release.execute(
        """
        select
            count(*), count(*) filter (where is_contacted),
            count(*) filter (where contact_id in (select contact_id from fct_promises)),
            count(*) filter (where contact_id in
                (select contact_id from fct_promises where promise_status = 'kept'))
        from fct_contacts
        where direction = 'outbound' and date_trunc('month', contact_date) = ?::date
        """,
        [start],
    ).fetchone()
    assert shown == list(expected)
    assert shown[0] > shown[1] > shown[2] > 0


def test_a_choice_changes_the_page_is_in_its_address_and_goes_along_to_other_pages(opened) -> None:
    page = opened("pt/overview")
    tile = page.locator("[data-kpi=cash_collected] .value")
    before = tile.inner_text()
    page.select_option("select[name=split]", "portfolio")
    page.select_option("select[name=only]", "retail")
    drawn(page)
    assert tile.inner_text() != before
    assert page.locator("[data-figure=recovery_against_target] .panel").count() == 1
    page.select_option("select[name=grain]", "quarter")
    drawn(page)
    assert "grain=quarter" in page.url
    page.get_by_role("link", name="Español").click()
    drawn(page)
    assert page.locator("select[name=only]").input_value() == "retail"
    assert page.locator("select[name=grain]").input_value() == "quarter"
    page.get_by_role("link", name="Coste y productividad").click()
    drawn(page)
    assert page.locator("select[name=split]").input_value() == "portfolio"


def test_what_cannot_be_split_as_chosen_says_so(opened) -> None:
    page = opened("en/overview", "split=portfolio&only=retail")
    said = "not split by portfolio"
    for place, is_whole in (
        ("[data-figure=balance_by_age] .caption", True),
        ("[data-figure=cohorts] .caption", False),
        ("[data-kpi=net_promoter_score] .note", True),
        ("[data-kpi=cash_collected] .note", False),
    ):
        assert (said in page.locator(place).inner_text()) == is_whole, place


def test_what_cannot_be_chosen_is_not(opened) -> None:
    page = opened("en/overview", "grain=century&period=tomorrow&split=agent&only=nobody")
    assert page.locator("select[name=grain]").input_value() == "month"
    assert page.locator("select[name=split]").input_value() == ""
    assert page.locator("select[name=split] option[value=agent]").count() == 0


def test_a_figure_tells_its_definition_and_leads_to_all_about_it(opened) -> None:
    page = opened("en/overview")
    tile = page.locator("[data-kpi=recovery_rate_90d]")
    tile.locator("summary").click()
    assert "recovered within 90 days" in tile.locator("details p").first.inner_text()
    tile.get_by_role("link").click()
    assert page.url.endswith("definitions.html#recovery_rate_90d")
    assert page.locator("#recovery_rate_90d").is_visible()


def test_it_can_be_used_from_the_keyboard(opened) -> None:
    page = opened("en/overview")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "grain":
            break
    before = page.locator("select[name=grain]").input_value()
    page.keyboard.press("ArrowDown")
    drawn(page)
    assert page.locator("select[name=grain]").input_value() != before


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_a_phone(opened, name: str) -> None:
    page = opened(f"pt/{name}", viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_has_the_colours_of_the_page(opened, scheme: str) -> None:
    page = opened("en/overview", color_scheme=scheme)
    accent = page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()"
    )
    assert page.locator(f".chart path[stroke='{accent}']").count() > 0


def test_a_page_prints(opened) -> None:
    page = opened("es/overview")
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator(".pages").is_visible()
    assert page.locator(".tile").first.is_visible()


@pytest.mark.parametrize(
    ("spoken", "opens"), [("pt-PT", "pt"), ("es-CO", "es"), ("en-GB", "en"), ("fr-FR", None)]
)
def test_it_opens_in_the_readers_language(browser, sample_home: Path, spoken: str, opens) -> None:
    context = browser.new_context(locale=spoken)
    page = context.new_page()
    page.goto(f"file://{(sample_home / 'published' / 'dashboard').resolve()}/index.html")
    if opens:
        page.wait_for_url(f"**/{opens}/overview.html*")
    else:
        assert page.get_by_role("link").all_inner_texts() == ["English", "Português", "Español"]
    context.close()
