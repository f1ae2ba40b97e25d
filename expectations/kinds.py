"""What the audit knows of the export kinds beyond the contract, and SQL on their raw rows."""

from collections.abc import Callable, Iterable
from typing import Any

from orchestration.contract import IS_DELETED, Column, Kind, contract
from orchestration.policies import policy

# The money column of kinds where it is not called amount.
MONEY = {"billing.contracts": "principal_amount", "billing.agreements": "agreed_amount"}

# Kinds whose amounts may be below zero, as what undoes an earlier one.
SIGNED = ("billing.adjustments", "billing.costs", "billing.revenues", "payment.allocations")

# Days of a plan or an announcement, so that they may lie ahead of the export.
MAY_LIE_AHEAD = (
    "due_date",
    "issued_date",
    "value_date",
    "rate_date",
    "effective_at",
    "valid_from",
    "hired_date",
    "left_date",
)
# An export made at night may hold what happened while it was made.
HOURS_AFTER_EXPORT_DAY = 6

# The instant of a kind whose time of day is that of people or machines at work.
AT_WORK = {
    "billing.agreements": "signed_at",
    "contact.contacts": "started_at",
    "contact.contact_events": "occurred_at",
    "contact.promises": "made_at",
    "contact.reasons": "recorded_at",
    "contact.complaints": "received_at",
    "payment.payments": "status_at",
    "payment.portal_sessions": "started_at",
}

# Whose ids a column holds, in every kind but the one whose own they are.
REFERENCES = {
    "contract_id": "billing.contracts",
    "customer_id": "billing.customers",
    "agreement_id": "billing.agreements",
    "payment_id": "payment.payments",
}


def money_of(kind: Kind) -> str | None:
    """Return the column of a kind that holds its money, if it has one."""
    return "amount" if "amount" in _names(kind) else MONEY.get(kind.id)


def part_of(kind: Kind) -> str:
    """Return SQL for what a kind's amounts are of: fees are not write-offs."""
    return "lower(delivered.kind)" if "kind" in _names(kind) else "null"


def amount_class_of(kind: Kind) -> str:
    """Return SQL for the class of a row's amount, each beginning 28 % above the one before."""
    # zero has a class, far below any other
    return f"floor(4 * ln(abs(try_cast(delivered.{money_of(kind)} as double)) + 1e-9))::integer"


def references_of(kind: Kind) -> dict[str, str]:
    """Return the kinds whose ids a kind's columns hold, by column."""
    return {
        column: target
        for column, target in REFERENCES.items()
        if column in _names(kind) and target != kind.id
    }


def key_of(kind: Kind) -> str:
    """Return SQL for the key of a row as text."""
    return f"concat_ws(' ', {', '.join(kind.key)})"


def updated_of(kind: Kind) -> str:
    """Return SQL for the version of a row as it says so itself."""
    return "updated_at" if "updated_at" in _names(kind) else "null"


def version_of(kind: Kind) -> str:
    """Return SQL for a number that stands for the key and version of a row."""
    return f"hash({', '.join([*kind.key, updated_of(kind)])})"


def content_of(kind: Kind) -> str:
    """Return SQL for a number that stands for all a row says."""
    return f"hash({', '.join([*_names(kind), IS_DELETED])})"


def local_time(column: str) -> str:
    """Return SQL for an instant delivered as text, on the clock of the business time zone."""
    return f"""
        case
            when regexp_matches(substr({column}, 17), '[Z+-]') then timezone(
                '{policy("business_time_zone")}', try_cast({column} as timestamptz)
            )
            else try_cast({column} as timestamp)
        end
    """


def hour_of(kind: Kind) -> tuple[str, str]:
    """Return SQL for the hour of the day something of a kind happened, and whether it says so."""
    column = AT_WORK.get(kind.id)
    if column is None:
        return "null::double", "false"
    return (
        f"date_part('epoch', ({local_time(column)})::time) / 3600",
        f"coalesce(length({column}) > 10, false)",
    )


def events_of(kind: Kind) -> list[Column]:
    """Return the columns of a kind that tell when something happened."""
    return [
        column
        for column in kind.columns
        if column.data_type in ("date", "timestamp") and column.name not in MAY_LIE_AHEAD
    ]


def is_ahead(kind: Kind) -> str:
    """Return SQL that is true of a row that tells of an event after it was exported."""
    # as text, ISO dates sort by time, so that few are converted
    conditions = [
        f"""(
            {column.name} > export_day::varchar
            and {local_time(column.name)}
            >= export_day + interval {24 + HOURS_AFTER_EXPORT_DAY} hours
        )"""
        for column in events_of(kind)
    ]
    return f"coalesce({' or '.join(conditions)}, false)" if conditions else "false"


def is_negative(kind: Kind) -> str:
    """Return SQL that is true of a row whose amount is below zero and must not be."""
    money = money_of(kind)
    if money is None or kind.id in SIGNED:
        return "false"
    is_below = f"coalesce(try_cast({money} as decimal(18, 2)) < 0, false)"
    if kind.id == "payment.payments":
        # what undoes a payment is taken off it, with either sign
        return f"({is_below} and lower(status) in ('pending', 'cleared', 'failed'))"
    return is_below


def is_unknown(column: str, target: str) -> str:
    """Return SQL that is true of a row that names what was never delivered.

    Where the export that would tell is itself not there for the day yet, nobody knows.
    """
    return f"""(
        {column} is not null
        and {column} not in (
            select {column} from {contract()[target].table}
            where export_day <= (select known_at from int_clock)
        )
        and delivered.export_day <= (
            select max(export_day) from known_files where kind = '{target}'
        )
    )"""


def is_of_new_delivery(kind: Kind) -> str:
    """Return SQL that is true of a row of a delivery that was not released yet."""
    return f"""(
        (source_system, export_day) in (
            select (source_system, export_day) from deliveries
            where kind = '{kind.id}' and is_new
        )
    )"""


def union(select: Callable[[Any], str], items: Iterable[Any]) -> str:
    """Return one SELECT of what is selected for each item."""
    return "\nunion all\n".join(map(select, items))


def rows_of(condition: Callable[[Kind], str], value: Callable[[Kind], str | None]) -> str:
    """Return a SELECT of the rows of new deliveries that fulfil a condition, newest first.

    Kinds without a ``value`` are left out.
    """

    def select(kind: Kind) -> str:
        return f"""
            select
                '{kind.id}' as kind,
                export_day,
                file_name,
                row_number,
                {key_of(kind)} as key,
                {value(kind)} as value
            from {kind.table} as delivered
            where {is_of_new_delivery(kind)} and {condition(kind)}
        """

    return f"""
        select * exclude (export_day)
        from ({union(select, filter(value, contract().values()))})
        order by export_day desc, file_name, row_number
    """


def _names(kind: Kind) -> list[str]:
    return [column.name for column in kind.columns]
