"""What the dashboard's pages say, seen in a real browser: what the release says."""

import re
from urllib.parse import urlencode

import pytest

from dashboards.pages import pages

TYPED = {"en": (",", "."), "pt": (".", ","), "es": (".", ",")}
OF_JUNE = "period_grain = 'month' and period_start = date '2026-06-01'"


def number(text: str, language: str) -> float:
    """Read a number as a language writes it."""
    thousands, decimal = TYPED[language]
    digits = re.search(r"\d[\d.,]*", text)[0]
    sign = -1 if "-" in text else 1
    return sign * float(digits.replace(thousands, "").replace(decimal, "."))


def standing(
    release, kpi: str, grain: str, slice_shown: tuple[str, str], start: str
) -> float | None:
    """The value that stands for a period: its own, or the last final one before what may change."""
    rows = release.execute(
        """
        select periods.period_start, kpi_id is not null, is_mature, is_complete_period, value
        from (
            select distinct period_start from kpi_values where period_grain = $grain
        ) as periods
        left join kpi_values
            on
                periods.period_start = kpi_values.period_start and kpi_id = $kpi
                and period_grain = $grain and dimension = $dimension and member = $member
                and part = 'all'
        where periods.period_start <= $start
        order by periods.period_start desc
        """,
        {
            "kpi": kpi,
            "grain": grain,
            "dimension": slice_shown[0],
            "member": slice_shown[1],
            "start": start,
        },
    ).fetchall()
    for _, is_there, is_mature, is_complete, value in rows:
        if is_there and not is_mature:
            continue
        return value if is_there and is_complete and value is not None else rows[0][4]
    return rows[0][4]


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
        expected = standing(release, kpi, grain, slice_shown, start)
        shown = tile.locator(".value")
        if expected is None:
            assert shown.locator("data").count() == 0, kpi
            continue
        value = float(shown.locator("data").get_attribute("value"))
        assert value == pytest.approx(expected, abs=1e-9), kpi
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
                (select contact_id from fct_promises where is_matured)),
            count(*) filter (where contact_id in
                (select contact_id from fct_promises
                    where is_matured and promise_status = 'kept'))
        from fct_contacts
        where direction = 'outbound' and date_trunc('month', contact_date) = ?::date
        """,
        [start],
    ).fetchone()
    assert shown == list(expected)
    assert shown[0] > shown[1] > shown[2] > 0


def test_a_figure_that_is_withheld_says_why_and_gives_no_earlier_one(opened, changed) -> None:
    home = changed(
        f"update kpi_values set value = null, blocked_by = 'no rate USD-BRL'"
        f" where kpi_id = 'cash_collected' and {OF_JUNE}"
    )
    tile = opened("en/overview", "grain=month", home).locator("[data-kpi=cash_collected]")
    assert tile.locator(".value").inner_text() == "No figure"
    assert tile.locator(".note").inner_text() == "Withheld: no rate USD-BRL"
    assert tile.locator(".change").inner_text() == ""


def test_a_period_that_is_not_over_is_told_so_far_and_judged_by_nothing(opened) -> None:
    page = opened("en/overview", "grain=year&period=2026-01-01")
    tile = page.locator("[data-kpi=cash_collected]")
    assert tile.locator(".note").inner_text() == "so far"
    assert tile.locator(".change").inner_text() == "not compared"
    assert "so far" in page.locator("[data-figure=balance_by_age] .caption").inner_text()


def test_what_is_not_final_meets_no_target(opened, changed) -> None:
    home = changed(f"delete from kpi_values where not ({OF_JUNE})")
    page = opened("en/overview", "", home)
    tile = page.locator("[data-kpi=recovery_rate_90d]")
    assert "not final yet" in tile.locator(".note").inner_text()
    assert tile.locator(".target").inner_text() == "target 45.0%"
    for figure in ("recovery_against_target",):
        assert "not final yet" in page.locator(f"[data-figure={figure}] .caption").inner_text()


def test_a_slice_that_rests_on_few_is_marked(opened, release) -> None:
    page = opened("en/recovery", "grain=month")
    place = page.locator("[data-figure=recovery_compared]")
    assert "° few cases" in place.locator(".caption").inner_text()
    place.locator("summary").first.click()
    marked = {
        row.locator("th").inner_text()
        for row in place.locator("tbody tr").all()
        if "°" in row.locator("td").inner_text()
    }
    expected = release.execute(
        "select member from kpi_values where kpi_id = 'recovery_rate_30d' and dimension ="
        " 'portfolio' and part = 'all' and is_small_sample and value is not null and"
        " period_grain = 'month' and period_start = date '2026-05-01'"
    ).fetchall()
    assert marked == {member for (member,) in expected}
    assert marked


def test_a_restated_value_is_told_in_its_unit(opened, changed) -> None:
    home = changed("""
        insert into kpi_restatements by name
        select
            'cash_collected' as kpi_id, 'month' as period_grain, date '2026-05-01' as period_start,
            'all' as dimension, 'all' as member, 'all' as part, 1234.5 as old_value,
            2000 as new_value, 'late_row' as cause, timestamp '2026-07-01' as restated_at
    """)
    for language, expected in (
        ("en", ["R$1,234.50", "R$2,000.00"]),
        ("pt", ["R$ 1.234,50", "R$ 2.000,00"]),
        ("es", ["1.234,50 R$", "2.000,00 R$"]),
    ):
        page = opened(f"{language}/trust", "", home)
        cells = page.locator("data[data-unit=money]").all_inner_texts()
        assert [cell.replace("\u00a0", " ") for cell in cells] == expected


def test_a_release_without_figures_says_so(opened, changed) -> None:
    page = opened("en/overview", "", changed("delete from kpi_values"))
    assert page.locator(".choosers").inner_text() == "This release has no figures yet."


def test_a_release_of_one_month_and_no_contacts_is_drawn(opened, changed) -> None:
    home = changed(f"""
        delete from kpi_values where not ({OF_JUNE}) or dimension = 'channel';
        delete from fct_contacts;
        delete from kpi_benchmarks
    """)
    for page in pages():
        assert opened(f"pt/{page.id}", "", home).locator(".tile .value data").count() > 0
