"""Figures of rows of their own: what a table and its chart with intervals say, the release says."""

from functools import cache

import pytest
import yaml
from test_dashboard import exposures
from test_dashboard_figures import number

from dashboards.pages import Figure, Page, dimensions, pages, query, texts
from orchestration.contract import DBT_PROJECT

OF_ROWS = [(page, figure) for page in pages() for figure in page.figures if figure.query]
IDS = [f"{page.id}-{figure.id}" for page, figure in OF_ROWS]
# what a cell reads, where that is not the column it stands under
READS = {
    "words": ("{0}_en", "{0}_pt", "{0}_es"),
    "rule": ("{0}", "description_en", "description_pt", "description_es"),
    "own": ("{0}", "unit"),
    "own_interval": ("low", "high", "unit"),
    "ratio_interval": ("low", "high"),
    "difference_interval": ("low", "high"),
}
RESULTS = """
    delete from experiment_results;
    insert into experiment_results by name
    select * from (values
        ('payment_link_sms', 'challenger', 'champion', 'paid', 1000, 1000,
            0.345, 0.3, 0.045, 0.15, 0.004, 0.086, 0.0313, 0.0313, 'shown', null),
        ('their_own', 'blue', 'green', 'agreed', 40, 41,
            0.5, 0.6, -0.1, -0.1667, -0.3, 0.11, 0.37, 0.37, 'no_difference_shown', null),
        ('uneven', 'flexible', 'standard', 'paid', 20, 900,
            null, null, null, null, null, null, null, null, 'withheld', 'sample_ratio')
    ) as results (
        experiment, arm, control_arm, outcome, assigned_count, control_assigned_count,
        outcome_rate, control_outcome_rate, difference, difference_relative, interval_low,
        interval_high, p_value, adjusted_p_value, verdict, withheld_because
    )
"""


@cache
def accepted_values() -> dict[tuple[str, str], set[str]]:
    """What columns of the marts of insight may hold, by model and column, where that is said."""
    accepted = {}
    for path in (DBT_PROJECT / "models" / "marts").rglob("insight/*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", ()):
            for column in model.get("columns", ()):
                for test in column.get("data_tests", ()):
                    if "accepted_values" in test:
                        values = test["accepted_values"]["arguments"]["values"]
                        accepted[model["name"], column["name"]] = {str(value) for value in values}
    return accepted


def cells(page, figure: str) -> list[list[str]]:
    """The texts of a figure's table, row by row, without its headings."""
    return [
        [text.replace("\u00a0", " ") for text in row.locator("th, td").all_text_contents()]
        for row in page.locator(f"[data-figure={figure}] .table tbody tr").all()
    ]


@pytest.mark.parametrize(("page", "figure"), OF_ROWS, ids=IDS)
def test_a_table_shows_columns_that_its_query_has(release, page: Page, figure: Figure) -> None:
    release.execute(f"create or replace temp table shown_periods as {query('periods')}")
    release.execute(
        f"create or replace temp table shown_members as {query('members')}",
        {"dimensions": dimensions()},
    )
    has = {one[0] for one in release.execute(query(figure.query)).description}
    for name, unit in figure.columns.items():
        assert {one.format(name) for one in READS.get(unit, ("{0}",))} <= has, name
    assert set(figure.label) <= set(figure.columns)
    assert figure.panel is None or figure.panel in has
    assert figure.kind != "intervals" or {"value", "low", "high"} <= has


def test_every_column_has_a_heading_and_no_heading_is_there_in_vain() -> None:
    used = {name for _, figure in OF_ROWS for name in figure.columns}
    assert used == set(texts()["columns"])


@pytest.mark.parametrize(("page", "figure"), OF_ROWS, ids=IDS)
def test_every_code_a_model_may_give_has_words(page: Page, figure: Figure) -> None:
    coded = {name for name, unit in figure.columns.items() if unit in ("code", "saying")}
    for (model, column), values in accepted_values().items():
        if f"ref('{model}')" in exposures()[page.id]["depends_on"] and column in coded:
            assert values <= set(texts()["codes"]) | set(texts()["members"]), (model, column)


def test_an_experiment_says_what_its_result_says_and_why_another_is_withheld(
    opened, changed
) -> None:
    page = opened("pt/works", "", changed(RESULTS))
    rows = {row[0]: row[1:] for row in cells(page, "experiments")}
    assert rows["payment_link_sms"][:8] == [
        "challenger", "champion", "+4,5 p.p.", "+0,4 a +8,6 p.p.", "+15%", "0,031", "0,031",
        "diferença demonstrada",
    ]  # fmt: skip
    assert "SMS com link de pagamento" in rows["payment_link_sms"][13]
    assert rows["their_own"][:3] == ["blue", "green", "-10,0 p.p."]
    assert rows["uneven"][7] == "não publicado"
    assert "tamanho dos grupos" in rows["uneven"][14]
    drawn = page.locator("[data-figure=experiments] .chart")
    assert "payment_link_sms · challenger" in drawn.inner_text()
    assert "uneven" not in drawn.inner_text()


def test_only_what_is_shown_stands_out_in_a_chart(opened, changed) -> None:
    page = opened("en/works", "", changed(RESULTS))
    drawn = page.locator("[data-figure=experiments] .chart")
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--{}').trim()"
    for name in ("accent", "muted"):
        ink = page.evaluate(colour.format(name))
        assert drawn.locator(f"line[stroke='{ink}']").count() == 1
        assert drawn.locator(f"path[fill='{ink}']").count() == 1


@pytest.mark.parametrize(
    ("which", "charts"), [("experiment = 'their_own'", 1), ("verdict != 'withheld'", 0)]
)
def test_what_is_too_few_to_say_stands_in_the_table_and_in_no_chart(
    opened, changed, which: str, charts: int
) -> None:
    few = f"{RESULTS}; update experiment_results set verdict = 'too_few' where {which}"
    page = opened("en/works", "", changed(few))
    figure = page.locator("[data-figure=experiments]")
    assert figure.locator(".chart svg").count() == charts
    assert "their_own" not in figure.locator(".drawing").inner_text()
    assert "Nothing to show" not in figure.locator(".drawing").inner_text()
    assert "too few to say is in the table" in figure.locator(".caption").inner_text()
    assert len(cells(page, "experiments")) == 3


def test_what_was_drawn_by_lot_and_what_was_not_are_never_in_one_panel(opened, changed) -> None:
    effects = " union all ".join(
        f"""
        select
            'month' as period_grain, date '2026-0{month}-01' as period_start, 'all' as dimension,
            'all' as member, '{part}' as part, date '{matures_on}' as matures_on,
            30 as numerator, 40 as denominator, {value} as value, 0.8 as rate_with,
            0.75 as rate_without, 50 as count_without, {value} - 0.02 as interval_low,
            {value} + 0.02 as interval_high, 0.5 as p_value
        """
        for part, month, value, matures_on in (
            ("randomised", 4, 0.05, "2026-05-30"),
            ("association", 4, 0.2, "2026-05-30"),
            ("association", 5, 0.21, "2027-01-01"),
        )
    )
    home = changed(
        "delete from kpi_reminder_effect; insert into kpi_reminder_effect by name " + effects
    )
    page = opened("en/works", "grain=month&period=2026-06-01", home)
    panels = page.locator("[data-figure=reminders] .panel")
    assert panels.locator("h3").all_inner_texts() == ["by lot", "association"]
    by_lot, association = panels.locator(".chart").all_inner_texts()
    assert "+5.0" in by_lot
    assert "+20.0" not in by_lot
    assert "+20.0" in association
    assert "+5.0" not in association
    assert [row[:2] for row in cells(page, "reminders")] == [
        ["Apr 26", "by lot"],
        ["May 26", "association"],
        ["Apr 26", "association"],
    ]
    assert "+21.0 pp …" in association
    assert "… not final yet" in page.locator("[data-figure=reminders] .caption").inner_text()


def test_rows_are_of_the_slice_that_was_chosen_or_say_they_are_not(opened, changed) -> None:
    home = changed("""
        delete from best_channel_by_segment;
        insert into best_channel_by_segment by name
        select
            *, 100 as unit_count, 40 as outcome_count, shrunk_rate as outcome_rate,
            shrunk_rate - 0.1 as low, shrunk_rate + 0.1 as high, 5.0 as difference_points,
            0.01 as adjusted_p_value, 'best' as verdict, true as is_recommended,
            date '2026-01-01' as window_start_date, date '2026-06-01' as window_end_date
        from (values ('all', 'all', 'sms', 0.41), ('age_band', '<=29', 'whatsapp', 0.62))
            as slices (dimension, member, channel, shrunk_rate)
    """)
    place = "[data-figure=best_channels]"
    page = opened("en/works", "", home)
    assert [row[:2] for row in cells(page, "best_channels")] == [["SMS", "100"]]
    assert "41.0% ★" in page.locator(f"{place} .chart").inner_text()
    assert "1 Jan 2026 to 1 Jun 2026" in page.locator(f"{place} .caption").inner_text()
    page = opened("en/works", "split=age_band&only=<%3D29", home)
    assert [row[0] for row in cells(page, "best_channels")] == ["WhatsApp"]
    assert "not split" not in page.locator(f"{place} .caption").inner_text()
    page = opened("en/works", "split=age_band&only=>50", home)
    assert [row[0] for row in cells(page, "best_channels")] == ["SMS"]
    assert "not split by age band" in page.locator(f"{place} .caption").inner_text()


def test_a_claim_is_told_in_its_own_unit(opened, changed) -> None:
    home = changed("""
        update claims set
            estimate = 0.0412, estimate_unit = 'points', interval_low = -0.01,
            interval_high = 0.09, design = 'matched', verdict = 'not_shown'
        where position = 1;
        update claims set
            estimate = -0.333, estimate_unit = 'relative', interval_low = null,
            interval_high = null, design = 'raw', verdict = 'cannot_be_told'
        where claim_id = 'software_cuts_calls'
    """)
    rows = cells(opened("es/works", "", home), "claims")
    assert rows[0][3:5] == ["+4,1 p. p.", "-1,0 a +9,0 p. p."]
    assert rows[0][7:9] == ["entre similares", "no demostrada"]
    (calls,) = (row for row in rows if "68" in row[0])
    assert calls[2:5] == ["-68,0 %", "-33,3 %", "\u2013"]
    assert calls[7:9] == ["sin ajuste", "no se puede decir"]


def test_the_most_broken_rule_comes_first_in_the_words_of_the_seed(opened, release) -> None:
    page = opened("en/whom", "grain=month")
    start = page.locator("select[name=period]").input_value()
    shown = cells(page, "rules")
    expected = release.execute(
        """
        select member, numerator, denominator from kpi_values
        where
            kpi_id = 'conduct_breach_rate' and dimension = 'conduct_rule'
            and period_grain = 'month' and period_start = ?
        order by numerator desc
        """,
        [start],
    ).fetchall()
    assert expected
    assert [int(number(row[2], "en")) for row in shown] == [int(row[1]) for row in expected]
    assert sum(int(number(row[3], "en")) for row in shown) == sum(row[2] for row in expected)
    said = {
        row[0] for row in release.execute("select description_en from conduct_rules").fetchall()
    }
    assert {row[0] for row in shown} <= said


def test_a_figure_of_what_was_never_exported_says_what_it_waits_for(opened, changed) -> None:
    home = changed("""
        delete from speech_topics;
        update kpi_catalog set is_available = false, waits_for = 'contact.speech_results'
        where kpi_id = 'speech_coverage'
    """)
    place = opened("en/whom", "", home).locator("[data-figure=topics] .table")
    assert place.inner_text() == "Waits for contact.speech_results"


def test_the_queue_and_who_is_kept_out_are_told_by_numbers_alone(opened, changed) -> None:
    home = changed("""
        delete from contact_queue;
        insert into contact_queue by name
        select
            'golden-' || number as customer_id, number != 3 as is_scored,
            100.00 as overdue_amount, if(number = 3, null, 10.25) as expected_recovery_amount,
            if(number = 1, 'sms', 'whatsapp') as recommended_channel,
            if(number = 1, 9, 18) as recommended_hour
        from range(1, 4) as numbers (number);
        delete from contact_queue_exclusions;
        insert into contact_queue_exclusions by name
        select * from (values
            ('golden-8', 'opted_out', null),
            ('golden-9', 'opted_out', null),
            ('golden-9', 'no_contact_point', date '2026-07-04')
        ) as kept_out (customer_id, conduct_rule, until_date)
    """)
    page = opened("en/whom", "", home)
    assert cells(page, "queue") == [
        ["all", "3", "2", "R$20.50", "R$300.00"],
        ["WhatsApp", "2", "1", "R$10.25", "R$200.00"],
        ["SMS", "1", "1", "R$10.25", "R$100.00"],
    ]
    assert cells(page, "queue_hours") == [["9h", "1"], ["18h", "2"]]
    assert [[row[0], row[2]] for row in cells(page, "kept_out")] == [
        ["all", "2"],
        [
            "Who opted out of a channel is not contacted there once the delay for putting it"
            " into effect is over",
            "2",
        ],
        ["no telephone or address is known", "1"],
    ]
    assert "golden-" not in page.content()
    folder = home / "published" / "dashboard" / "data"
    assert not any("golden-" in path.read_text() for path in folder.iterdir())
