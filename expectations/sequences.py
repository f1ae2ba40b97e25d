"""States that cannot follow each other and spans that overlap, as delivered.

Of what breaks a rule, ``broken_rules`` has the keys and ``broken_rows`` the rows of new deliveries.
A key is the first column of the key of its kind; of a payment, which has a row per state,
``state`` says which.
"""

from expectations.kinds import is_of_new_delivery, union
from orchestration.contract import Kind, contract

KINDS = [
    contract()[kind_id]
    for kind_id in (
        "billing.contracts",
        "billing.agreements",
        "billing.disputes",
        "billing.instalments",
        "contact.agents",
        "contact.promises",
        "payment.payments",
    )
]

BROKEN_RULES = """
    with

    payments as materialized (
        select
            payment_id,
            case
                when payment_status = 'cleared' then payment_id
                else coalesce(original_payment_id, payment_id)
            end as undone_payment_id,
            payment_status,
            status_date
        from stg_payment__payments
    ),

    cleared as (
        select payment_id as undone_payment_id, min(status_date) as cleared_date
        from payments
        where payment_status = 'cleared'
        group by payment_id
    ),

    agreed as (
        select
            agreement_id,
            contract_id,
            activated_date,
            max(coalesce(ended_date, date '9999-12-31')) over (
                partition by contract_id order by activated_date, agreement_id
                rows between unbounded preceding and 1 preceding
            ) as ended_before_date
        from stg_billing__agreements
        inner join stg_billing__agreement_contracts using (agreement_id)
        where activated_date is not null
    ),

    disputed as (
        select
            dispute_id,
            contract_id,
            opened_date,
            max(coalesce(closed_date, date '9999-12-31')) over (
                partition by contract_id order by opened_date, dispute_id
                rows between unbounded preceding and 1 preceding
            ) as closed_before_date
        from stg_billing__disputes
    )

    select
        'states' as rule,
        'payment.payments' as kind,
        payment_id as key,
        payment_status as state,
        'undone before it cleared' as what,
        status_date as from_date,
        cleared_date as to_date
    from payments
    left join cleared using (undone_payment_id)
    where
        payment_status in ('reversed', 'refunded', 'charged_back')
        and coalesce(status_date < cleared_date, true)

    union all
    select
        'states',
        'billing.agreements',
        agreement_id,
        null,
        case
            when signed_date < offered_date then 'signed before it was offered'
            when activated_date < signed_date then 'activated before it was signed'
            when ended_date < coalesce(activated_date, offered_date) then 'ended before it began'
            else newest_status || ' without a day of activation'
        end,
        coalesce(activated_date, signed_date, offered_date),
        ended_date
    from stg_billing__agreements
    where
        signed_date < offered_date
        or activated_date < signed_date
        or ended_date < coalesce(activated_date, offered_date)
        or (newest_status in ('activated', 'broken', 'completed') and activated_date is null)

    union all
    select
        'states',
        'contact.promises',
        promise_id,
        null,
        case
            when due_date < made_date then 'due before it was made'
            else 'cancelled before it was made'
        end,
        made_date,
        least(due_date, cancelled_date)
    from stg_contact__promises
    where due_date < made_date or cancelled_date < made_date

    union all
    select
        'states',
        'billing.contracts',
        contract_id,
        null,
        'closed before it began',
        originated_date,
        closed_date
    from stg_billing__contracts
    where closed_date < originated_date

    union all
    select
        'states',
        'billing.instalments',
        instalment_id,
        null,
        'issued after it was due',
        issued_date,
        due_date
    from stg_billing__instalments
    where due_date < issued_date

    union all
    select
        'states',
        'billing.disputes',
        dispute_id,
        null,
        'closed before it was opened',
        opened_date,
        closed_date
    from stg_billing__disputes
    where closed_date < opened_date

    union all
    select
        'states',
        'contact.agents',
        agent_id,
        null,
        'left before being hired',
        hired_date,
        left_date
    from stg_contact__agents
    where left_date < hired_date

    union all
    select
        'spans',
        'billing.agreements',
        agreement_id,
        null,
        'activated on ' || contract_id || ' before the one before ended',
        activated_date,
        ended_before_date
    from agreed
    where activated_date < ended_before_date

    union all
    select
        'spans',
        'billing.disputes',
        dispute_id,
        null,
        'opened on ' || contract_id || ' before the one before was closed',
        opened_date,
        closed_before_date
    from disputed
    where opened_date < closed_before_date
"""


def _broken_rows(kind: Kind) -> str:
    is_same_state = "and lower(delivered.status) = state" if kind.id == "payment.payments" else ""
    return f"""
        select
            rule,
            source_system,
            '{kind.id}' as kind,
            export_day,
            file_name,
            row_number,
            delivered.{kind.key[0]} as key,
            what,
            from_date,
            to_date
        from {kind.table} as delivered
        inner join broken_rules
            on
                broken_rules.kind = '{kind.id}'
                and broken_rules.key = delivered.{kind.key[0]}
                {is_same_state}
        where {is_of_new_delivery(kind)}
    """


PREPARED = {
    "broken_rules": BROKEN_RULES,
    "broken_rows": union(_broken_rows, KINDS),
}


def figures(rule: str, from_rows: int) -> str:
    """Return a SELECT of the share of rows that break a rule, by new delivery."""
    return f"""
        select
            source_system,
            kind,
            export_day,
            any_value(row_count) as row_count,
            count(distinct (file_name, row_number)) as impossible_rows,
            min(what) as what,
            impossible_rows / any_value(row_count) as observed
        from broken_rows
        inner join delivery_figures using (source_system, kind, export_day)
        where rule = '{rule}' and row_count >= {from_rows}
        group by all
    """


def rows(rule: str) -> str:
    """Return a SELECT of the rows of new deliveries that break a rule, newest first."""
    return f"""
        select kind, file_name, row_number, key, what, from_date, to_date
        from broken_rows
        where rule = '{rule}'
        order by export_day desc, file_name, row_number
    """
