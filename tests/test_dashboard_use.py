"""The dashboard in a real browser: it renders offline and can be used by all."""

from pathlib import Path

import pytest
from browsing import drawn

from dashboards.pages import LANGUAGES, pages

NAMES = [*(page.id for page in pages()), "trust", "definitions"]
# every page in one of the languages, in turn; in the soak in all of them
SPOKEN = [
    pytest.param(name, language, marks=[] if page % 3 == spoken else [pytest.mark.soak])
    for page, name in enumerate(NAMES)
    for spoken, language in enumerate(LANGUAGES)
]


@pytest.mark.parametrize(("name", "language"), SPOKEN)
def test_a_page_renders_offline_with_all_its_charts(opened, name: str, language: str) -> None:
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
