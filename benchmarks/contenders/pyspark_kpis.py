"""Ten KPIs by month in Spark SQL, on the cores of this machine.

python pyspark_kpis.py EXPORTS FIGURES.csv
"""

import csv
import os
import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession, functions
from pyspark.sql.types import StringType, StructField, StructType

STEPS = sorted(Path(__file__).with_name("spark").glob("*.sql"))
# what each kind is known by
KEYS = {
    "billing/customers": "customer_id",
    "billing/contracts": "contract_id",
    "billing/instalments": "instalment_id",
    "billing/adjustments": "adjustment_id",
    "billing/agreements": "agreement_id",
    "billing/agreement_contracts": "agreement_id, contract_id",
    "contact/contacts": "contact_id",
    "contact/contact_events": "contact_id, event, cast(occurred_at as timestamp)",
    "payment/payments": "payment_id, status, cast(status_at as timestamp)",
    "payment/allocations": "payment_id, contract_id, instalment_id",
    "payment/portal_sessions": "session_id",
    "payment/fx_rates": "currency, rate_date",
}


def main() -> None:
    """Read, compute, write."""
    exports, out = Path(sys.argv[1]).absolute(), Path(sys.argv[2])
    as_of = max(path.name[:10] for path in exports.glob("*/*/*.csv"))
    spark = session()
    for kind, key in KEYS.items():
        read(spark, exports / kind).createOrReplaceTempView("delivered")
        newest(spark, key).createOrReplaceTempView(f"newest_{kind.split('/')[1]}")
    golden(spark).createOrReplaceTempView("golden")
    for step in STEPS:
        for statement in step.read_text().replace(":as_of", f"date '{as_of}'").split(";"):
            if statement.strip():
                figures = spark.sql(statement)
    with out.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(figures.columns)
        rows.writerows(figures.collect())
    spark.stop()


def session() -> SparkSession:
    """Start Spark in this process with a third of the machine's memory."""
    cores = len(os.sched_getaffinity(0))
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    settings = {
        "spark.driver.memory": f"{max(gib // 3, 1)}g",
        "spark.sql.shuffle.partitions": str(cores * 4),
        "spark.sql.session.timeZone": "America/Sao_Paulo",
        # many small files: a task reads several
        "spark.sql.files.openCostInBytes": "65536",
        "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master(f"local[{cores}]").appName("ten KPIs")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def read(spark: SparkSession, folder: Path) -> DataFrame:
    """Read the files of a kind as text, with what tells their order."""
    with next(iter(sorted(folder.glob("*.csv")))).open() as first:
        names = first.readline().strip().split(",")
    schema = StructType([StructField(name, StringType()) for name in names])
    rows = spark.read.csv(str(folder), header=True, schema=schema)
    for missing in {"updated_at", "is_deleted"} - set(names):
        rows = rows.withColumn(missing, functions.lit(None).cast("string"))
    return rows.select(
        "*",
        functions.col("_metadata.file_name").alias("file_name"),
        functions.col("_metadata.file_block_start").alias("block_start"),
        functions.monotonically_increasing_id().alias("place"),
    )


def newest(spark: SparkSession, key: str) -> DataFrame:
    """Keep the newest version of every row, withdrawn ones left out."""
    return spark.sql(
        f"""
        select * from (
            select * from delivered
            qualify row_number() over (
                partition by {key}
                order by
                    cast(updated_at as timestamp) desc nulls last,
                    file_name desc, block_start desc, place desc
            ) = 1
        )
        where not coalesce(cast(is_deleted as boolean), false)
        """
    )


def golden(spark: SparkSession) -> DataFrame:
    """Give the customer that each merged id stands for: few, and followed faster here."""
    merged = spark.sql(
        "select customer_id, merged_into_customer_id from newest_customers"
        " where merged_into_customer_id is not null"
    )
    into = dict(merged.collect())
    for _ in range(20):
        into = {customer: into.get(reached, reached) for customer, reached in into.items()}
    return spark.createDataFrame(list(into.items()), "customer_id string, golden_id string")


if __name__ == "__main__":
    main()
