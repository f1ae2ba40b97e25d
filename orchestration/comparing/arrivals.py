"""What arrived between two releases: rows that are late, corrected, withdrawn or reversing.

Everything is read from the raw tables, so that it is about deliveries and not about figures.
"""

from collections.abc import Iterator
from datetime import date

import duckdb

from orchestration.contract import Column, Kind, contract
from orchestration.sql_text import literal

# The day a row is about; a row of another kind is about no day.
EVENT_COLUMNS = {
    "billing.contracts": "originated_date",
    "billing.instalments": "due_date",
    "billing.adjustments": "adjusted_date",
    "billing.agreements": "offered_at",
    "billing.agreement_instalments": "due_date",
    "billing.stages": "started_date",
    "billing.disputes": "opened_date",
    "billing.costs": "cost_date",
    "billing.revenues": "revenue_date",
    "contact.contacts": "started_at",
    "contact.contact_events": "occurred_at",
    "contact.promises": "made_at",
    "contact.agents": "valid_from",
    "contact.agent_days": "work_date",
    "contact.surveys": "invited_at",
    "contact.complaints": "received_at",
    "contact.reasons": "recorded_at",
    "contact.contact_points": "checked_at",
    "contact.consents": "effective_at",
    "contact.scores": "scored_at",
    "contact.assignments": "assigned_at",
    "contact.speech_results": "analysed_at",
    "payment.payments": "status_at",
    "payment.portal_sessions": "started_at",
    "payment.fx_rates": "rate_date",
}
# The columns that say what a row belongs to, and what they name.
LINKS = {
    "contract_id": "contract_id",
    "customer_id": "customer_id",
    "account_id": "account_id",
    "instalment_id": "instalment_id",
    "agreement_id": "agreement_id",
    "payment_id": "payment_id",
    "original_payment_id": "payment_id",
    "contact_id": "contact_id",
    "visited_from_contact_id": "contact_id",
    "promise_id": "promise_id",
    "response_id": "response_id",
    "session_id": "session_id",
    "cost_id": "cost_id",
    "revenue_id": "revenue_id",
}
OF_AGENTS = ("contact.agents", "contact.agent_days")
# Where a release holds the rows of a kind, by the kind's own key.
HELD = {
    "billing.customers": "dim_customers",
    "billing.contracts": "dim_contracts",
    "billing.instalments": "fct_instalments",
    "billing.agreements": "fct_agreements",
    "billing.costs": "fct_costs",
    "billing.revenues": "fct_revenues",
    "contact.contacts": "fct_contacts",
    "contact.promises": "fct_promises",
    "contact.surveys": "fct_surveys",
    "payment.payments": "fct_cash",
    "payment.portal_sessions": "fct_portal_sessions",
}
# How one id leads to another, by the tables of both releases: table, from, to.
WAYS = (
    ("fct_instalments", "instalment_id", "contract_id"),
    ("stg_billing__agreement_contracts", "agreement_id", "contract_id"),
    ("fct_allocations", "payment_id", "contract_id"),
    ("fct_allocations", "payment_id", "customer_id"),
    ("fct_contacts", "contact_id", "customer_id"),
    ("fct_agreements", "agreement_id", "customer_id"),
    ("dim_contracts", "contract_id", "customer_id"),
)
REVERSALS = "('reversed', 'refunded', 'charged_back')"
TABLES = """
create or replace temp table arrivals (
    arrival bigint, kind varchar, own_id varchar, class varchar, event_date date
);
create or replace temp table arrival_links (arrival bigint, entity varchar, id varchar);
create or replace temp sequence arrival_numbers;
"""


# A number and not its hash in hexadecimal, in whose digits anything can be found.
CONTENT_NUMBER = "cast(md5_number_upper(files.file_hash) >> 1 as bigint)"
NEW_FILES = f"""
create or replace temp table new_files as
select area || '.' || kind as kind, source_system, export_day, file_name
from raw.files as files
where
    export_day <= $known_at
    and not exists (
        from published.main.release_files as known
        where
            (files.area, files.kind, files.source_system, files.export_day, files.file_name)
            = (known.area, known.kind, known.source_system, known.export_day, known.file_name)
            and {CONTENT_NUMBER} = known.content_number
    )
"""
CURRENT, PUBLISHED = "main", "published.main"


def find_arrivals(
    connection: duckdb.DuckDBPyConnection, known_at: date, tables: dict[str, set[str]]
) -> None:
    """Make the tables ``arrivals`` and ``arrival_links`` of what the published release lacks.

    Rows arrived with the files exported up to ``known_at`` that it did not know, as they are now.
    ``tables`` are those there are, of this warehouse and of the published release. A row delivered
    again as it was is no arrival.
    """
    connection.execute(TABLES)
    connection.execute(NEW_FILES, {"known_at": known_at})
    for kind in contract().values():
        _delivered(connection, kind, tables)
        if kind.id in HELD:
            _withdrawn(connection, kind, tables)
    for table, start, end in WAYS:
        for select in _in_both(tables, table, f"{start} as id, {end} as reached"):
            connection.execute(
                f"""
                insert into arrival_links
                select arrival, '{end}', reached
                from arrival_links inner join ({select}) as ways using (id)
                where entity = '{start}' and reached is not null
                group by all
                """
            )
    # a customer is known by the golden one
    connection.execute(
        """
        insert into arrival_links
        select arrival, 'customer_id', golden_customer_id
        from arrival_links inner join int_customers_merged on id = customer_id
        where entity = 'customer_id' and id != golden_customer_id
        """
    )


def column_names(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Return the names of the columns of a table, in their order."""
    return [row[0] for row in connection.execute(f"describe {table}").fetchall()]


def _delivered(
    connection: duckdb.DuckDBPyConnection, kind: Kind, tables: dict[str, set[str]]
) -> None:
    """Add the rows of a kind that were delivered since, each key once, and what they name."""
    key = f"concat_ws(chr(31), {', '.join(_key_text(column) for column in _key_columns(kind))})"
    content = ", ".join(
        [column.name for column in kind.columns if column.name != "updated_at"] + ["is_deleted"]
    )
    newest = (
        "qualify row_number() over (partition by row_key"
        " order by export_day desc, file_name desc, row_number desc) = 1"
    )
    event = (
        f"try_cast(try_cast({EVENT_COLUMNS[kind.id]} as timestamp) as date)"
        if (kind.id in EVENT_COLUMNS)
        else "cast(null as date)"
    )
    is_new = (
        f"exists (from new_files where new_files.kind = '{kind.id}'"
        " and new_files.export_day = delivered.export_day"
        " and new_files.source_system = delivered.source_system"
        " and new_files.file_name = delivered.file_name)"
    )
    connection.execute(
        f"""
        create or replace temp table arrived as
        with arrived as (
            select
                *, {key} as row_key, hash({content}) as content, {event} as event_date,
                {_is_reversal(kind)} as is_reversal, {kind.key[0]} as own_id
            from {kind.table} as delivered
            where {is_new}
            {newest}
        ),
        earlier as (
            select {key} as row_key, hash({content}) as content
            from {kind.table} as delivered
            where {kind.key[0]} in (select own_id from arrived) and not {is_new}
            {newest}
        )
        select
            nextval('arrival_numbers') as arrival,
            case
                when is_reversal then 'reversal'
                when earlier.row_key is not null or {_is_held(kind, tables)} then 'corrected'
                else 'late'
            end as class,
            arrived.*
        from arrived left join earlier using (row_key)
        where earlier.content is distinct from arrived.content
        """
    )
    connection.execute(
        f"insert into arrivals select arrival, '{kind.id}', own_id, class, event_date from arrived"
    )
    for column, entity in _links(kind):
        connection.execute(
            f"insert into arrival_links select arrival, '{entity}', {column} from arrived"
            f" where {column} is not null"
        )


def _withdrawn(
    connection: duckdb.DuckDBPyConnection, kind: Kind, tables: dict[str, set[str]]
) -> None:
    """Add the rows the published release holds that are delivered no more."""
    table, own = HELD[kind.id], kind.key[0]
    staging = f"stg_{kind.area}__{kind.name}"
    if not ({table, staging} <= tables[CURRENT] and table in tables[PUBLISHED]):
        return
    columns = [
        name
        for name in column_names(connection, f"{PUBLISHED}.{table}")
        if name in ("contract_id", "customer_id") and name != own
    ]
    connection.execute(
        f"""
        create or replace temp table withdrawn as
        select nextval('arrival_numbers') as arrival, {", ".join([own, *columns])}
        from {PUBLISHED}.{table}
        where
            {own} not in (select {own} from {staging} where {own} is not null)
            and {own} not in (select {own} from {CURRENT}.{table} where {own} is not null)
            and {own} not in (select own_id from arrivals where kind = {literal(kind.id)})
        """
    )
    connection.execute(
        f"insert into arrivals select arrival, '{kind.id}', {own}, 'corrected', null from withdrawn"
    )
    for column in [own, *columns]:
        connection.execute(
            f"insert into arrival_links select arrival, '{LINKS[column]}', {column} from withdrawn"
            f" where {column} is not null"
        )


def _key_columns(kind: Kind) -> Iterator[Column]:
    by_name = {column.name: column for column in kind.columns}
    return (by_name[name] for name in kind.key)


def _key_text(column: Column) -> str:
    """Write a column of a key in one way: an instant or a day may come in several."""
    if column.data_type in ("date", "timestamp"):
        return (
            f"coalesce(cast(try_cast({column.name} as {column.data_type}) as varchar),"
            f" {column.name}, '')"
        )
    return f"coalesce({column.name}, '')"


def _links(kind: Kind) -> Iterator[tuple[str, str]]:
    for column in kind.columns:
        if column.name in LINKS:
            yield column.name, LINKS[column.name]
        elif column.name == "agent_id" and kind.id in OF_AGENTS:
            yield "agent_id", "agent_id"


def _is_reversal(kind: Kind) -> str:
    return f"lower(status) in {REVERSALS}" if kind.id == "payment.payments" else "false"


def _is_held(kind: Kind, tables: dict[str, set[str]]) -> str:
    """Tell whether the published release has the row: its file may have been replaced since."""
    table = HELD.get(kind.id)
    if table is None or table not in tables[PUBLISHED]:
        return "false"
    # of a payment a release has only the cash
    of_cash = " where movement_kind = 'payment'" if kind.id == "payment.payments" else ""
    is_cash = "lower(arrived.status) = 'cleared' and " if of_cash else ""
    return f"({is_cash}own_id in (select {kind.key[0]} from {PUBLISHED}.{table}{of_cash}))"


def _in_both(tables: dict[str, set[str]], table: str, columns: str) -> Iterator[str]:
    for schema, there in tables.items():
        if table in there:
            yield f"select distinct {columns} from {schema}.{table}"
