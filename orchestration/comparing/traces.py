"""The way back from a unit_id: to its row, its contracts, contacts, promises and payments."""

import re
from dataclasses import dataclass

import duckdb

from orchestration.comparing.explanation import Explanation
from orchestration.errors import InputError
from orchestration.slices import Table, columns_of, table_of

# What a unit can be, by the word its column is described with, and where it is to be found.
PLACES = {
    "debt": ("dim_contracts", "contract_id"),
    "contract": ("dim_contracts", "contract_id"),
    "account": ("dim_contracts", "account_id"),
    "customer": ("dim_customers", "customer_id"),
    "instalment": ("fct_instalments", "instalment_id"),
    "agreement": ("fct_agreements", "agreement_id"),
    "offer": ("fct_agreements", "agreement_id"),
    "stay": ("fct_customer_episodes", "episode_id"),
    "contact": ("fct_contacts", "contact_id"),
    "call": ("fct_contacts", "contact_id"),
    "message": ("fct_contacts", "contact_id"),
    "action": ("fct_contacts", "contact_id"),
    "agent": ("dim_agents", "agent_id"),
    "promise": ("fct_promises", "promise_id"),
    "allocation": ("fct_allocations", "allocation_id"),
    "cash": ("fct_allocations", "allocation_id"),
    "cost": ("fct_costs", "cost_id"),
    "revenue": ("fct_revenues", "revenue_id"),
    "invitation": ("fct_surveys", "response_id"),
    "response": ("fct_surveys", "response_id"),
    "visit": ("fct_portal_sessions", "session_id"),
}


@dataclass(frozen=True)
class Place:
    """The table that holds a unit, the column it goes by, and its id there."""

    table: str
    column: str
    unit: str


@dataclass(frozen=True)
class Trace:
    """A unit of a value: where it is held, and tables of what is behind it, by their titles."""

    place: Place | None
    tables: dict[str, Table]


def place_of(connection: duckdb.DuckDBPyConnection, described: str, unit: str) -> Place | None:
    """Return where a unit is held; None where no table has a row for it.

    ``described`` is what the column says of itself. Where units are of several kinds, the table
    that has the unit decides, or its own kind before the id: 'account A1', 'promise P1', and of
    an account that stands for a customer 'account customer C1'.
    """
    kinds = [word for word in re.findall(r"\w+", described.lower()) if word in PLACES]
    while len(kinds) > 1 and unit.partition(" ")[0] in kinds:
        kind, _, unit = unit.partition(" ")
        kinds = [kind, *(other for other in kinds if other != kind)]
    for kind in kinds:
        table, column = PLACES[kind]
        held = connection.execute(
            f"select 1 from release.main.{table} where {column} = $unit limit 1", {"unit": unit}
        ).fetchone()
        if held:
            return Place(table, column, unit)
    return None


def trace(
    connection: duckdb.DuckDBPyConnection, explanation: Explanation, unit: str, most: int
) -> Trace:
    """Follow a unit of a value that was just explained on this connection."""
    kpi = explanation.kpi
    told = ["kpi_date", "ends_on", *kpi.dimensions, *(["part"] if kpi.mix else []), *kpi.sides]
    own_rows = table_of(
        connection,
        f"""
        select {", ".join(told)} from slice_rows where unit_id = $unit
        order by kpi_date, ends_on
        """,
        {"unit": unit},
        most,
    )
    if not own_rows.count:
        raise InputError(f"--unit {unit}: no row of {explanation.slice} is of that unit_id.")
    tables = {f"Its rows in kpi_{kpi.kpi_id}": own_rows}
    place = place_of(connection, explanation.unit_id_is, unit)
    if place:
        columns = columns_of(connection, place.table)
        tables[f"{place.table}, {place.column} = {place.unit}"] = table_of(
            connection,
            f"from release.main.{place.table} where {place.column} = $unit",
            {"unit": place.unit},
            most,
        )
        tables |= _behind(connection, place, columns, most)
    return Trace(place, tables)


def _behind(
    connection: duckdb.DuckDBPyConnection, place: Place, columns: dict, most: int
) -> dict[str, Table]:
    """Return the contracts behind a unit, and what happened on them."""
    if not {"contract_id", "customer_id"} & set(columns):
        return {}
    contract_id = "contract_id" if "contract_id" in columns else "cast(null as varchar)"
    customer_id = "customer_id" if "customer_id" in columns else "cast(null as varchar)"
    connection.execute(
        f"""
        create or replace temp table unit_contracts as
        with units as (
            select {contract_id} as contract_id, {customer_id} as customer_id
            from release.main.{place.table} where {place.column} = $unit
        )
        select * from release.main.dim_contracts as contracts
        where
            contract_id in (select contract_id from units)
            or customer_id in (select customer_id from units where contract_id is null)
        """,
        {"unit": place.unit},
    )
    of_contracts = "contract_id in (select contract_id from unit_contracts)"
    of_customers = "customer_id in (select customer_id from unit_contracts)"
    return {
        title: table_of(connection, select, {}, most)
        for title, select in {
            "Contracts": """
                select
                    contract_id, account_id, customer_id, portfolio, product, currency,
                    originated_date, principal_amount
                from unit_contracts order by contract_id
            """,
            "Contacts, the newest first": f"""
                select
                    contact_id, started_at, contract_id, channel, direction, outcome, party,
                    actor, campaign
                from release.main.fct_contacts
                where {of_customers} and (contract_id is null or {of_contracts})
                order by started_at desc, contact_id
            """,
            "Promises, the newest first": f"""
                select
                    promise_id, made_date, due_date, contract_id, direction, promise_status,
                    amount, currency
                from release.main.fct_promises
                where {of_customers} and (contract_id is null or {of_contracts})
                order by made_date desc, promise_id
            """,
            "Payments and what undid them, the newest first": f"""
                select
                    payment_id, booked_date, contract_id, movement_kind, allocation_basis,
                    payment_channel, amount, currency
                from release.main.fct_allocations
                where
                    {of_contracts} or (contract_id is null and {of_customers})
                order by booked_date desc, allocation_id
            """,
        }.items()
    }
