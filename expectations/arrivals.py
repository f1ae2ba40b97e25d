"""What must hold of the exports that arrived, before anything is released on them."""

from expectations.checks import Check, Suite, within
from expectations.limits import Limits

REQUIRED_KINDS = ("contracts", "instalments", "payments")

# Read once into temporary tables, since several checks look at them.
PREPARED = {
    "known_files": """
        select files.*
        from raw.files
        where export_day <= (select known_at from int_clock)
    """,
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
            and exists (select 1 from known_files where kind = 'agreements')

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

REJECTED_BY_FILE = """
    select
        known_files.kind,
        known_files.source_system,
        known_files.file_name,
        any_value(known_files.rows_in) as rows_in,
        count(distinct rejected_rows.row_number) as rejected
    from known_files
    left join rejected_rows using (area, kind, source_system, file_name, export_day)
    group by all
"""


def suite(limits: Limits) -> Suite:
    """Return the checks on arrivals."""
    return Suite(layer="arrivals", prepared=PREPARED, checks=_checks(limits))


def _checks(limits: Limits) -> list[Check]:
    return [
        Check(
            name="required_kinds_are_delivered",
            table="temp.known_files",
            severity="critical",
            says=f"The required kinds are delivered: {', '.join(REQUIRED_KINDS)}.",
            against=f"""
                select kind as missing_kind
                from (select unnest({list(REQUIRED_KINDS)}) as kind)
                where kind not in (select kind from known_files)
            """,
        ),
        *within(
            limits.days_without_export,
            name="required_kinds_are_fresh",
            table="temp.known_files",
            says="The newest export of a required kind is at most {limit:g} days old.",
            figures=f"""
                select
                    kind,
                    max(export_day) as newest_export_day,
                    date_diff('day', max(export_day), known_at) as observed
                from known_files cross join int_clock
                where kind in {REQUIRED_KINDS}
                group by kind, known_at
            """,
        ),
        *within(
            limits.volume_factor,
            name="the_newest_delivery_is_as_large_as_usual",
            table="temp.known_files",
            says="The newest delivery of a kind is at most {limit:g} times larger or smaller than"
            " the median of those before it.",
            figures=f"""
                with

                deliveries as (
                    select source_system, kind, export_day, sum(rows_in) as rows_in
                    from known_files
                    where not is_full
                    group by all
                ),

                newest as (
                    select *
                    from deliveries
                    qualify export_day = max(export_day) over (partition by source_system, kind)
                )

                select
                    source_system,
                    kind,
                    max(newest.rows_in) as newest_rows,
                    median(deliveries.rows_in) as usual_rows,
                    greatest(
                        newest_rows / usual_rows, usual_rows / greatest(newest_rows, 1)
                    ) as observed
                from newest
                inner join deliveries using (source_system, kind)
                where deliveries.export_day < newest.export_day
                group by all
                having usual_rows >= {limits.volume_factor.from_rows}
            """,
        ),
        *within(
            limits.rejected_rows,
            name="few_rows_of_a_kind_are_rejected",
            table="rejected_rows",
            says="At most {limit:.2%} of the rows of a kind could not be read or typed.",
            figures=f"""
                select
                    kind,
                    sum(rows_in) as rows_in,
                    sum(rejected) as rejected_rows,
                    rejected_rows / nullif(sum(rows_in), 0) as observed
                from ({REJECTED_BY_FILE})
                group by kind
                having sum(rows_in) >= {limits.rejected_rows.from_rows}
            """,
            rows=REJECTED_ROWS,
        ),
        *within(
            limits.rejected_rows_in_file,
            name="few_rows_of_a_file_are_rejected",
            table="rejected_rows",
            says="At most {limit:.2%} of the rows of a file could not be read or typed.",
            figures=f"""
                select *, rejected / rows_in as observed
                from ({REJECTED_BY_FILE})
                where rows_in >= {limits.rejected_rows_in_file.from_rows}
            """,
            rows=REJECTED_ROWS,
        ),
        *within(
            limits.orphan_payments,
            name="few_payments_are_orphans",
            table="temp.orphan_shares",
            says="At most {limit:.2%} of payments, by number and by money, name a contract,"
            " instalment, agreement or customer that was never delivered.",
            figures=_share_of("payments"),
            rows=_orphans_of("payments", "payment.payments", "payment_id"),
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
            rows=_orphans_of("payments", "payment.payments", "payment_id"),
        ),
        *within(
            limits.orphan_instalments,
            name="few_instalments_are_orphans",
            table="temp.orphan_shares",
            says="At most {limit:.2%} of instalments, by number and by money, are of a contract"
            " that was never delivered.",
            figures=_share_of("instalments"),
            rows=_orphans_of("instalments", "billing.instalments", "instalment_id"),
        ),
        *within(
            limits.orphan_contacts,
            name="few_contacts_are_orphans",
            table="temp.orphan_shares",
            says="At most {limit:.2%} of contacts are with a customer that was never delivered.",
            figures=_share_of("contacts"),
            rows=_orphans_of("contacts", "contact.contacts", "contact_id"),
        ),
        *within(
            limits.orphan_promises,
            name="few_promises_are_orphans",
            table="temp.orphan_shares",
            says="At most {limit:.2%} of promises, by number and by money, are of a customer that"
            " was never delivered.",
            figures=_share_of("promises"),
            rows=_orphans_of("promises", "contact.promises", "promise_id"),
        ),
    ]


REJECTED_ROWS = """
    select kind, file_name, row_number, column_name, value, reason
    from rejected_rows
    order by export_day desc, file_name, row_number
"""


def _share_of(kind: str) -> str:
    return f"select * from orphan_shares where kind = '{kind}'"


def _orphans_of(kind: str, declared: str, key: str) -> str:
    table = f"raw.{declared.replace('.', '_')}"
    return f"""
        select
            delivered.file_name,
            delivered.row_number,
            orphans.key as {key},
            orphans.column_name,
            orphans.value,
            orphans.amount
        from orphans
        inner join {table} as delivered on orphans.key = delivered.{key}
        where
            orphans.kind = '{kind}'
            and delivered.export_day <= (select known_at from int_clock)
        order by delivered.export_day desc, delivered.file_name, delivered.row_number
    """
