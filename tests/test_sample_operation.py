"""The sample's operation hangs together: cases, money, people and what customers do and say."""

import csv
from collections.abc import Iterator

import pytest
from loading import load_all
from sample_cases import CASES, CONTRADICTIONS
from sampled import Sample, sampled

from orchestration.contract import DBT_PROJECT, contract
from orchestration.sample import write_sample
from orchestration.sample.planted import OPERATION_CHANGE, SOFTWARE_ADOPTED


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    yield from sampled(tmp_path_factory.mktemp("sample"), customers=3000, months=12, seed=7)


def test_every_kind_of_the_contract_is_written(sample: Sample) -> None:
    assert set(sample.summary.rows) == set(contract())
    assert min(sample.summary.rows.values()) > 0


def test_every_row_lands(warehouse, tmp_path) -> None:
    summary = write_sample(tmp_path / "exports", customers=120, months=2, seed=3)
    loaded = load_all(warehouse, tmp_path / "exports")

    assert sum(file.rows_loaded for file in loaded) == sum(summary.rows.values())
    assert sum(file.rows_rejected for file in loaded) == 0
    assert {file.unknown_columns for file in loaded} == {()}


@pytest.mark.parametrize("case", CASES)
def test_there_is(sample: Sample, case: str) -> None:
    assert sample.count(CASES[case]) > 0


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_there_is_never(sample: Sample, case: str) -> None:
    assert sample.count(CONTRADICTIONS[case]) == 0


def test_each_payment_in_the_portal_is_the_success_of_a_visit(sample: Sample) -> None:
    paid = sample.value("""
        select count(distinct payment_id) from payment_payments
        where channel in ('portal', 'sms_link', 'email_link', 'whatsapp_link')
        and status = 'cleared'""")
    succeeded = sample.value("""
        select count(distinct session_id) from payment_portal_sessions
        where succeeded_at is not null""")

    assert succeeded == pytest.approx(paid, rel=0.01)


def test_each_agreement_of_the_portal_is_a_plan_set_up_in_a_visit(sample: Sample) -> None:
    signed = sample.value("""
        select count(distinct agreement_id) from billing_agreements
        where channel = 'portal' and signed_at is not null""")
    planned = sample.value("""
        select count(distinct session_id) from payment_portal_sessions
        where plan_created = 'true'""")

    assert planned == signed > 0


def test_the_change_of_the_operation_is_the_one_the_seed_describes(sample: Sample) -> None:
    with (DBT_PROJECT / "seeds" / "operation_changes.csv").open(encoding="utf-8") as file:
        described = {row["change_id"]: row["changed_date"] for row in csv.DictReader(file)}
    (before, helped_before), (since, helped_since) = sample.rows(f"""
        select
            count(*) filter (channel = 'voice' and direction = 'outbound')
            / count(*) filter (channel = 'sms' and campaign != 'pre_due'),
            count(*) filter (channel in ('portal', 'chatbot'))
            / count(*) filter (channel = 'sms' and campaign != 'pre_due')
        from contact_contacts
        group by left(started_at, 10) >= '{SOFTWARE_ADOPTED}'
        order by left(started_at, 10) >= '{SOFTWARE_ADOPTED}'""")

    assert described[OPERATION_CHANGE] == f"{SOFTWARE_ADOPTED}"
    assert since < 0.75 * before
    assert helped_since > 1.3 * helped_before


BELIEVABLE = {
    "cost over cash": (
        """
        select (select sum(amount::double * if(currency = 'USD', 5.4, 1)) from billing_costs)
            / (select sum(amount::double) from payment_payments where status = 'cleared')""",
        *(0.005, 0.04),
    ),
    "revenue over cash": (
        """
        select (select sum(amount::double) from billing_revenues)
            / (select sum(amount::double) from payment_payments where status = 'cleared')""",
        *(0.01, 0.04),
    ),
    "net promoter score": (
        """
        select avg(if(score::int >= 9, 100, if(score::int <= 6, -100, 0)))
        from contact_surveys where kind = 'nps' and score is not null""",
        *(-10, 40),
    ),
    "satisfied": (
        """
        select avg(if(score::int >= 4, 1, 0))
        from contact_surveys where kind = 'csat' and score is not null""",
        *(0.6, 0.9),
    ),
    "surveys answered": (
        """
        select count(distinct response_id) filter (score is not null)
            / count(distinct response_id) filter (delivered_at is not null)
        from contact_surveys""",
        *(0.12, 0.3),
    ),
    "absent on days of work": (
        "select avg(is_absent::boolean::int) from contact_agent_days",
        *(0.04, 0.16),
    ),
    "verified at the last check": (
        """
        select avg(verified::boolean::int) from (
            select max_by(is_verified, checked_at) as verified from contact_contact_points
            where checked_at is not null group by contact_point_id)""",
        *(0.55, 0.85),
    ),
    "visits never submitted": (
        """
        select avg(if(submitted_at is null, 1, 0)) from payment_portal_sessions
        where plan_created = 'false'""",
        *(0.15, 0.5),
    ),
    "submits that failed": (
        """
        select avg(if(succeeded_at is null, 1, 0)) from payment_portal_sessions
        where submitted_at is not null""",
        *(0.05, 0.25),
    ),
    "visits with an error": (
        "select avg(had_error::boolean::int) from payment_portal_sessions",
        *(0.01, 0.06),
    ),
    "offers accepted": (
        """
        select count(distinct agreement_id) filter (signed_at is not null)
            / count(distinct agreement_id) from billing_agreements""",
        *(0.35, 0.65),
    ),
    "agreements under the creditor's brand": (
        """
        select avg(if(brand = 'creditor', 1, 0)) from billing_agreements
        where status = 'signed'""",
        *(0.65, 0.9),
    ),
    "contracts in dollars": (
        "select avg(if(currency = 'USD', 1, 0)) from billing_contracts",
        *(0.002, 0.02),
    ),
    "dollars into reais": ("select avg(rate::double) from payment_fx_rates", *(4.5, 7.0)),
    "late debts disputed": (
        """
        select (select count(distinct contract_id) from billing_disputes)
            / (select count(distinct contract_id) from billing_stages)""",
        *(0.02, 0.12),
    ),
    "late debts sued for": (
        """
        select count(distinct contract_id) filter (stage = 'litigation')
            / count(distinct contract_id) from billing_stages""",
        *(0.01, 0.1),
    ),
    "customers abroad": (
        "select avg(if(country = 'CO', 1, 0)) from billing_customers",
        *(0.001, 0.02),
    ),
}


@pytest.mark.parametrize("figure", BELIEVABLE)
def test_it_is_believable(sample: Sample, figure: str) -> None:
    query, least, most = BELIEVABLE[figure]

    assert least < sample.value(query) < most
