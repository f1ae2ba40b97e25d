"""What must hold of the core before it is released: states and limits, not reconciliations.

Totals that must agree across models are dbt tests; they have stopped the build by now.
"""

from expectations import experiments, sequences
from expectations.checks import Check, Suite, within
from expectations.limits import Limits


def suite(limits: Limits) -> Suite:
    """Return the checks on the core."""
    return Suite(layer="core", prepared=sequences.PREPARED, checks=_checks(limits))


def _checks(limits: Limits) -> list[Check]:
    return [
        Check(
            name="there_are_debts",
            table="fct_debt_periods",
            severity="critical",
            says="There is at least one debt.",
            against="select 0 as debts where not exists (select 1 from fct_debt_periods)",
        ),
        Check(
            name="balances_are_possible",
            table="fct_debt_periods",
            severity="critical",
            says="No debt has a negative balance, nor more overdue than outstanding.",
            against="""
                select
                    contract_id, valid_from_date, valid_to_date, outstanding_amount, overdue_amount
                from fct_debt_periods
                where
                    outstanding_amount < 0
                    or overdue_amount < 0
                    or overdue_amount > outstanding_amount
            """,
            rows="""
                with

                impossible as (
                    select contract_id from fct_debt_periods
                    where
                        outstanding_amount < 0
                        or overdue_amount < 0
                        or overdue_amount > outstanding_amount
                )

                select file_name, row_number, instalment_id as key, contract_id, due_date, amount
                from raw.billing_instalments semi join impossible using (contract_id)
                where export_day <= (select known_at from int_clock)
                union all
                select file_name, row_number, payment_id, contract_id, status_at, amount
                from raw.payment_payments semi join impossible using (contract_id)
                where export_day <= (select known_at from int_clock)
                order by contract_id, file_name, row_number
            """,
        ),
        Check(
            name="no_cash_from_the_future",
            table="fct_cash",
            severity="critical",
            says="No cash is booked after the day the figures describe.",
            against="""
                select cash_id, payment_id, booked_date, amount
                from fct_cash
                where booked_date > (select as_of from int_clock)
            """,
            rows=_payments_where("booked_date > (select as_of from int_clock)", "fct_cash"),
        ),
        Check(
            name="every_payment_that_cleared_is_cash",
            table="fct_cash",
            severity="critical",
            says="Every payment that cleared until the day the figures describe is in the cash.",
            against="""
                select payment_id, min(status_date) as cleared_date, any_value(amount) as amount
                from stg_payment__payments
                where
                    payment_status = 'cleared'
                    and amount != 0
                    and status_date <= (select as_of from int_clock)
                    and payment_id not in (select payment_id from fct_cash)
                group by payment_id
            """,
            rows=_payments_where(
                "payment_status = 'cleared'"
                " and payment_id not in (select payment_id from fct_cash)",
                "stg_payment__payments",
            ),
        ),
        *within(
            limits.impossible_sequences,
            name="states_follow_each_other",
            table="temp.broken_rows",
            says="At most {limit:.1%} of the rows of a delivery tell of states that cannot follow"
            " each other: undone before paid, ended before begun, due before promised.",
            figures=sequences.figures("states", limits.impossible_sequences.from_rows),
            rows=sequences.rows("states"),
        ),
        *within(
            limits.overlapping_spans,
            name="spans_do_not_overlap",
            table="temp.broken_rows",
            says="At most {limit:.0%} of the agreements and disputes of a delivery begin on a debt"
            " before the one before them ended.",
            figures=sequences.figures("spans", limits.overlapping_spans.from_rows),
            rows=sequences.rows("spans"),
        ),
        *within(
            limits.unapplied_cash,
            name="most_cash_reaches_a_debt",
            table="fct_allocations",
            says="At most {limit:.2%} of net cash reaches no debt.",
            figures="""
                select
                    sum(amount) as net_cash,
                    coalesce(sum(amount) filter (where contract_id is null), 0) as unapplied_cash,
                    unapplied_cash / nullif(net_cash, 0) as observed
                from fct_allocations
            """,
            rows=_payments_where("contract_id is null", "fct_allocations"),
        ),
        *experiments.checks(),
    ]


def _payments_where(condition: str, table: str) -> str:
    """Return a SELECT of the delivered rows of the payments a table has under a condition."""
    return f"""
        select file_name, row_number, payment_id, status, status_at, amount
        from raw.payment_payments
        where
            payment_id in (select payment_id from {table} where {condition})
            and export_day <= (select known_at from int_clock)
        order by export_day desc, file_name, row_number
    """
