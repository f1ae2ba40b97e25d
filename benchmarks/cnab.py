"""How fast return files are read on one core: `python -m benchmarks.cnab [--records N]`.

A synthetic file of Bradesco's CNAB 400 goes through the reader, beside a bare read of its lines by
DuckDB. Times are of the processor, on one thread.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.ingestion import readers
from orchestration.ingestion.cnab_layout import SHIPPED
from orchestration.ingestion.exports import Delivery
from orchestration.ingestion.sources import load_source

DETAIL = (
    "1020414679200016800000090142000169102{company_use:<33}{number:012}{blank:25}906110412"
    "{number:010}{blank:20}120412{amount:013}23701420  {zeros:0<78}{amount:013}{zeros:0<26}"
    "   130412{blank:93}{sequence:06}"
)


def write_return_file(path: Path, records: int) -> None:
    """Write a file with as many settlements, every one of another title and amount."""
    header = f"{'02RETORNO01COBRANCA':<76}237{'BRADESCO':<15}110412".ljust(394) + "000001"
    # a count of more than five digits has no room in the trailer, and is not compared
    count = f"{records % 100_000:05}"
    trailer = f"{'9201237':<57}{0:017}{'':12}{count}".ljust(103) + f"{0:05}"
    with path.open("w", encoding="latin-1", newline="\r\n") as file:
        file.write(header + "\n")
        for number in range(1, records + 1):
            line = DETAIL.format(
                company_use=f" CONTRACT {number}",
                number=number,
                amount=100 + number,
                sequence=(number + 1) % 1_000_000,
                blank="",
                zeros="",
            )
            file.write(line + "\n")
        file.write(trailer.ljust(394) + f"{(records + 2) % 1_000_000:06}\n")


def seconds(work: Callable[[], object]) -> float:
    """Measure the time of the processor."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Print records per second, and the multiple of a bare read."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--records", type=int, default=300_000)
    records = parser.parse_args().records
    system = load_source(SHIPPED.parent / "cnab_bradesco_400.yml")
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("set threads = 1; set preserve_insertion_order = false")
        path = Path(folder, "bradesco.ret")
        write_return_file(path, records)
        bare = seconds(
            lambda: connection.execute(
                "create table bare as select * from read_csv(?, columns = {'line': 'varchar'},"
                " delim = chr(31), quote = '', escape = '', header = false, auto_detect = false,"
                " encoding = 'latin-1')",
                [str(path)],
            )
        )
        delivery = Delivery(
            *(system, system.files[0], ("payment.payments",), path, path.name),
            *(date(2012, 4, 11), (0, 0)),
        )
        header = readers.read_header(path, delivery.spec)
        taken = seconds(lambda: readers.land(connection, [delivery], header))
        (landed,) = connection.execute("select count(*) from landing").fetchone()
    if landed != records:
        raise SystemExit(f"{landed:,} of {records:,} records were landed")
    print(f"{records / taken:,.0f} records a second, {taken / bare:.1f} times a bare read of lines")


if __name__ == "__main__":
    main()
