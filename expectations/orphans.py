"""What must hold of the ids that arrived: whom and what they name was delivered."""

from expectations.checks import Check, within
from expectations.kinds import is_of_new_delivery, is_unknown, key_of, references_of, union
from expectations.limits import Limit, Limits
from orchestration.contract import Kind, contract

# Read once into temporary tables, since several checks look at them.
PREPARED = {
    "orphans": """
        with

        payments as materialized (
            select payment_id, contract_id, instalment_id, agreement_id, customer_id, amount
            from stg_payment__payments
        ),

        instalments as materialized (
            select instalment_id, contract_id, amount from stg_billing__instalments
        ),

        customers as materialized (
            select customer_id from int_customers_merged
            union
            select customer_id from dim_customers
        )

        select
            'payments' as kind,
            payment_id as key,
            'contract_id' as column_name,
            contract_id as value,
            amount
        from payments anti join dim_contracts using (contract_id)
        where contract_id is not null

        union all
        select 'payments', payment_id, 'instalment_id', instalment_id, amount
        from payments anti join instalments using (instalment_id)
        where instalment_id is not null

        union all
        select 'payments', payment_id, 'agreement_id', agreement_id, amount
        from payments anti join stg_billing__agreements using (agreement_id)
        where
            agreement_id is not null
            and exists (select 1 from known_files where kind = 'billing.agreements')

        union all
        select 'payments', payment_id, 'customer_id', customer_id, amount
        from payments anti join customers using (customer_id)
        where customer_id is not null

        union all
        select 'instalments', instalment_id, 'contract_id', contract_id, amount
        from instalments anti join dim_contracts using (contract_id)

        union all
        select 'contacts', contact_id, 'customer_id', customer_id, null
        from fct_contacts anti join dim_customers using (customer_id)

        union all
        select 'promises', promise_id, 'customer_id', customer_id, amount
        from fct_promises anti join dim_customers using (customer_id)

        union all
        select distinct 'speech_results', contact_id, 'contact_id', contact_id, null
        from fct_speech_results where speech_status = 'unknown_contact'
    """,
    "orphan_shares": """
        with

        delivered as (
            select 'payments' as kind, count(*) as delivered_count, sum(amount) as delivered_amount
            from (select max(amount) as amount from stg_payment__payments group by payment_id)
            union all
            select 'instalments', count(*), sum(amount) from stg_billing__instalments
            union all
            select 'contacts', count(*), null from fct_contacts
            union all
            select 'promises', count(*), sum(amount) from fct_promises
            union all
            select 'speech_results', count(distinct contact_id), null from fct_speech_results
        ),

        unknown as (
            select kind, count(*) as orphan_count, sum(amount) as orphan_amount
            from (select kind, key, max(amount) as amount from orphans group by kind, key)
            group by kind
        )

        select
            kind,
            delivered_count,
            coalesce(orphan_count, 0) as orphan_count,
            delivered_amount,
            coalesce(orphan_amount, 0) as orphan_amount,
            greatest(
                orphan_count / delivered_count,
                orphan_amount / nullif(delivered_amount, 0)
            ) as observed
        from delivered
        left join unknown using (kind)
    """,
}


def checks(limits: Limits) -> list[Check]:
    """Return the checks on ids; they need the tables of the deliveries and ``PREPARED``."""
    return [
        *_few_orphans(
            "payment.payments",
            limits.orphan_payments,
            "At most {limit:.2%} of payments, by number and by money, name a contract,"
            " instalment, agreement or customer that was never delivered.",
        ),
        *within(
            limits.orphan_payments_in_file,
            name="few_payments_of_a_file_are_orphans",
            table="raw.payment_payments",
            says="At most {limit:.2%} of the rows of a payments file name a contract, instalment,"
            " agreement or customer that was never delivered.",
            figures=f"""
                select
                    source_system,
                    file_name,
                    count(*) as delivered_count,
                    count(orphan_payments.key) as orphan_count,
                    sum(try_cast(amount as decimal(18, 2))) filter (
                        where orphan_payments.key is not null
                    ) as orphan_amount,
                    orphan_count / delivered_count as observed
                from payment_payments
                left join (
                    select distinct key from orphans where kind = 'payments'
                ) as orphan_payments on payment_payments.payment_id = orphan_payments.key
                where export_day <= (select known_at from int_clock)
                group by all
                having delivered_count >= {limits.orphan_payments_in_file.from_rows}
            """,
            rows=_orphans_of(contract()["payment.payments"]),
        ),
        *_few_orphans(
            "billing.instalments",
            limits.orphan_instalments,
            "At most {limit:.2%} of instalments, by number and by money, are of a contract"
            " that was never delivered.",
        ),
        *_few_orphans(
            "contact.contacts",
            limits.orphan_contacts,
            "At most {limit:.2%} of contacts are with a customer that was never delivered.",
        ),
        *_few_orphans(
            "contact.promises",
            limits.orphan_promises,
            "At most {limit:.2%} of promises, by number and by money, are of a customer that"
            " was never delivered.",
        ),
        *_few_orphans(
            "contact.speech_results",
            limits.orphan_speech_results,
            "At most {limit:.2%} of the calls that speech analysis heard were never delivered.",
        ),
        *within(
            limits.orphans_in_delivery,
            name="few_rows_of_a_delivery_are_orphans",
            table="temp.references_made",
            says="At most {limit:.0%} of the rows of a delivery name a contract, customer,"
            " agreement or payment that was never delivered: other ids, or another column's.",
            figures=f"""
                select *, unknown_rows / naming_rows as observed
                from references_made
                where naming_rows >= {limits.orphans_in_delivery.from_rows}
            """,
            rows=ORPHANS_OF_NEW_DELIVERIES,
        ),
    ]


def _few_orphans(kind_id: str, limit: Limit, says: str) -> list[Check]:
    """Return the checks that keep the orphans of a kind in ``orphan_shares`` within a limit."""
    kind = contract()[kind_id]
    return within(
        limit,
        name=f"few_{kind.name}_are_orphans",
        table="temp.orphan_shares",
        says=says,
        figures=f"select * from orphan_shares where kind = '{kind.name}'",
        rows=_orphans_of(kind),
    )


def _orphans_of(kind: Kind) -> str:
    """Return a SELECT of the delivered rows behind the ``orphans`` of a kind, newest first."""
    key = kind.key[0]
    return f"""
        select
            delivered.file_name,
            delivered.row_number,
            orphans.key as {key},
            orphans.column_name,
            orphans.value,
            orphans.amount
        from orphans
        inner join {kind.table} as delivered on orphans.key = delivered.{key}
        where
            orphans.kind = '{kind.name}'
            and delivered.export_day <= (select known_at from int_clock)
        order by delivered.export_day desc, delivered.file_name, delivered.row_number
    """


def _orphans_of_new_deliveries(kind: Kind) -> str:
    return union(
        lambda reference: (
            f"""
            select
                '{kind.id}' as kind,
                export_day,
                file_name,
                row_number,
                {key_of(kind)} as key,
                '{reference[0]}' as column_name,
                {reference[0]} as value
            from {kind.table} as delivered
            where {is_of_new_delivery(kind)} and {is_unknown(*reference)}
        """
        ),
        references_of(kind).items(),
    )


ORPHANS_OF_NEW_DELIVERIES = f"""
    select * exclude (export_day)
    from ({union(_orphans_of_new_deliveries, filter(references_of, contract().values()))})
    order by export_day desc, file_name, row_number
"""
