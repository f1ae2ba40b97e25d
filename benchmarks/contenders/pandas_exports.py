"""Reading the exports in pandas: the newest version of every row."""

from pathlib import Path

import pandas as pd

ZONE = "America/Sao_Paulo"


class Exports:
    """The files of a folder; ``as_of`` is the newest export day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.as_of = pd.Timestamp(max(path.name[:10] for path in folder.glob("*/*/*.csv")))

    def newest(self, kind: str, key: list[str], columns: list[str]) -> pd.DataFrame:
        """Read the newest version of every row, withdrawn ones left out."""
        rows = self.delivered(kind, [*key, *columns])
        if "updated_at" in rows:
            rows["updated_at"] = instants(rows["updated_at"])
            rows = rows.sort_values("updated_at", kind="stable", na_position="first")
        rows = rows.drop_duplicates(key, keep="last")
        if "is_deleted" in rows:
            rows = rows[rows["is_deleted"].str.lower() != "true"]
        return rows

    def delivered(self, kind: str, columns: list[str]) -> pd.DataFrame:
        """Read what was delivered, in its order."""
        wanted = {*columns, "updated_at", "is_deleted"}
        paths = sorted((self.folder / kind).glob("*.csv"))
        names = pd.read_csv(paths[0], nrows=0).columns
        use = [name for name in names if name in wanted]
        return pd.concat(
            (pd.read_csv(path, usecols=use, dtype="str", engine="pyarrow") for path in paths),
            ignore_index=True,
        )


def instants(texts: pd.Series) -> pd.Series:
    """Read instants written with an offset or without."""
    local = pd.to_datetime(texts.str[:19], format="ISO8601")
    zoned = texts.str.len() > 19
    if zoned.any():
        read = pd.to_datetime(texts[zoned], format="ISO8601", utc=True)
        local = local.copy()
        local[zoned] = read.dt.tz_convert(ZONE).dt.tz_localize(None)
    return local


def cents(texts: pd.Series) -> pd.Series:
    """Read amounts as whole cents."""
    return (texts.astype("float64") * 100).round().astype("int64")


def golden(exports: Exports) -> pd.Series:
    """Give the customer that merged ids stand for."""
    customers = exports.newest("billing/customers", ["customer_id"], ["merged_into_customer_id"])
    into = customers.set_index("customer_id")["merged_into_customer_id"].dropna()
    for _ in range(20):
        further = into.map(into)
        if further.isna().all():
            break
        into = further.fillna(into)
    return into


def resolved(ids: pd.Series, into: pd.Series) -> pd.Series:
    """Replace merged ids."""
    return ids.map(into).fillna(ids)
