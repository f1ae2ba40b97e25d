"""Load the exports into PostgreSQL by COPY, compute ten KPIs by month in SQL, write them down.

python postgres_kpis.py EXPORTS FIGURES.csv CONNINFO
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

# the largest first: two connections share the work
KINDS = (
    "contact/contact_events",
    "contact/contacts",
    "billing/instalments",
    "payment/payments",
    "payment/portal_sessions",
    "billing/contracts",
    "billing/customers",
    "payment/allocations",
    "billing/agreements",
    "billing/adjustments",
    "billing/agreement_contracts",
    "payment/fx_rates",
)
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
        list(pool.map(lambda kind: load(conninfo, exports / kind), KINDS))
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


def load(conninfo: str, folder: Path) -> None:
    """Copy the files of a kind into its table, in the order of their delivery."""
    table = f"raw_{folder.name}"
    paths = sorted(folder.glob("*.csv"))
    with paths[0].open() as first:
        names = first.readline().strip().split(",")
    columns = ", ".join(f"{name} {TYPE_OF.get(name, 'text')}" for name in names)
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


if __name__ == "__main__":
    main()
