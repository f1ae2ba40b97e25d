"""What must hold of the core before it is released: states and limits, not reconciliations.

Totals that must agree across models are dbt tests; they have stopped the build by now.
"""

from expectations.checks import Check, Suite, within
from expectations.limits import Limits


def suite(limits: Limits) -> Suite:
    """Return the checks on the core."""
    return Suite(layer="core", checks=_checks(limits))


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
            rows="""
                select payment_id, booked_date, allocation_basis, amount
                from fct_allocations
                where contract_id is null
                order by abs(amount) desc
            """,
        ),
    ]
