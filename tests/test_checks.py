"""Every check of the audit passes on a sound warehouse and fails on what breaks it."""

from dataclasses import replace

import pytest
from hand_made_warehouse import FULL_CONTRACTS, NEWEST, make_warehouse

from expectations.audit import audit, suites
from expectations.limits import load_limits
from expectations.validation import validate
from orchestration.ingestion.readers.csv_files import TOO_FEW

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
    ("files_keep_their_columns", "warning"): f"""
        update raw.files set column_names = '["Another", "renamed"]'
        where kind = 'promises' and {NEWEST}""",
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
    ("few_speech_results_are_orphans", "warning"): """
        update fct_speech_results set speech_status = 'unknown_contact'
        where contact_id < 'T102'""",
    ("experiments_are_described", "warning"): "delete from experiments",
    ("arms_fit_their_planned_shares", "warning"): """
        update experiment_results set ratio_check = 'off', ratio_p_value = 0.0001""",
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
    ("nobody_in_the_queue_has_opted_out", "critical"): """
        update fct_contact_events set occurred_at = timestamp '2026-01-21 12:00:00'""",
    ("the_queue_keeps_to_permitted_hours", "critical"): """
        update contact_queue set recommended_hour = 10 where customer_id = 'K7'""",
    ("the_queue_breaks_no_rule", "critical"): """
        update contact_queue set recommended_channel = 'voice' where customer_id = 'K8';
        update int_contacts_judged set customer_id = 'K8'""",
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


def test_a_sound_warehouse_passes_without_a_warning(tmp_path, published):
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb")
    outcome = audit(warehouse, tmp_path / "report", published)
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
