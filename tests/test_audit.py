import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hand_made_warehouse import make_warehouse

from expectations.audit import AuditOutcome, audit, suites
from expectations.limits import LIMITS_FILE, load_limits
from expectations.pages import PAGE, page
from expectations.validation import AuditError, validate
from orchestration.errors import InputError
from orchestration.readers.csv_files import TOO_FEW

PUBLISHED = """
create table release as
select date '2026-01-30' as known_at, timestamp '2026-01-30 20:00:00' as released_at;
create table kpi_catalog as select 'recovery_rate' as kpi_id, 1 as version;
create table release_tables as select 'fct_cash' as table_name, 200 as row_count;
create table kpi_values as
select
    'recovery_rate' as kpi_id, 'month' as period_grain, date '2025-12-01' as period_start,
    'all' as dimension, 'all' as member, 'all' as part, 0.5::double as value,
    true as is_complete_period, true as is_mature, false as is_small_sample;
"""

NEWEST = "export_day = date '2026-01-31'"

# A full delivery of contracts and one before it.
FULL_CONTRACTS = """
    update raw.files set is_full = true where kind = 'contracts';
    insert into raw.files
    select * replace (
        date '2026-01-24' as export_day, {rows_before} as rows_in,
        timestamp '2026-01-24' as loaded_at
    )
    from raw.files where kind = 'contracts'
"""

# Payments reversed on the day before they cleared.
REVERSED = """
    insert into stg_payment__payments
    select * replace ('reversed' as payment_status, date '2026-01-19' as status_date)
    from stg_payment__payments where payment_id < '{before}';
    insert into raw.payment_payments
    select * replace (
        'reversed' as status, '2026-01-19' as status_at, row_number + 202 as row_number
    )
    from raw.payment_payments where payment_id < '{before}'
"""

# Agreements delivered on 200 debts, and the first of them twice at a time.
AGREED = """
    insert into stg_billing__agreements by name
    select
        'A' || range as agreement_id, 'activated' as newest_status,
        date '2026-01-10' + (range // 200)::integer as activated_date
    from range(200 + {agreements});
    insert into stg_billing__agreement_contracts
    select 'A' || range, 'C' || range % 200 from range(200 + {agreements});
    insert into raw.files
    select * replace ('agreements' as kind, 'agreements.csv' as file_name)
    from raw.files where kind = 'contracts';
    insert into raw.billing_agreements by name
    select
        agreement_id, 'default' as source_system, date '2026-01-31' as export_day,
        'agreements.csv' as file_name, row_number() over () + 1 as row_number
    from stg_billing__agreements
"""

# What breaks each check, and the severity it then fails with.
BREAKING = {
    ("required_kinds_are_delivered", "critical"): "delete from raw.files where kind = 'payments'",
    ("required_kinds_are_fresh", "warning"): """
        update raw.files set export_day = date '2026-01-29' where kind = 'payments'""",
    ("required_kinds_are_fresh", "critical"): """
        update raw.files set export_day = date '2026-01-23' where kind = 'payments'""",
    ("the_newest_delivery_is_as_large_as_usual", "warning"): f"""
        update raw.files set rows_in = 2000 where kind = 'promises' and {NEWEST}""",
    ("the_newest_delivery_is_as_large_as_usual", "critical"): f"""
        update raw.files set rows_in = 0 where kind = 'promises' and {NEWEST}""",
    ("full_deliveries_keep_their_size", "warning"): FULL_CONTRACTS.format(rows_before=300),
    ("full_deliveries_keep_their_size", "critical"): FULL_CONTRACTS.format(rows_before=400),
    ("no_file_comes_twice", "warning"): """
        insert into raw.files
        select * replace ('copy.csv' as file_name) from raw.files where kind = 'payments'""",
    ("no_file_breaks_off", "critical"): f"""
        insert into rejected_rows
        select source_system, area, kind, export_day, file_name, 201, null, null, '{TOO_FEW}'
        from raw.files where kind = 'payments' and {NEWEST}""",
    ("few_rows_come_twice", "warning"): """
        insert into raw.payment_payments
        select * replace (202 + row_number as row_number)
        from raw.payment_payments where payment_id < 'P102'""",
    ("few_rows_contradict_each_other", "warning"): """
        insert into raw.payment_payments
        select * replace (202 as row_number, '51' as amount)
        from raw.payment_payments where payment_id = 'P1'""",
    ("few_rows_contradict_each_other", "critical"): """
        insert into raw.payment_payments
        select * replace (202 + row_number as row_number, '51' as amount)
        from raw.payment_payments where payment_id < 'P12'""",
    ("few_rows_of_a_kind_are_rejected", "warning"): """
        insert into rejected_rows
        select source_system, area, kind, export_day, file_name, 2, 'amount', 'abc', 'no number'
        from raw.files where kind = 'payments'""",
    ("few_rows_of_a_kind_are_rejected", "critical"): """
        insert into rejected_rows
        select source_system, area, kind, export_day, file_name, range, 'amount', 'abc', ''
        from raw.files cross join range(2, 14) where kind = 'payments'""",
    ("few_rows_of_a_file_are_rejected", "critical"): """
        insert into raw.files
        select * replace (100_000 as rows_in, date '2025-01-01' as export_day)
        from raw.files where kind = 'payments';
        insert into rejected_rows
        select source_system, area, kind, export_day, file_name, range, 'amount', 'abc', ''
        from raw.files cross join range(2, 14)
        where kind = 'payments' and export_day = date '2026-01-31'""",
    ("few_payments_are_orphans", "warning"): """
        update stg_payment__payments set contract_id = 'X' where payment_id = 'P1'""",
    ("few_payments_are_orphans", "critical"): """
        update stg_payment__payments set instalment_id = 'X' where payment_id < 'P102'""",
    ("few_payments_of_a_file_are_orphans", "critical"): """
        update stg_payment__payments set customer_id = 'X' where payment_id < 'P102'""",
    ("few_instalments_are_orphans", "warning"): """
        update stg_billing__instalments set contract_id = 'X' where instalment_id = 'I1'""",
    ("few_instalments_are_orphans", "critical"): """
        update stg_billing__instalments set contract_id = 'X' where instalment_id < 'I102'""",
    ("few_contacts_are_orphans", "warning"): "update fct_contacts set customer_id = 'X'",
    ("few_rows_of_a_delivery_are_orphans", "critical"): """
        update raw.billing_contracts set contract_id = customer_id, customer_id = contract_id""",
    ("amounts_keep_their_scale", "warning"): f"""
        update raw.contact_promises set amount = '5000' where {NEWEST} and row_number < 82""",
    ("amounts_keep_their_scale", "critical"): f"""
        update raw.contact_promises set amount = '5000' where {NEWEST}""",
    ("few_amounts_are_negative", "warning"): f"""
        update raw.contact_promises set amount = '-50' where {NEWEST} and row_number = 9""",
    ("few_amounts_are_negative", "critical"): f"""
        update raw.contact_promises set amount = '-50' where {NEWEST}""",
    ("instants_fit_their_export_day", "warning"): f"""
        update raw.contact_promises set made_at = '2026-02-01 06:00:00Z'
        where {NEWEST} and row_number = 9;
        update raw.contact_promises set made_at = '2026-02-01 09:00:00Z'
        where {NEWEST} and row_number = 10""",
    ("instants_fit_their_export_day", "critical"): f"""
        update raw.contact_promises set made_at = '2026-02-20'
        where {NEWEST} and row_number < 8""",
    ("hours_keep_their_shape", "warning"): f"""
        update raw.contact_promises set made_at = made_at::timestamp + interval 1 hour
        where {NEWEST}""",
    ("hours_keep_their_shape", "critical"): f"""
        update raw.contact_promises set made_at = made_at || 'Z' where {NEWEST}""",
    ("few_promises_are_orphans", "warning"): """
        update fct_promises set customer_id = 'X' where promise_id = 'M1'""",
    ("few_promises_are_orphans", "critical"): """
        update fct_promises set customer_id = 'X', amount = 500 where promise_id = 'M1'""",
    ("there_are_debts", "critical"): "delete from fct_debt_periods",
    ("balances_are_possible", "critical"): """
        update fct_debt_periods set overdue_amount = 60 where contract_id = 'C7'""",
    ("no_cash_from_the_future", "critical"): """
        update fct_cash set booked_date = date '2026-02-01' where payment_id = 'P7'""",
    ("every_payment_that_cleared_is_cash", "critical"): """
        delete from fct_cash where payment_id = 'P7'""",
    ("states_follow_each_other", "warning"): REVERSED.format(before="P102"),
    ("states_follow_each_other", "critical"): REVERSED.format(before="P13"),
    ("spans_do_not_overlap", "warning"): AGREED.format(agreements=20),
    ("spans_do_not_overlap", "critical"): AGREED.format(agreements=150),
    ("most_cash_reaches_a_debt", "warning"): """
        update fct_allocations set contract_id = null where payment_id < 'P12'""",
    ("available_kpis_have_values", "warning"): "update kpi_catalog set is_available = true",
    ("values_are_numbers", "critical"): "update kpi_values set value = 'inf'",
    ("values_are_possible", "critical"): "update kpi_values set numerator = 30000, value = 1.5",
    ("ratios_are_their_sides", "critical"): "update kpi_values set value = 0.51",
    ("slices_add_up", "critical"): """
        insert into kpi_values
        select * replace ('portfolio' as dimension, 'Retail' as member, 199 as unit_count)
        from kpi_values""",
    ("targets_meet_values", "warning"): """
        insert into kpi_targets
        select * replace ('portfolio' as dimension, 'Retial' as member) from kpi_targets""",
    ("no_rate_of_a_currency_is_missing", "warning"): """
        update kpi_values set
            value = null, numerator = null, denominator = null,
            blocked_by = 'no rate of USD on 2025-12-04'""",
    ("no_values_from_the_future", "critical"): """
        update kpi_values set period_start = date '2026-02-01'""",
    ("few_rows_are_lost_since_the_release", "warning"): """
        delete from fct_cash where payment_id = 'P7'""",
    ("few_rows_are_lost_since_the_release", "critical"): """
        delete from fct_cash where payment_id < 'P2'""",
    ("no_kpi_is_lost_since_the_release", "critical"): "delete from kpi_values",
    ("published_months_keep_their_values", "warning"): """
        update kpi_values set numerator = 14000, value = 0.7""",
    ("published_months_keep_their_values", "critical"): """
        update kpi_values set numerator = 4000, value = 0.2""",
    ("definitions_stay_as_they_were_published", "warning"): "update kpi_catalog set version = 2",
}


@pytest.fixture
def audited(tmp_path: Path) -> Callable[..., AuditOutcome]:
    """Audits the hand-made warehouse after some changes to it."""

    def audit_after(*changes: str, published: Path | None = None) -> AuditOutcome:
        warehouse = make_warehouse(tmp_path / "warehouse.duckdb", *changes)
        return audit(warehouse, tmp_path / "report", published)

    return audit_after


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "collections.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(PUBLISHED)
    return path


def test_a_sound_warehouse_passes_without_a_warning(audited, published):
    outcome = audited(published=published)
    assert (outcome.is_passed, outcome.failures, outcome.warnings) == (True, (), ())
    assert outcome.checks == len(BREAKING)
    assert ">\nPassed\n<" in outcome.report.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "severity"), BREAKING)
def test_what_breaks_a_check_is_found_with_its_rows(tmp_path, published, name, severity):
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb", BREAKING[name, severity])
    only_this = [
        replace(suite, checks=[check for check in suite.checks if check.name == name])
        for suite in suites(load_limits(), is_compared=True)
    ]
    results = validate(warehouse, published, only_this)
    (found,) = [finding for result in results for finding in result.findings]
    assert found.check.severity == severity
    assert found.observed
    assert bool(found.rows) == (found.check.rows is not None)


def test_every_check_is_known_to_be_breakable():
    limits = load_limits()
    checks = {
        (check.name, check.severity) for suite in suites(limits, True) for check in suite.checks
    }
    assert checks == set(BREAKING)


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


def test_weekly_exports_are_overdue_only_after_a_week(audited):
    weekly = """
        insert into raw.files
        select files.* replace (
            export_day - 7 * range::integer as export_day, range::varchar as file_name,
            range::varchar as file_hash
        )
        from raw.files cross join range(1, 6) where kind = 'instalments';
        delete from raw.files where kind = 'instalments' and export_day = date '2026-01-31'
    """
    assert audited(weekly).warnings == ()


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
