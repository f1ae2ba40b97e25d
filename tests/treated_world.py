"""Worlds of customers, treatments and payments whose truth is known, many side by side.

A world is one seed: its customers act in one quarter of their own, so that the models of a
build judge every world apart and all of them at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
from quick_runs import Statements

TREATMENTS = (
    "sms: a",
    "sms: b",
    "email: a",
    "email: b",
    "voice: unknown",
    "whatsapp: a",
    "whatsapp: b",
    "ivr: a",
)
STATES = ("not_due", "1-30", "31-60", "61-90")
# how often the customers of a state, a line each, get the treatments: calls are for the late
USE = np.array(
    [
        [0.18, 0.18, 0.18, 0.18, 0.04, 0.10, 0.10, 0.04],
        [0.15, 0.15, 0.15, 0.15, 0.10, 0.12, 0.12, 0.06],
        [0.08, 0.08, 0.08, 0.08, 0.32, 0.12, 0.12, 0.12],
        [0.04, 0.04, 0.04, 0.04, 0.50, 0.07, 0.07, 0.20],
    ]
)
FIRST_MONTH = np.datetime64("1976-01", "M")
MODELS = ("int_treatments_given", "int_treatments_counted", "int_treatments_compared")


@dataclass(frozen=True)
class World:
    """What is true in every world.

    ``rates`` are the shares of those in each state that pay soon, whatever is done;
    ``effects`` what each treatment adds to them; ``spread`` how unlike customers are, in
    logits. ``is_loyal``: a customer always gets the same treatment. ``pays_anyway``: payments
    come on days of their own, so that one payment may follow several actions.
    """

    seeds: int
    customers: int = 600
    actions: float = 2.5
    rates: Sequence[float] = (0.4, 0.3, 0.2, 0.15)
    effects: Sequence[float] = (0.0,) * len(TREATMENTS)
    spread: float = 0.8
    is_loyal: bool = False
    pays_anyway: bool = False


def judged(world: World, statements: Statements) -> duckdb.DuckDBPyConnection:
    """Return the worlds as the models judge them, with ``truth``: the rate of each slice."""
    actions, months = _drawn(world, np.random.default_rng(12345))
    connection = duckdb.connect()
    # as the SQL of the models calls it
    connection.execute("attach ':memory:' as warehouse; use warehouse")
    connection.register("actions", actions)
    connection.register("months", months)
    connection.execute("""
        create table int_clock as select date '2027-12-31' as as_of;
        create table dim_customers as
            select distinct customer_id, 'UTC' as time_zone from actions;
        create table int_actions_followed as
            select
                * replace (contact_date::date as contact_date, paid_date::date as paid_date),
                contact_date + interval 12 hour as started_at
            from actions;
        create table int_customer_states as
            select
                customer_id,
                month_start::date - 1 as valid_from_date,
                (month_start + interval 1 month)::date - 2 as valid_to_date,
                customer_state
            from months
    """)
    for model in MODELS:
        connection.execute(statements.models[model])
    connection.execute(f"""
        create table effects as select * from (values
            {", ".join(str(pair) for pair in zip(TREATMENTS, world.effects, strict=True))}
        ) as effects (treatment, effect);
        create table truth as
        select
            date_trunc('quarter', given.month_start_date)::date as period_start,
            dimension,
            case dimension
                when 'segment' then given.segment when 'age_band' then given.age_band
                else 'all'
            end as member,
            avg(actions.chance) as chance
        from int_treatments_given as given
        inner join actions on given.contact_id = actions.contact_id
        cross join (values ('all'), ('segment'), ('age_band')) as slices (dimension)
        where given.comparison = 'treatment'
        group by all;
        create view quarters as
        select
            *,
            effect = (select max(effect) from effects) as is_planted_best,
            chance + effect between low and high as is_covered
        from int_treatments_compared
        inner join truth using (period_start, dimension, member)
        inner join effects using (treatment)
        where period_grain = 'quarter' and comparison = 'treatment'
    """)
    return connection


def _drawn(world: World, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the actions and the customers' months, a row each."""
    count = world.seeds * world.customers
    seed = np.arange(count) // world.customers
    segment = rng.choice(["mass", "gold", "small"], count, p=[0.6, 0.3, 0.1])
    age_band = rng.choice(["<=29", "30-50", ">50"], count)
    habit = rng.normal(0, world.spread, count)

    customer, month = (grid.ravel() for grid in np.mgrid[:count, :3])
    state = rng.integers(0, 4, count)[customer] + (month > rng.integers(0, 3, count)[customer])
    state = np.minimum(state, 3)
    start = FIRST_MONTH + seed[customer] * 3 + month
    logit = np.log(np.array(world.rates) / (1 - np.array(world.rates)))
    chance = 1 / (1 + np.exp(-(logit[state] + habit[customer])))

    row = np.repeat(np.arange(customer.size), rng.poisson(world.actions, customer.size))
    cumulative = USE.cumsum(axis=1)[state[row]]
    treatment = (rng.random(row.size)[:, None] > cumulative).sum(axis=1)
    if world.is_loyal:
        treatment = rng.integers(0, len(TREATMENTS), count)[customer[row]]
    day = rng.integers(0, 28, row.size)
    if world.pays_anyway:
        days_to_pay = _days_to_next_payment(rng, chance, row, day)
    else:
        is_paid = rng.random(row.size) < chance[row] + np.array(world.effects)[treatment]
        days_to_pay = np.where(is_paid, rng.integers(1, 8, row.size), np.nan)

    date = start[row].astype("datetime64[D]") + day
    paid = date + np.nan_to_num(days_to_pay).astype("timedelta64[D]")
    names = pd.Series(TREATMENTS).str.split(": ", expand=True).replace("unknown", None)
    actions = pd.DataFrame(
        {
            "contact_id": np.arange(row.size).astype(str),
            "customer_id": customer[row].astype(str),
            "contact_date": date.astype("datetime64[us]"),
            "paid_date": pd.Series(paid.astype("datetime64[us]")).where(~np.isnan(days_to_pay)),
            "channel": names[0].to_numpy()[treatment],
            "template": names[1].to_numpy()[treatment],
            "segment": segment[customer[row]],
            "age_band": age_band[customer[row]],
            "chance": chance[row],
        }
    )
    months = pd.DataFrame(
        {
            "customer_id": customer.astype(str),
            "month_start": start.astype("datetime64[us]"),
            "customer_state": np.array(STATES)[state],
        }
    )
    return actions, months


def _days_to_next_payment(
    rng: np.random.Generator, chance: np.ndarray, row: np.ndarray, day: np.ndarray
) -> np.ndarray:
    """Return the days from each action to the next payment of its month, NaN without one.

    Payments come at a rate at which one falls into a week with the chance of the month.
    """
    payments = rng.poisson(-np.log1p(-chance) * 4)
    paid = pd.DataFrame({"row": np.repeat(np.arange(chance.size), payments)})
    paid["day"] = rng.integers(0, 28, len(paid))
    paid["paid_day"] = paid["day"]
    acted = pd.DataFrame({"row": row, "day": day, "action": np.arange(row.size)})
    followed = pd.merge_asof(
        acted.sort_values("day"),
        paid.sort_values("day"),
        on="day",
        by="row",
        direction="forward",
        allow_exact_matches=False,
    ).sort_values("action")
    return (followed["paid_day"] - followed["day"]).to_numpy()
