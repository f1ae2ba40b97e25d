"""What the audit judges and what not, what it says, and the limits it is given."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hand_made_warehouse import FULL_CONTRACTS, NEWEST, make_warehouse

from expectations.audit import AuditOutcome, audit
from expectations.limits import LIMITS_FILE, load_limits
from expectations.pages import PAGE, page
from expectations.validation import AuditError
from orchestration.errors import InputError


@pytest.fixture
def audited(tmp_path: Path) -> Callable[..., AuditOutcome]:
    """Audits the hand-made warehouse after some changes to it."""

    def audit_after(*changes: str, published: Path | None = None) -> AuditOutcome:
        warehouse = make_warehouse(tmp_path / "warehouse.duckdb", *changes)
        return audit(warehouse, tmp_path / "report", published)

    return audit_after


def test_a_payments_file_with_too_many_orphans_is_refused_with_their_count_sum_and_rows(audited):
    outcome = audited("""
        update stg_payment__payments set contract_id = 'nobody'
        where payment_id in ('P10', 'P11', 'P12', 'P13', 'P14', 'P15')
    """)
    assert not outcome.is_passed
    found = next(f for f in outcome.failures if f.check.name == "few_payments_are_orphans")
    assert found.observed[0]["orphan_count"] == 6
    assert found.observed[0]["orphan_amount"] == 300
    assert found.observed[0]["observed"] == pytest.approx(0.03)
    assert found.rows[0] == {
        "file_name": "payment/payments/2026-01-31.csv",
        "row_number": 12,
        "payment_id": "P10",
        "column_name": "contract_id",
        "value": "nobody",
        "amount": 50,
    }
    assert "orphan_count = 6" in found.sentence()
    assert "orphan_amount = 300" in found.sentence()
    assert "row_number = 12, payment_id = P10" in found.sentence()


UNKNOWN_CUSTOMERS = "update raw.billing_contracts set customer_id = 'new' || contract_id"
CUSTOMERS_A_DAY_LATE = """
    update raw.files set export_day = export_day - 1 where kind = 'customers'"""


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ([UNKNOWN_CUSTOMERS], ["few_rows_of_a_delivery_are_orphans"]),
        ([UNKNOWN_CUSTOMERS, CUSTOMERS_A_DAY_LATE], []),
    ],
)
def test_ids_are_judged_once_the_export_that_would_know_them_has_come(audited, changes, failed):
    assert [found.check.name for found in audited(*changes).failures] == failed


def test_years_of_good_payments_do_not_hide_a_bad_file(audited):
    outcome = audited(
        """
        insert into stg_payment__payments by name
        select 'Q' || range as payment_id, 'C1' as contract_id, 50 as amount from range(100_000)
        """,
        """
        insert into raw.payment_payments by name
        select
            'Q' || range as payment_id, 'C1' as contract_id, '50' as amount,
            'default' as source_system, 'payment/payments/2025-01-01.csv' as file_name,
            range + 2 as row_number, date '2025-01-01' as export_day
        from range(100_000)
        """,
        "update stg_payment__payments set contract_id = 'nobody' where payment_id < 'P102'",
    )
    assert [found.check.name for found in outcome.failures] == [
        "few_payments_of_a_file_are_orphans"
    ]
    (observed,) = outcome.failures[0].observed
    assert observed["file_name"] == "payment/payments/2026-01-31.csv"


def test_payments_may_name_agreements_where_none_were_ever_delivered(audited):
    names_one = "update stg_payment__payments set agreement_id = 'A1'"
    assert audited(names_one).is_passed


def test_payments_that_name_unknown_agreements_are_orphans_once_agreements_come(audited):
    outcome = audited(
        "update stg_payment__payments set agreement_id = 'A1'",
        """
        insert into raw.files
        select * replace ('agreements' as kind) from raw.files where kind = 'contracts'
        """,
    )
    assert "few_payments_are_orphans" in [found.check.name for found in outcome.failures]


def test_files_after_the_known_day_are_not_judged(audited):
    outcome = audited(
        """
        insert into raw.files
        select * replace (date '2026-02-01' as export_day, 'new.csv' as file_name)
        from raw.files where kind = 'payments'
        """,
        """
        insert into rejected_rows
        select 'default', 'payment', 'payments', date '2026-02-01', 'new.csv', range, null, null, ''
        from range(200)
        """,
    )
    assert (outcome.failures, outcome.warnings) == ((), ())


def test_a_row_level_failure_names_the_key_and_the_values(audited):
    outcome = audited(
        "update fct_debt_periods set outstanding_amount = -5 where contract_id = 'C7'"
    )
    (found,) = outcome.failures
    assert found.observed_count == 1
    assert "contract_id = C7" in found.sentence()
    assert "outstanding_amount = -5.00" in found.sentence()


def test_a_missing_rate_is_reported_with_the_rows_and_values_it_holds_back(audited):
    outcome = audited(
        "update kpi_cells set blocked_by = 'no rate of USD on 2025-12-31'",
        """
        update kpi_values set
            value = null, numerator = null, denominator = null,
            blocked_by = 'no rate of USD on 2025-12-31'
        """,
    )
    assert outcome.is_passed
    (found,) = outcome.warnings
    assert list(found.observed) == [
        {"blocked_by": "no rate of USD on 2025-12-31", "kpi_rows": 200, "held_back_values": 1}
    ]


IN_CENTS = "update raw.contact_promises set amount = '5000' where export_day = date '2026-01-24'"


def test_amounts_in_cents_are_refused_and_their_rows_named(audited, published):
    outcome = audited(
        f"update raw.contact_promises set amount = '5000' where {NEWEST}", published=published
    )
    (found,) = outcome.failures
    assert found.check.name == "amounts_keep_their_scale"
    assert found.observed[0]["larger_rows"] == 200
    assert found.rows[0] == {
        "kind": "contact.promises",
        "file_name": "contact/promises/2026-01-31.csv",
        "row_number": 2,
        "key": "M0",
        "value": "5000",
    }


def test_a_bad_delivery_does_not_slip_through_behind_a_good_one(audited, tmp_path):
    outcome = audited(IN_CENTS)
    assert [found.observed[0]["export_day"].isoformat() for found in outcome.failures] == [
        "2026-01-24"
    ]


def test_what_was_released_is_not_judged_again(audited, published):
    assert audited(IN_CENTS, published=published).is_passed


def test_an_old_file_that_came_again_is_judged(audited, published):
    outcome = audited(
        IN_CENTS,
        """
        update raw.files set loaded_at = timestamp '2026-01-31'
        where kind = 'promises' and export_day = date '2026-01-24'
        """,
        published=published,
    )
    assert [found.check.name for found in outcome.failures] == ["amounts_keep_their_scale"]


@pytest.mark.parametrize(("rows_in", "is_passed"), [(210, True), (2, False)])
def test_a_delivery_is_compared_with_those_of_its_weekday(audited, rows_in, is_passed):
    fridays = f"""
        insert into raw.files
        select * replace (
            export_day - 1 as export_day,
            'friday' || export_day as file_name,
            file_name || 'friday' as file_hash,
            100 as rows_in
        )
        from raw.files where kind = 'promises';
        update raw.files set rows_in = 50_000
        where kind = 'promises' and dayofweek(export_day) = 6 and export_day < date '2026-01-31';
        update raw.files set rows_in = {rows_in}
        where file_name = 'friday2026-01-31';
        update raw.files set rows_in = 50_000 where kind = 'promises' and {NEWEST}
    """
    outcome = audited(fridays)
    assert outcome.is_passed == is_passed
    assert [found.check.name for found in outcome.warnings] == []


def test_a_whole_delivery_makes_up_for_half_a_one_before_it(audited, published):
    full = FULL_CONTRACTS.format(rows_before=200)
    half = """
        insert into raw.files
        select * replace (
            date '2026-01-30' as export_day, 'half.csv' as file_name, 100 as rows_in,
            timestamp '2026-01-31' as loaded_at
        )
        from raw.files where kind = 'contracts' and export_day = date '2026-01-31'
    """
    assert audited(full, half, published=published).is_passed


@pytest.mark.parametrize(
    ("days_before", "is_fresh"),
    [
        pytest.param("[7, 14, 21, 28, 35]", True, id="every_week"),
        pytest.param("[6, 7, 8, 9, 10]", False, id="every_day"),
        pytest.param("[7, 8, 15, 16, 17]", True, id="once_a_week_apart"),
        pytest.param("range(7, 190) || [230]", False, id="last_year_further_apart"),
    ],
)
def test_an_export_is_overdue_once_it_lets_wait_for_itself_as_never_of_late(
    audited, days_before: str, is_fresh: bool
):
    outcome = audited(f"""
        insert into raw.files
        select files.* replace (
            export_day - days::integer as export_day, days::varchar as file_name,
            days::varchar as file_hash
        )
        from raw.files cross join (select unnest({days_before}) as days)
        where kind = 'instalments';
        delete from raw.files where kind = 'instalments' and export_day = date '2026-01-31'
    """)
    warned = [finding.check.name for finding in outcome.warnings]
    assert ("required_kinds_are_fresh" in warned) == (not is_fresh)


def test_rejected_values_that_may_name_a_person_are_not_shown(audited):
    outcome = audited("""
        insert into rejected_rows
        select
            source_system, area, kind, export_day, file_name, 2, 'amount',
            unnest(['ana@example.org', '123.456.789-09', '12345678909', '12,50']), 'no number'
        from raw.files where kind = 'payments'
    """)
    (found,) = outcome.warnings
    assert [row["value"] for row in found.rows] == [
        "aaa@aaaaaaa.aaa",
        "999.999.999-99",
        "99999999999",
        "12,50",
    ]


def test_a_changed_definition_is_told_and_not_compared(audited, published):
    outcome = audited(
        "update kpi_catalog set version = 2",
        "update kpi_values set numerator = 4000, value = 0.2",
        published=published,
    )
    assert outcome.is_passed
    (found,) = outcome.warnings
    assert found.check.name == "definitions_stay_as_they_were_published"
    assert found.observed[0]["months_changed"] == 1


def test_an_older_known_day_is_not_compared_with_the_release(audited, published):
    outcome = audited(
        "update int_clock set known_at = date '2026-01-15', as_of = date '2026-01-31'",
        "update raw.files set export_day = date '2026-01-15'",
        "delete from stg_payment__payments where payment_id < 'P2'",
        "delete from fct_cash where payment_id < 'P2'",
        "delete from kpi_values",
        published=published,
    )
    assert outcome.failures == ()


def test_a_check_that_cannot_run_stops_the_audit_and_is_named(audited):
    with pytest.raises(AuditError, match=r"balances_are_possible.*outstanding_amount"):
        audited("alter table fct_debt_periods drop column outstanding_amount")


def test_a_missing_table_stops_the_audit_and_is_named(audited):
    with pytest.raises(AuditError, match="kpi_values"):
        audited("drop table kpi_values")


def test_the_report_refers_to_nothing_outside_itself_and_shows_values_as_text(audited):
    outcome = audited(
        "update fct_cash set booked_date = date '2030-01-01'",
        "update fct_cash set payment_id = '<script>alert()</script>'",
    )
    page = outcome.report.read_text(encoding="utf-8")
    assert ">\nRefused\n<" in page
    assert "&lt;script&gt;alert()" in page
    assert not re.findall(r"(?i)https?:|//|<script|<link|<img|<iframe|@import|\burl\(|\bsrc=", page)
    assert list(outcome.report.parent.iterdir()) == [outcome.report]


def test_the_report_says_what_every_check_asks_for(audited):
    page = audited().report.read_text(encoding="utf-8")
    assert "At most 1.00% of payments" in page
    assert "few_payments_are_orphans, critical" in page


def test_the_report_says_whose_limit_was_passed_and_why_it_is_there(audited):
    page = audited("update fct_contacts set customer_id = 'X'").report.read_text(encoding="utf-8")
    finding = page.split('<section class="finding')[1].split("</section>")[0]
    assert "Limit of contact centre: Share of contacts with customers nobody delivered." in finding
    assert page.count("Limit of contact centre") > 1


def test_the_page_of_the_checks_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_the_warehouse_can_be_written_to_after_the_audit(tmp_path):
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb")
    audit(warehouse, tmp_path / "report")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table another (id integer)")


def test_asking_for_the_audit_does_not_load_great_expectations():
    loaded = "import sys, expectations.audit; sys.exit('great_expectations' in sys.modules)"
    subprocess.run([sys.executable, "-c", loaded], check=True)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("orphan_payments:", "orphan_payment:", "orphan_payment"),
        ("  critical: 0.2\n", "  critical: 0.0001\n", "warning must lie below critical"),
        ("  owner: billing\n", "", "orphan_instalments.owner"),
        ("critical: 7", "critical: soon", "days_without_export.critical"),
        ("  warning: 0.01\n", "", "give warning, critical or both"),
        ("rejected_rows:", "rejected_rows: [", "not valid YAML"),
    ],
)
def test_a_wrong_limit_is_named(tmp_path, before, after, says):
    limits = LIMITS_FILE.read_text(encoding="utf-8")
    assert before in limits
    path = tmp_path / "limits.yml"
    path.write_text(limits.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(says)):
        load_limits(path)
