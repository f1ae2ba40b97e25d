"""Each restatement says why: what arrived, or what was decided, since."""

from pathlib import Path

import pytest
from small_world import EXPORTED, LATE, LATER, PAID, TODAY, Home, Payment, counts, month
from whole_runs import query, released

from orchestration.policy_use import policies_of
from orchestration.releases import release_file


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_payment_of_today_is_not_behind_what_a_late_one_changed(home: Home) -> None:
    home.release(PAID)
    rows = home.release([*PAID, LATE, TODAY], LATER)
    # by the debt both are at hand; only the one of January changes what it owed then
    assert counts(month(rows, "balance")) == (1, 0, 0, 1)


def test_a_corrected_row_is_told_from_a_late_one(home: Home) -> None:
    home.release(PAID)
    corrected = Payment("P2", "2026-01-20", "450", exported=LATER)
    cash = month(home.release([*PAID, corrected], LATER), "cash_collected")
    assert (cash["cause"], cash["change"]) == ("corrected_row", 50)
    assert (counts(cash), cash["detail"]) == ((0, 1, 0, 1), "1 corrected payment.payments")


def test_a_row_delivered_again_as_it_was_is_behind_nothing(home: Home) -> None:
    home.release(PAID)
    again = [Payment(one.payment_id, one.day, one.amount, exported=LATER) for one in PAID[:2]]
    cash = month(home.release([*PAID, *again, LATE], LATER), "balance")
    assert (cash["cause"], counts(cash)) == ("late_row", (1, 0, 0, 1))


def test_a_withdrawn_row_counts_as_corrected(home: Home) -> None:
    home.release(PAID)
    withdrawn = Payment("P2", "2026-01-20", "400", exported=LATER, is_deleted="true")
    cash = month(home.release([*PAID, withdrawn], LATER), "cash_collected")
    assert (cash["cause"], cash["change"], counts(cash)) == ("corrected_row", -400, (0, 1, 0, 1))


def test_a_row_gone_from_a_replaced_file_counts_as_corrected(home: Home) -> None:
    home.release(PAID)
    rows = home.release(PAID[::2], LATER)
    cash = month(rows, "cash_collected")
    assert (cash["cause"], cash["change"], counts(cash)) == ("corrected_row", -400, (0, 1, 0, 1))


def test_a_reversal_restates_the_cohort_and_not_the_cash_of_its_month(home: Home) -> None:
    home.release(PAID)
    reversal = Payment("P2", "2026-02-01", "400", "reversed", exported=LATER)
    rows = home.release([*PAID, reversal], LATER)
    rate = month(rows, "recovery_rate")
    assert (rate["cause"], counts(rate)) == ("reversal", (0, 0, 1, 1))
    assert rate["new_value"] - rate["old_value"] == pytest.approx(-0.2)
    assert "cash_collected" not in {row["kpi_id"] for row in rows}


def test_a_reversal_after_the_period_is_behind_what_it_undid_and_nothing_else_did(
    home: Home,
) -> None:
    home.release(PAID)
    reversal = Payment("P2", "2026-02-01", "400", "reversed", exported=LATER)
    undone = (
        "delete from kpi_cash_collected where unit_id = 'P2:1'",
        "update kpi_values set numerator = numerator - 400, value = value - 400"
        " where kpi_id = 'cash_collected' and period_start = '2026-01-01' and member != 'cards'",
    )
    rows = home.release([*PAID, reversal, LATE], LATER, *undone)
    cash = month(rows, "cash_collected")
    assert (cash["cause"], counts(cash)) == ("reversal", (1, 0, 1, 2))
    # what the debt owed in January the late payment changed, and not the reversal of February
    assert counts(month(rows, "balance")) == (1, 0, 0, 1)


def test_several_causes_are_counted_and_the_first_in_order_is_named(home: Home) -> None:
    home.release(PAID)
    corrected = Payment("P1", "2026-01-10", "610", exported=LATER)
    cash = month(home.release([*PAID, corrected, LATE], LATER), "cash_collected")
    assert (cash["cause"], cash["change"], counts(cash)) == ("corrected_row", 160, (1, 1, 0, 2))


def test_a_new_version_is_the_cause_whatever_arrived(home: Home) -> None:
    home.release(PAID)
    versions = "update kpi_catalog set version = 2 where kpi_id = 'cash_collected'"
    rows = home.release([*PAID, LATE], LATER, versions)
    cash = month(rows, "cash_collected")
    assert (cash["cause"], cash["detail"]) == ("definition", "version 1 became 2")
    assert month(rows, "balance")["cause"] == "late_row"


def test_a_definition_that_changed_without_its_version_is_found_out(home: Home) -> None:
    home.release(PAID)
    edited = "update kpi_cash_collected set numerator = numerator * 2"
    values = "update kpi_values set numerator = numerator * 2, value = value * 2 where kpi_id = "
    rows = home.release([*PAID, TODAY], LATER, edited, values + "'cash_collected'")
    cash = month(rows, "cash_collected")
    assert (cash["cause"], counts(cash)) == ("unexplained", (0, 0, 0, 0))
    assert "changed without its version" in cash["detail"]


def test_a_policy_is_the_cause_where_the_kpi_depends_on_it(home: Home) -> None:
    home.release(PAID, policies={"collection_entry_dpd": "1", "survey_repeat_days": "30"})
    rows = home.release(
        [*PAID, LATE], LATER, policies={"collection_entry_dpd": "5", "survey_repeat_days": "60"}
    )
    rate = month(rows, "recovery_rate")
    assert (rate["cause"], rate["detail"]) == ("policy", "collection_entry_dpd: 1 became 5")
    assert month(rows, "cash_collected")["cause"] == "late_row"


def test_policies_are_found_in_the_models_and_macros_a_kpi_is_built_from() -> None:
    assert "survey_repeat_days" in policies_of("net_promoter_score")
    assert "age_band_limits" in policies_of("net_promoter_score")  # named in a macro
    assert "promise_grace_days" in policies_of("promises_kept_rate")  # in another model
    assert "promise_grace_days" not in policies_of("net_promoter_score")
    # by which scores are made, that the model reads where they were written down
    assert {"score_lookback_days", "score_training_rows"} <= policies_of("score_quality")
    assert "score_training_rows" not in policies_of("net_promoter_score")


def test_a_release_known_at_an_earlier_day_says_so(home: Home) -> None:
    home.release([*PAID, LATE], LATER)
    rows = home.release([*PAID, LATE], EXPORTED)
    cash = month(rows, "cash_collected")
    assert (cash["cause"], cash["change"]) == ("earlier_clock", -150)
    assert "2026-01-31" in cash["detail"]
    assert "2026-02-02" in cash["detail"]


def test_a_rate_delivered_late_is_behind_what_is_converted_by_it(home: Home) -> None:
    rates = "insert into dim_fx_rates select 'USD' as currency, {} as rate_date, {} as rate"
    old = rates.format("date '2026-01-20'", "5.0")
    home.release(PAID, EXPORTED, old)
    converted = (
        "update kpi_values set numerator = numerator + 10, value = value + 10"
        " where kpi_id = 'cash_collected' and period_start <= '2026-01-20'"
    )
    late_rate = (
        "insert into raw.payment_fx_rates (currency, rate_date, rate, source_system, file_name,"
        " file_hash, export_day) values ('usd', '2026-01-20', '6', 'default', 'rates', 'h',"
        f" '{LATER}')",
        "insert into raw.files (area, kind, source_system, export_day, file_name, file_hash)"
        f" values ('payment', 'fx_rates', 'default', '{LATER}', 'rates', 'h')",
    )
    rows = home.release(PAID, LATER, old.replace("5.0", "6.0"), converted, *late_rate)
    cash = month(rows, "cash_collected")
    assert (cash["cause"], cash["detail"]) == ("late_row", "1 late payment.fx_rates")


def test_a_statistic_says_that_it_is_not_followed_to_its_rows(home: Home) -> None:
    home.release(PAID)
    median = month(home.release([*PAID, LATE, TODAY], LATER), "median")
    assert (median["cause"], counts(median)) == ("late_row", (1, 0, 0, 1))
    assert median["detail"].startswith("A statistic has no rows to follow.")


@pytest.mark.soak
def test_every_value_the_sample_restates_has_a_cause(sample_exports: Path, tmp_path: Path) -> None:
    released(sample_exports, tmp_path, "--to", "2026-05-12")
    released(sample_exports, tmp_path)
    causes = dict(
        query(release_file(tmp_path), "select cause, count(*) from kpi_restatements group by cause")
    )
    assert set(causes) == {"late_row", "corrected_row", "reversal"}
    assert sum(causes.values()) > 1000
