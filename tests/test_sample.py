import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sampled import Sample, header, sampled, table

from orchestration.contract import contract
from orchestration.errors import InputError
from orchestration.sample import write_sample

REFERENCES = [
    ("billing.customers", "merged_into_customer_id", "billing.customers", "customer_id"),
    ("billing.contracts", "customer_id", "billing.customers", "customer_id"),
    ("billing.instalments", "contract_id", "billing.contracts", "contract_id"),
    ("billing.adjustments", "contract_id", "billing.contracts", "contract_id"),
    ("billing.adjustments", "instalment_id", "billing.instalments", "instalment_id"),
    ("billing.agreements", "customer_id", "billing.customers", "customer_id"),
    ("billing.agreements", "agent_id", "contact.agents", "agent_id"),
    ("billing.agreement_contracts", "agreement_id", "billing.agreements", "agreement_id"),
    ("billing.agreement_contracts", "contract_id", "billing.contracts", "contract_id"),
    ("billing.agreement_instalments", "agreement_id", "billing.agreements", "agreement_id"),
    ("contact.contacts", "customer_id", "billing.customers", "customer_id"),
    ("contact.contacts", "contract_id", "billing.contracts", "contract_id"),
    ("contact.contacts", "agent_id", "contact.agents", "agent_id"),
    ("contact.contact_events", "contact_id", "contact.contacts", "contact_id"),
    ("contact.promises", "customer_id", "billing.customers", "customer_id"),
    ("contact.promises", "contract_id", "billing.contracts", "contract_id"),
    ("contact.promises", "contact_id", "contact.contacts", "contact_id"),
    ("contact.promises", "superseded_by_promise_id", "contact.promises", "promise_id"),
    ("payment.payments", "customer_id", "billing.customers", "customer_id"),
    ("payment.payments", "contract_id", "billing.contracts", "contract_id"),
    ("payment.payments", "instalment_id", "billing.instalments", "instalment_id"),
    ("payment.payments", "agreement_id", "billing.agreements", "agreement_id"),
    ("payment.payments", "original_payment_id", "payment.payments", "payment_id"),
    ("billing.stages", "contract_id", "billing.contracts", "contract_id"),
    ("billing.disputes", "contract_id", "billing.contracts", "contract_id"),
    ("contact.contacts", "contact_point_id", "contact.contact_points", "contact_point_id"),
    ("contact.agent_days", "agent_id", "contact.agents", "agent_id"),
    ("contact.surveys", "customer_id", "billing.customers", "customer_id"),
    ("contact.surveys", "contact_id", "contact.contacts", "contact_id"),
    ("contact.complaints", "customer_id", "billing.customers", "customer_id"),
    ("contact.reasons", "contract_id", "billing.contracts", "contract_id"),
    ("contact.contact_points", "customer_id", "billing.customers", "customer_id"),
    ("contact.consents", "customer_id", "billing.customers", "customer_id"),
    ("contact.assignments", "customer_id", "billing.customers", "customer_id"),
    ("contact.assignments", "contract_id", "billing.contracts", "contract_id"),
    ("contact.scores", "customer_id", "billing.customers", "customer_id"),
    ("contact.speech_results", "contact_id", "contact.contacts", "contact_id"),
    ("payment.portal_sessions", "customer_id", "billing.customers", "customer_id"),
    ("payment.portal_sessions", "visited_from_contact_id", "contact.contacts", "contact_id"),
    ("payment.allocations", "payment_id", "payment.payments", "payment_id"),
    ("payment.allocations", "contract_id", "billing.contracts", "contract_id"),
    ("payment.allocations", "instalment_id", "billing.instalments", "instalment_id"),
]

# What real exports are like: each of these finds at least one case of it.
AWKWARD = {
    "a late row": """
        from payment_payments where left(status_at, 10)::date + 5 < export_day
        and left(status_at, 10) >= '2025-07-01'""",
    "a row delivered again": """
        from contact_contacts group by contact_id, updated_at, party having count(*) > 1""",
    "a corrected contact": """
        from contact_contacts group by contact_id having count(distinct updated_at) > 1""",
    "a corrected instalment": """
        from billing_instalments group by instalment_id having count(distinct amount) > 1""",
    "a contract completed later": """
        from billing_contracts group by contract_id
        having count(portfolio) < count(*) and count(portfolio) > 0""",
    "a payment corrected without a time of change": """
        from payment_payments group by payment_id, status, status_at
        having count(channel) < count(*) and count(channel) > 0""",
    "two files for a day": """
        from payment_payments where file_name like '%/2026-06-01%'
        having count(distinct file_name) = 2""",
    "a promise known before its contact": """
        from (select contact_id, min(export_day) as known from contact_contacts group by 1)
        join contact_promises using (contact_id) where export_day < known""",
    "a golden customer": "from billing_customers where merged_into_customer_id is not null",
    "an unknown birth date": """
        from billing_customers where kind = 'person' and birth_date is null""",
    "an agreement on several contracts": """
        from billing_agreement_contracts group by agreement_id
        having count(distinct contract_id) > 1""",
    "an agreement that broke": """
        from billing_agreements where status = 'broken' and activated_date < ended_date""",
    "an agreement that was completed": "from billing_agreements where status = 'completed'",
    "an agreement seen in several states": """
        from billing_agreements group by agreement_id having count(distinct status) > 2""",
    "a payment on an agreement": "from payment_payments where agreement_id is not null",
    "a payment naming only its customer": """
        from payment_payments
        where contract_id is null and instalment_id is null and agreement_id is null""",
    "a payment naming only an instalment": """
        from payment_payments where contract_id is null and instalment_id is not null""",
    "a payment on several contracts": """
        from payment_allocations group by payment_id having count(distinct contract_id) > 1""",
    "a payment told by its date": "from payment_payments where length(status_at) = 10",
    "an instant in UTC": "from contact_contacts where started_at like '%Z'",
    "an instant with its offset": "from contact_contact_events where occurred_at like '%-03:00'",
    "a payment pending, then cleared": """
        from payment_payments group by payment_id
        having bool_or(status = 'pending') and bool_or(status = 'cleared')""",
    "a payment that failed": "from payment_payments where status = 'failed'",
    "a payment reversed": """
        from payment_payments group by payment_id
        having bool_or(status = 'cleared') and bool_or(status = 'reversed')""",
    "a payment cleared again after its reversal": """
        from payment_payments group by payment_id
        having count(distinct status_at) filter (status = 'cleared') > 1""",
    "a chargeback": "from payment_payments where status = 'charged_back'",
    "a refund by a payment of its own": """
        from payment_payments where status = 'refunded' and original_payment_id is not null""",
    "a write-off": "from billing_adjustments where kind = 'write_off'",
    "a debt sale": "from billing_adjustments where kind = 'debt_sale'",
    "a discount": "from billing_adjustments where kind = 'discount'",
    "a fee taken back": """
        from billing_adjustments where kind in ('fee', 'interest') and amount like '-%'""",
    "a promise cancelled": "from contact_promises where cancelled_at is not null",
    "a promise superseded": "from contact_promises where superseded_by_promise_id is not null",
    "a promise made inbound": "from contact_promises where direction = 'inbound'",
    "a promise naming no contract": "from contact_promises where contract_id is null",
    "an open by a machine": """
        from contact_contact_events where event = 'opened' and is_machine = 'true'""",
    "a click by a scanner": """
        from contact_contact_events where event = 'clicked' and is_machine = 'true'""",
    "an automatic reply": "from contact_contact_events where is_automatic = 'true'",
    "a genuine reply": """
        from contact_contact_events where event = 'replied' and is_automatic = 'false'""",
    "an opt-out": "from contact_contact_events where event = 'opted_out'",
    "a reminder before the due date": "from contact_contacts where campaign = 'pre_due'",
    "an agent who changed teams": """
        from contact_agents group by agent_id having count(distinct team) > 1""",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    yield from sampled(tmp_path_factory.mktemp("sample"), customers=2500, months=12, seed=11)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*.csv")
    }


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    first, second, other = tmp_path / "first", tmp_path / "second", tmp_path / "other"
    assert write_sample(first, 150, 3, 5) == write_sample(second, 150, 3, 5)
    write_sample(other, 150, 3, 6)

    assert digests(first) == digests(second)
    assert digests(first) != digests(other)


def test_the_history_ends_on_a_fixed_day_and_begins_the_months_before(sample: Sample) -> None:
    assert str(sample.summary.first_export_day) == "2025-07-01"
    assert str(sample.summary.last_export_day) == "2026-06-30"


def test_every_kind_is_delivered_in_a_bounded_number_of_files(sample: Sample) -> None:
    written = list(sample.folder.rglob("*.csv"))

    assert sum(sample.summary.files.values()) == len(written) <= 1800
    for kind_id, rows in sample.summary.rows.items():
        assert sample.count(f"from {table(contract()[kind_id])}") == rows > 0


def test_every_column_is_in_the_contract_and_every_required_value_is_there(
    sample: Sample,
) -> None:
    for kind_id in sample.summary.files:
        kind = contract()[kind_id]
        columns = {column.name: column for column in kind.columns}
        assert set(header(sample.folder, kind)) <= set(columns)
        for column in columns.values():
            if column.is_required:
                assert sample.count(f"from {table(kind)} where {column.name} is null") == 0


def test_every_value_is_of_its_declared_type(sample: Sample) -> None:
    for kind_id in sample.summary.files:
        kind = contract()[kind_id]
        delivered = header(sample.folder, kind)
        for column in kind.columns:
            if column.name in delivered and column.data_type != "string":
                declared = column.data_type.replace("timestamp", "timestamptz")
                mistyped = f"""
                    from {table(kind)}
                    where {column.name} is not null
                    and try_cast({column.name} as {declared}) is null"""
                assert sample.count(mistyped) == 0, f"{kind_id}.{column.name}"


@pytest.mark.parametrize(("kind_id", "column", "named_kind", "named_column"), REFERENCES)
def test_every_reference_resolves(
    sample: Sample, kind_id: str, column: str, named_kind: str, named_column: str
) -> None:
    kind, named = table(contract()[kind_id]), table(contract()[named_kind])

    assert sample.count(f"from {kind} where {column} is not null") > 0
    assert (
        sample.count(f"""
            from {kind} where {column} is not null
            and {column} not in (select {named_column} from {named})""")
        == 0
    )


def test_a_key_has_one_newest_version(sample: Sample) -> None:
    for kind_id in sample.summary.files:
        kind = contract()[kind_id]
        delivered = header(sample.folder, kind)
        key = ", ".join(f"coalesce({column}, '')" for column in kind.key)
        version = "updated_at" if "updated_at" in delivered else "file_name"
        rows = ", ".join(delivered)
        differing = f"""
            from (select distinct {rows}, {version} as version from {table(kind)})
            group by {key}, version having count(*) > 1"""
        assert sample.count(differing) == 0, kind_id


def test_customers_have_several_debts(sample: Sample) -> None:
    customers = sample.count("from billing_customers group by customer_id")
    contracts = sample.count("from billing_contracts group by contract_id")

    assert 1.5 < contracts / customers < 1.8


@pytest.mark.parametrize("case", AWKWARD)
def test_there_is(sample: Sample, case: str) -> None:
    assert sample.count(AWKWARD[case]) > 0


@pytest.mark.parametrize(
    ("kind", "happened"),
    [
        ("billing_adjustments", "adjusted_date"),
        ("billing_agreements", "updated_at"),
        ("contact_contacts", "started_at"),
        ("contact_contact_events", "occurred_at"),
        ("contact_promises", "made_at"),
        ("payment_payments", "status_at"),
    ],
)
def test_nothing_is_delivered_before_it_happened(sample: Sample, kind: str, happened: str) -> None:
    assert sample.count(f"from {kind} where left({happened}, 10)::date > export_day + 1") == 0


@pytest.mark.parametrize(
    ("column", "named"),
    [
        ("customer_id", "billing_customers"),
        ("contract_id", "billing_contracts"),
        ("instalment_id", "billing_instalments"),
        ("agreement_id", "billing_agreements"),
    ],
)
def test_no_payment_is_known_before_what_it_names(sample: Sample, column: str, named: str) -> None:
    too_early = f"""
        from payment_payments as payments
        join (select {column}, min(export_day) as known from {named} group by 1) as named
        using ({column}) where payments.export_day < known"""

    assert sample.count(too_early) == 0


def test_nobody_is_called_about_a_debt_that_is_closed(sample: Sample) -> None:
    called_too_late = """
        from contact_contacts as contacts
        join (
            select contract_id, max(closed_date)::date as closed_date
            from billing_contracts group by contract_id
        ) as contracts using (contract_id)
        where direction = 'outbound' and left(started_at, 10)::date > closed_date + 1"""

    assert sample.count(called_too_late) == 0


def test_a_promise_is_made_in_its_contact_and_paid_after_it(sample: Sample) -> None:
    elsewhere = """
        from contact_promises as promises
        join contact_contacts as contacts using (contact_id)
        where promises.made_at::timestamptz < contacts.started_at::timestamptz
        or promises.customer_id != contacts.customer_id
        or promises.channel != contacts.channel
        or promises.direction != contacts.direction"""

    assert sample.count(elsewhere) == 0


def test_what_is_allocated_is_what_was_paid(sample: Sample) -> None:
    unequal = """
        from (
            select payment_id, sum(amount::decimal(18, 2)) as allocated
            from (select distinct payment_id, contract_id, instalment_id, amount
                  from payment_allocations)
            group by payment_id
        )
        join (
            select distinct payment_id, amount::decimal(18, 2) as paid
            from payment_payments where status = 'cleared'
        ) using (payment_id)
        where allocated != paid"""

    assert sample.count(unequal) == 0


def test_an_agreement_asks_what_its_instalments_add_up_to(sample: Sample) -> None:
    unequal = """
        from (select distinct agreement_id, agreed_amount, original_amount from billing_agreements)
        join (
            select agreement_id, sum(amount::decimal(18, 2)) as asked
            from billing_agreement_instalments group by agreement_id
        ) using (agreement_id)
        join (
            select agreement_id, sum(replaced_amount::decimal(18, 2)) as replaced
            from billing_agreement_contracts group by agreement_id
        ) using (agreement_id)
        where asked != agreed_amount::decimal(18, 2)
        or replaced != original_amount::decimal(18, 2)"""

    assert sample.count(unequal) == 0


@pytest.mark.parametrize(("customers", "months"), [(1, 1), (2, 1), (40, 2)])
def test_a_small_sample_is_a_sample_too(tmp_path: Path, customers: int, months: int) -> None:
    summary = write_sample(tmp_path / "exports", customers, months, seed=0)

    assert summary.rows["billing.customers"] >= customers
    assert (tmp_path / "exports" / "billing" / "contracts").is_dir()


def test_a_folder_that_holds_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n")

    with pytest.raises(InputError, match="already holds files"):
        write_sample(tmp_path, 10, 1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def test_all_arguments_that_make_no_sample_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        write_sample(tmp_path, customers=0, months=0, seed=-1)

    assert [
        word in error.value.problems[number]
        for number, word in enumerate(("customers", "months", "seed"))
    ] == [True, True, True]


def test_the_months_played_and_the_kinds_written_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    tell: Callable[[str], None] = told.append
    write_sample(tmp_path / "exports", 20, 1, seed=1, on_progress=tell)

    assert "Playing 2026-06" in told
    assert "Writing payment.payments" in told
