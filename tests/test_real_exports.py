from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from loading import load_all, rows

from orchestration.ingestion.sources import load_source

SOURCES = Path(__file__).resolve().parents[1] / "sources"


@pytest.fixture
def receivables(warehouse, shared_data):
    system = load_source(SOURCES / "ibm_receivables.yml")
    return warehouse, load_all(warehouse, shared_data / "ibm_receivables", [system])


@pytest.fixture
def calls(warehouse, shared_data):
    system = load_source(SOURCES / "call_centre.yml")
    return warehouse, load_all(warehouse, shared_data / "call_centre", [system])


def test_each_invoice_is_a_customer_a_contract_an_instalment_and_a_payment(receivables):
    _, loaded = receivables
    assert [(file.area, file.kind) for file in loaded] == [
        ("billing", "customers"),
        ("billing", "contracts"),
        ("billing", "instalments"),
        ("payment", "payments"),
    ]
    for file in loaded:
        assert (file.rows_in, file.rows_loaded, file.rows_rejected) == (2466, 2466, 0)
        assert file.export_day == date(2014, 1, 10)


def test_invoices_keep_their_zeros_their_amounts_and_their_days(receivables):
    warehouse, _ = receivables
    assert rows(
        warehouse,
        """
        select
            count(distinct instalment_id), min(length(instalment_id)), max(length(instalment_id)),
            count(*) filter (instalment_id = contract_id), sum(amount::decimal(18, 2)),
            min(issued_date::date), min(due_date::date), max(due_date::date), max(row_number)
        from raw.billing_instalments
        """,
    ) == [
        (
            *(2466, 10, 10, 2466, Decimal("147703.18")),
            *(date(2012, 1, 3), date(2012, 2, 2), date(2014, 1, 1), 2467),
        )
    ]
    assert rows(
        warehouse,
        "select contract_id, customer_id, originated_date, principal_amount, row_number"
        " from raw.billing_contracts where row_number = 2",
    ) == [("0000611365", "0379-NEVHP", "2013-01-02", "55.94", 2)]


def test_every_invoice_was_paid_whole_and_877_of_them_late(receivables):
    warehouse, _ = receivables
    assert rows(
        warehouse,
        """
        select
            count(*), sum(payments.amount::decimal(18, 2)),
            count(*) filter (status_at::date > due_date::date), max(status_at::date),
            round(
                sum(payments.amount::decimal(18, 2) * (status_at::date - due_date::date))
                / sum(payments.amount::decimal(18, 2)), 4
            )
        from raw.payment_payments as payments
        inner join raw.billing_instalments using (instalment_id)
        where status = 'cleared'
        """,
    ) == [(2466, Decimal("147703.18"), 877, date(2014, 1, 9), -3.2994)]
    assert rows(
        warehouse, "select count(distinct customer_id), min(country) from raw.billing_customers"
    ) == [(100, "391")]


def test_each_call_is_a_contact_of_an_agent(calls):
    warehouse, loaded = calls
    assert [(file.kind, file.rows_in, file.rows_loaded) for file in loaded] == [
        ("contacts", 5000, 5000),
        ("agents", 5000, 5000),
    ]
    assert rows(warehouse, "select count(distinct agent_id) from raw.contact_agents") == [(8,)]
    assert rows(
        warehouse,
        "select count(distinct contact_id), count(distinct customer_id), count(contract_id),"
        " min(channel), max(direction) from raw.contact_contacts",
    ) == [(5000, 5000, 0, "voice", "inbound")]


def test_calls_nobody_answered_have_no_length(calls):
    warehouse, _ = calls
    assert rows(
        warehouse,
        "select outcome, count(*), count(duration_seconds), sum(duration_seconds::bigint)"
        " from raw.contact_contacts group by outcome order by outcome",
    ) == [("connected", 4054, 4054, 911_837), ("no_answer", 946, 0, None)]


def test_calls_begin_at_their_day_and_time(calls):
    warehouse, _ = calls
    assert rows(
        warehouse,
        "select min(started_at::timestamp)::varchar, max(started_at::timestamp)::varchar,"
        " count(try_cast(started_at as timestamp)) from raw.contact_contacts",
    ) == [("2021-01-01 09:12:58", "2021-03-31 17:39:50", 5000)]
