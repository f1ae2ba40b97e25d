"""Which ids are those of a person: what belongs to a customer, and what follows from it.

Worked out in SQL in the table ``forgotten`` (id_kind, id, pseudonym) of a connection.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from orchestration.contract import contract
from orchestration.privacy.keyed_hash import FORGOTTEN, hashed

# The longer before those they end in: agreement_instalment_id is no instalment.
ID_KINDS = (
    "agreement_instalment",
    "contact_point",
    "account",
    "adjustment",
    "agreement",
    "complaint",
    "contact",
    "contract",
    "customer",
    "dispute",
    "instalment",
    "payment",
    "promise",
    "response",
    "session",
)
PSEUDONYM = "forgotten-"
_IS_PSEUDONYM = f"regexp_full_match({{}}, '{PSEUDONYM}[0-9a-f]{{{{32}}}}')"


@dataclass(frozen=True)
class Belonging:
    """Columns of ids that belong to the person whose id stands in one of ``to`` of the row.

    ``emptied`` are the columns that tell something of the person.
    """

    ids: tuple[str, ...]
    to: tuple[str, ...]
    emptied: tuple[str, ...] = ()


# Downwards only: who pays for another's contract does not take it along.
BELONGINGS = {
    "billing.customers": Belonging(
        ("customer_id", "merged_into_customer_id"),
        ("customer_id", "merged_into_customer_id"),
        ("birth_date", "region", "time_zone", "preferred_channel"),
    ),
    "billing.contracts": Belonging(("contract_id", "account_id"), ("customer_id",)),
    "billing.instalments": Belonging(("instalment_id",), ("contract_id",)),
    "billing.adjustments": Belonging(("adjustment_id",), ("contract_id",)),
    "billing.agreements": Belonging(("agreement_id",), ("customer_id",)),
    "billing.agreement_instalments": Belonging(("agreement_instalment_id",), ("agreement_id",)),
    "billing.disputes": Belonging(("dispute_id",), ("contract_id",), ("reason",)),
    "contact.contacts": Belonging(("contact_id", "contact_point_id"), ("customer_id",)),
    "contact.promises": Belonging(("promise_id", "superseded_by_promise_id"), ("customer_id",)),
    "contact.surveys": Belonging(("response_id",), ("customer_id", "contact_id")),
    "contact.complaints": Belonging(("complaint_id",), ("customer_id",), ("reason",)),
    "contact.contact_points": Belonging(("contact_point_id",), ("customer_id",)),
    "payment.payments": Belonging(
        ("payment_id",),
        ("customer_id", "contract_id", "instalment_id", "agreement_id", "original_payment_id"),
        ("reference",),
    ),
    "payment.portal_sessions": Belonging(
        ("session_id",), ("customer_id", "visited_from_contact_id")
    ),
}


def id_kind(column: str) -> str | None:
    """Tell of which kind the ids of a column are: golden_customer_id of customer."""
    if not column.endswith("_id"):
        return None
    name = column.removesuffix("_id")
    return next((kind for kind in ID_KINDS if name == kind or name.endswith(f"_{kind}")), None)


def pseudonym(value: str) -> str:
    """Give in SQL what takes the place of an id wherever it stands."""
    return f"('{PSEUDONYM}' || {hashed(value, FORGOTTEN)})"


def is_original(value: str) -> str:
    """Hold in SQL for an id that is not a pseudonym already."""
    return f"({value} is not null and not {_IS_PSEUDONYM.format(value)})"


def raw_tables(prefix: str = "") -> dict[str, str]:
    """Give the raw tables by export kind that hold ids of people."""
    return {kind.id: prefix + kind.table for kind in contract().values() if id_columns(kind.id)}


def belongings(tables: Mapping[str, str]) -> list[tuple[str, Belonging]]:
    """Give what belongs to whom in tables by export kind."""
    return [(table, BELONGINGS[kind]) for kind, table in tables.items() if kind in BELONGINGS]


def id_columns(kind: str) -> dict[str, str]:
    """Give the columns of an export kind that hold ids of people, with the kind of id."""
    columns = {column.name: id_kind(column.name) for column in contract()[kind].columns}
    return {column: found for column, found in columns.items() if found}


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget nobody yet on this connection."""
    connection.execute(
        "create or replace temp table forgotten"
        " (id_kind varchar, id varchar, pseudonym varchar, primary key (id_kind, id))"
    )


def find_tombstoned(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Mapping[str, str]]
) -> None:
    """Add the ids that have a tombstone; ``tables`` give the kinds of their columns of ids."""
    for table, columns in tables.items():
        for column, kind in columns.items():
            connection.execute(f"""
                insert or ignore into forgotten
                with ids as (
                    select distinct {column} as id from {table} where {is_original(column)}
                )
                select '{kind}', id, {pseudonym("id")}
                from ids
                where {pseudonym("id")} in (
                    select pseudonym from tombstones where id_kind = '{kind}'
                )
            """)


def follow(connection: duckdb.DuckDBPyConnection, tables: Iterable[tuple[str, Belonging]]) -> None:
    """Add what belongs to those in ``forgotten``, and what belongs to that, and so on."""
    tables = list(tables)
    while True:
        before = _count(connection)
        for table, belonging in tables:
            _add(connection, table, belonging)
        if _count(connection) == before:
            return


def _add(connection: duckdb.DuckDBPyConnection, table: str, belonging: Belonging) -> None:
    is_theirs = " or ".join(f"({among(column, 'id')})" for column in belonging.to)
    for column in belonging.ids:
        connection.execute(f"""
            insert or ignore into forgotten
            select distinct '{id_kind(column)}', {column}, {pseudonym(column)}
            from {table}
            where {is_original(column)} and ({is_theirs})
        """)


def among(column: str, side: str) -> str:
    """Hold in SQL for a value that is an id (or pseudonym) of those forgotten."""
    return f"{column} in (select {side} from forgotten where id_kind = '{id_kind(column)}')"


def replace_ids(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]
) -> int:
    """Put pseudonyms in the place of ids; return the number of rows changed."""
    if not columns:
        return 0
    values = ", ".join(
        f"{column} = coalesce((select any_value(pseudonym) from forgotten"
        f" where forgotten.id_kind = '{kind}' and forgotten.id = changed.{column}), {column})"
        for column, kind in columns.items()
    )
    is_concerned = " or ".join(among(column, "id") for column in columns)
    return connection.execute(
        f"update {table} as changed set {values} where {is_concerned}"
    ).fetchone()[0]


def pseudonymise(connection: duckdb.DuckDBPyConnection, kind: str, table: str) -> int:
    """Replace ids in a table of an export kind and empty what tells of the person."""
    changed = replace_ids(connection, table, id_columns(kind))
    belonging = BELONGINGS.get(kind)
    if changed and belonging and belonging.emptied:
        emptied = ", ".join(f"{column} = null" for column in belonging.emptied)
        is_theirs = among(belonging.ids[0], "pseudonym")
        connection.execute(f"update {table} set {emptied} where {is_theirs}")
    return changed


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    return connection.execute("select count(*) from forgotten").fetchone()[0]
