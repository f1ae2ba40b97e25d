"""Load the exports into PostgreSQL by COPY, compute ten KPIs by month in SQL, write them down.

python postgres_kpis.py EXPORTS FIGURES.csv CONNINFO
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

# what each kind is known by; the largest first, as two connections share the work
KEYS = {
    "contact/contact_events": "contact_id, event, occurred_at",
    "contact/contacts": "contact_id",
    "billing/instalments": "instalment_id",
    "payment/payments": "payment_id, status, status_at::timestamptz",
    "payment/portal_sessions": "session_id",
    "billing/contracts": "contract_id",
    "billing/customers": "customer_id",
    "payment/allocations": "payment_id, contract_id, instalment_id",
    "billing/agreements": "agreement_id",
    "billing/adjustments": "adjustment_id",
    "billing/agreement_contracts": "agreement_id, contract_id",
    "payment/fx_rates": "currency, rate_date",
}
CONNECTIONS = 2
CHUNK = 1 << 20
# of the others, text; status_at may be a day alone, which a timestamp does not tell
TYPES = {
    "timestamptz": (
        *("updated_at", "started_at", "occurred_at", "submitted_at", "succeeded_at"),
        *("offered_at", "signed_at"),
    ),
    "date": ("activated_date", "adjusted_date", "rate_date"),
    "numeric": ("amount", "replaced_amount", "rate"),
    "boolean": ("is_machine", "is_automatic", "is_deleted"),
}
TYPE_OF = {name: kind for kind, names in TYPES.items() for name in names}
STEPS = sorted(Path(__file__).with_name("postgres").glob("*.sql"))


def main() -> None:
    """Load, compute, write."""
    exports, out, conninfo = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("drop schema public cascade; create schema public")
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda kind: load(conninfo, exports / kind, KEYS[kind]), KEYS))
    as_of = max(path.name[:10] for path in exports.glob("*/*/*.csv"))
    with connect(conninfo) as connection:
        for step in STEPS:
            connection.execute(step.read_text().replace(":as_of", f"date '{as_of}'"))
        with (
            out.open("wb") as file,
            connection.cursor().copy("copy figures to stdout (format csv, header)") as rows,
        ):
            for chunk in rows:
                file.write(chunk)


def connect(conninfo: str) -> psycopg.Connection:
    """Open a session in the business time zone: timestamps without an offset are in it."""
    connection = psycopg.connect(conninfo, autocommit=True)
    connection.execute("set timezone = 'America/Sao_Paulo'")
    return connection


def load(conninfo: str, folder: Path, key: str) -> None:
    """Copy the files of a kind into its table, in the order of their delivery."""
    table = f"raw_{folder.name}"
    paths = sorted(folder.glob("*.csv"))
    with paths[0].open() as first:
        names = first.readline().strip().split(",")
    columns = ", ".join(f"{name} {TYPE_OF.get(name, 'text')}" for name in names)
    order = [key, *(["updated_at desc nulls last"] if "updated_at" in names else [])]
    newest = f"select distinct on ({key}) * from {table} order by {', '.join(order)}, delivery desc"
    if "is_deleted" in names:
        newest = f"select * from ({newest}) as newest where not coalesce(is_deleted, false)"
    with connect(conninfo) as connection:
        connection.execute(
            f"create unlogged table {table} ("
            f"{columns}, delivery bigint generated always as identity)"
        )
        for path in paths:
            copy = f"copy {table} ({', '.join(names)}) from stdin (format csv, header)"
            with path.open("rb") as file, connection.cursor().copy(copy) as rows:
                while chunk := file.read(CHUNK):
                    rows.write(chunk)
        connection.execute(f"analyze {table}")
        connection.execute(f"create view newest_{folder.name} as {newest}")


if __name__ == "__main__":
    main()
