"""Reading the exports in Polars: the newest version of every row."""

from datetime import date
from pathlib import Path

import polars as pl

ZONE = "America/Sao_Paulo"


class Exports:
    """The files of a folder; ``as_of`` is the newest export day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.as_of = date.fromisoformat(max(path.name[:10] for path in folder.glob("*/*/*.csv")))

    def delivered(self, kind: str, columns: list[str]) -> pl.LazyFrame:
        """Read what was delivered, in its order."""
        paths = sorted((self.folder / kind).glob("*.csv"))
        rows = pl.scan_csv(paths, infer_schema=False, glob=False)
        names = rows.collect_schema().names()
        wanted = {*columns, "updated_at", "is_deleted"}
        return rows.select([name for name in names if name in wanted])

    def newest(self, kind: str, key: list[str], columns: list[str]) -> pl.LazyFrame:
        """Read the newest version of every row, withdrawn ones left out."""
        rows = self.delivered(kind, [*key, *columns])
        names = rows.collect_schema().names()
        if "updated_at" in names:
            rows = rows.with_columns(instant("updated_at")).sort(
                "updated_at", nulls_last=False, maintain_order=True
            )
        rows = rows.unique(key, keep="last")
        if "is_deleted" in names:
            is_deleted = pl.col("is_deleted").str.to_lowercase() == "true"
            rows = rows.filter(~is_deleted.fill_null(False))
        return rows.select([*key, *columns])

    def golden(self) -> pl.DataFrame:
        """Give the customer that each merged id stands for."""
        into = (
            self.newest("billing/customers", ["customer_id"], ["merged_into_customer_id"])
            .drop_nulls()
            .select("customer_id", pl.col("merged_into_customer_id").alias("golden_id"))
            .collect()
        )
        chain = into.rename({"customer_id": "golden_id", "golden_id": "further_id"})
        for _ in range(20):
            further = into.join(chain, on="golden_id", how="left")
            if further["further_id"].is_null().all():
                break
            into = further.select(
                "customer_id", pl.coalesce("further_id", "golden_id").alias("golden_id")
            )
        return into


def instant(name: str) -> pl.Expr:
    """Read instants written with an offset, without one, or as a day alone."""
    text = pl.col(name).str
    return pl.coalesce(
        text.to_datetime("%Y-%m-%d %H:%M:%S", strict=False),
        text.to_datetime("%Y-%m-%d %H:%M:%S%#z", strict=False, time_zone="UTC")
        .dt.convert_time_zone(ZONE)
        .dt.replace_time_zone(None),
        text.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")),
    ).alias(name)


def cents(name: str) -> pl.Expr:
    """Read amounts as whole cents."""
    return (pl.col(name).cast(pl.Float64) * 100).round().cast(pl.Int64)


def resolved(rows: pl.LazyFrame, golden: pl.DataFrame) -> pl.LazyFrame:
    """Replace the ids of merged customers."""
    return (
        rows.join(golden.lazy(), on="customer_id", how="left")
        .with_columns(pl.coalesce("golden_id", "customer_id").alias("customer_id"))
        .drop("golden_id")
    )
