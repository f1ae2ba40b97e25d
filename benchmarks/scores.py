"""Hold the scores of a home against simpler orders of who to call first.

    warehouse sample --out /some/disk/exports --customers 3000 --months 12 --seed 7
    warehouse run --exports /some/disk/exports --home /some/disk/home
    python -m benchmarks.scores --home /some/disk/home

Prints, for the customers in arrears on each month end that was scored and whose horizon is over,
how well each order tells who paid: area under the ROC curve, and the share of the payers among the
first tenth; the mean of the months, every model on the same ones.
"""

import argparse
from contextlib import closing
from pathlib import Path

import duckdb

QUALITY = """
with customers as (
    select
        known.decision_date, known.customer_id, known.outcome, known.score, known.score_model,
        features.days_past_due, debts.overdue_amount
    from int_scores_known as known
    inner join int_score_features as features using (decision_date, customer_id)
    inner join (
        select decision_date, customer_id, sum(overdue_amount)::double as overdue_amount
        from int_score_debts group by all
    ) as debts using (decision_date, customer_id)
    where
        features.score_model = 'propensity_to_pay' and known.outcome is not null
        and known.decision_date in (
            select decision_date from int_scores_known where score_model = 'propensity_to_pay'
        )
),
orders as (
    select decision_date, outcome, score_model as ordering, score as place from customers
    union all
    select decision_date, outcome, unnest([
        'largest overdue amount first', 'smallest overdue amount first', 'oldest first',
        'newest first', 'largest amount x days first', 'smallest amount x days first'
    ]), unnest([
        overdue_amount, -overdue_amount, days_past_due, -days_past_due,
        overdue_amount * days_past_due, -overdue_amount * days_past_due
    ])
    from customers where score_model = 'propensity_to_pay'
),
ranked as (
    select
        *,
        rank() over in_order + (count(*) over (partition by decision_date, ordering, place) - 1) / 2
            as middle_rank,
        row_number() over (
            partition by decision_date, ordering order by place desc, outcome
        ) <= ceil(count(*) over (partition by decision_date, ordering) / 10) as is_first_tenth
    from orders
    window in_order as (partition by decision_date, ordering order by place)
),
months as (
    select
        ordering, decision_date, count(*) as customers, sum(outcome) as payers,
        (sum(middle_rank) filter (where outcome = 1) - payers * (payers + 1) / 2)
        / (payers * (customers - payers)) as auc,
        count(*) filter (where is_first_tenth and outcome = 1) / payers as capture
    from ranked group by all
)
select ordering, count(*), sum(customers), avg(auc), avg(capture)
from months group by ordering order by avg(auc) desc
"""


def main() -> None:
    """Ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    warehouse = parser.parse_args().home / "warehouse.duckdb"
    with closing(duckdb.connect(warehouse, read_only=True)) as connection:
        rows = connection.execute(QUALITY).fetchall()
    print(f"{'order':<32}{'months':>8}{'customers':>11}{'AUC':>8}{'payers in first tenth':>24}")
    for ordering, months, customers, auc, capture in rows:
        print(f"{ordering:<32}{months:>8}{customers:>11}{auc:>8.3f}{capture:>24.1%}")


if __name__ == "__main__":
    main()
