"""Cash in pandas: what came in, what was undone, and which contracts it was for."""

import numpy as np
import pandas as pd
from pandas_exports import Exports, cents, instants, resolved

DAY = pd.Timedelta(days=1)
UNDOING = ["reversed", "charged_back", "refunded"]


def read_cash(exports: Exports, into: pd.Series) -> pd.DataFrame:
    """Give cash by movement: what cleared, and what undoes it, each on its day."""
    rows = exports.delivered(
        "payment/payments",
        [
            *("payment_id", "contract_id", "instalment_id", "agreement_id", "customer_id"),
            *("amount", "currency", "status", "status_at", "original_payment_id", "channel"),
        ],
    )
    rows["is_day"] = rows["status_at"].str.len() == 10
    rows["status_at"] = instants(rows["status_at"])
    rows = rows.drop_duplicates(["payment_id", "status", "status_at"], keep="last")
    rows["status"] = rows["status"].str.lower()
    rows["date"] = rows["status_at"].dt.normalize()
    rows = rows[rows["status"].isin(["cleared", *UNDOING]) & (rows["date"] <= exports.as_of)]
    rows["cents"] = cents(rows["amount"])
    rows["currency"] = rows["currency"].str.upper().fillna("BRL")
    rows["channel"] = rows["channel"].str.lower()
    rows["is_payment"] = rows["status"] == "cleared"
    rows["payment"] = rows["original_payment_id"].fillna(rows["payment_id"])
    rows.loc[rows["is_payment"], "payment"] = rows["payment_id"]
    end_of_day = rows["date"] + DAY - pd.Timedelta(seconds=1)
    rows["booked_at"] = rows["status_at"].where(~rows["is_day"], end_of_day)
    rows["ordered_at"] = rows["booked_at"].where(~rows["is_payment"], rows["status_at"])
    rows["undoes"] = ~rows["is_payment"]
    rows = rows.sort_values(["payment", "ordered_at", "undoes", "payment_id"])

    # a clearing with no reversal since the last one repeats it, and the other way round
    whole = rows[rows["status"] != "refunded"]
    was_cleared = whole.groupby("payment")["is_payment"].shift(fill_value=False)
    rows = rows.drop(whole.index[whole["is_payment"] == was_cleared])

    rows["clearing"] = rows["is_payment"].groupby(rows["payment"]).cumsum()
    rows = rows[rows["clearing"] > 0]
    # sorted as they are, each clearing stands before what undoes it
    place = np.arange(len(rows))
    first = np.maximum.accumulate(np.where(rows["is_payment"], place, 0))
    cleared = rows[["cents", "currency", "channel"]].iloc[first].set_axis(rows.index)
    undone = rows["cents"].abs().where(rows["undoes"], 0)
    so_far = undone.groupby([rows["payment"], rows["clearing"]], sort=False).cumsum()
    most = cleared["cents"].abs()
    sign = np.sign(cleared["cents"])
    capped = np.minimum(so_far, most)
    before = np.minimum(so_far - undone, most)
    rows["cash"] = np.where(rows["is_payment"], rows["cents"], (before - capped) * sign)
    undone_in_all = capped.groupby([rows["payment"], rows["clearing"]], sort=False).transform("max")
    rows["restated"] = np.where(rows["is_payment"], cleared["cents"] - sign * undone_in_all, 0)
    rows["currency"] = cleared["currency"]
    rows["paid_channel"] = cleared["channel"]
    rows["customer_id"] = resolved(rows["customer_id"], into)
    return rows[rows["cash"] != 0].reset_index(drop=True)


def find_targets(exports: Exports, cash: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """Give the contracts a payment is for, and its share for each, by precedence."""
    paid = cash[cash["is_payment"]]
    by = ["payment", "clearing"]
    known = contracts["contract_id"]

    allocated = exports.newest(
        "payment/allocations", ["payment_id", "contract_id", "instalment_id"], ["amount"]
    )
    allocated["part"] = cents(allocated["amount"])
    allocated = allocated[(allocated["part"] > 0) & allocated["contract_id"].isin(known)]
    allocated = allocated.groupby(["payment_id", "contract_id"], as_index=False)["part"].sum()
    source = paid[[*by, "payment_id", "cash"]].merge(allocated, on="payment_id")
    total = source.groupby(by)["part"].transform("sum")
    source["share"] = source["part"] / np.maximum(total, source["cash"])

    instalments = exports.newest("billing/instalments", ["instalment_id"], ["contract_id"])
    of_instalment = paid["instalment_id"].map(instalments.set_index("instalment_id")["contract_id"])
    named = paid[by].assign(contract_id=paid["contract_id"].fillna(of_instalment), share=1.0)
    named = named[named["contract_id"].isin(known)]

    agreements = exports.newest("billing/agreements", ["agreement_id"], ["activated_date"])
    is_active = pd.to_datetime(agreements["activated_date"]) <= exports.as_of
    replaced = exports.newest(
        "billing/agreement_contracts", ["agreement_id", "contract_id"], ["replaced_amount"]
    )
    replaced = replaced[
        replaced["agreement_id"].isin(agreements.loc[is_active, "agreement_id"])
        & replaced["contract_id"].isin(known)
    ]
    replaced["part"] = replaced["replaced_amount"].astype("float64")
    total = replaced.groupby("agreement_id")["part"].transform("sum")
    replaced["share"] = replaced["part"] / total
    agreed = paid[[*by, "agreement_id"]].merge(
        replaced[["agreement_id", "contract_id", "share"]], on="agreement_id"
    )

    only = contracts[~contracts["customer_id"].duplicated(keep=False)]
    unnamed = paid[["contract_id", "instalment_id", "agreement_id"]].isna().all(axis=1)
    alone = paid.loc[unnamed, [*by, "customer_id"]].merge(
        only[["customer_id", "contract_id"]], on="customer_id"
    )
    alone["share"] = 1.0

    ways = pd.concat(
        way[[*by, "contract_id", "share"]].assign(precedence=precedence)
        for precedence, way in enumerate((source, named, agreed, alone))
    )
    first = ways.groupby(by)["precedence"].transform("min")
    return ways[ways["precedence"] == first]


def mark_gone(exports: Exports, targets: pd.DataFrame) -> pd.Series:
    """Tell which targets were sold or recalled before the day they were paid on."""
    rows = exports.newest(
        "billing/adjustments", ["adjustment_id"], ["contract_id", "kind", "amount", "adjusted_date"]
    )
    rows["kind"] = rows["kind"].str.lower()
    rows["date"] = pd.to_datetime(rows["adjusted_date"])
    rows = rows[rows["kind"].isin(["debt_sale", "recall"]) & (rows["date"] <= exports.as_of)]
    rows["cents"] = cents(rows["amount"])
    rows = rows.sort_values("date", kind="stable")
    rows["so_far"] = rows.groupby(["contract_id", "kind"])["cents"].cumsum()
    is_gone = pd.Series(False, index=targets.index)
    order = targets["date"].sort_values(kind="stable").index
    for kind in ("debt_sale", "recall"):
        found = pd.merge_asof(
            targets.loc[order, ["date", "contract_id"]],
            rows.loc[rows["kind"] == kind, ["date", "contract_id", "so_far"]],
            on="date",
            by="contract_id",
            allow_exact_matches=False,
        )
        is_gone[order] |= (found["so_far"] > 0).to_numpy()
    return is_gone


def report_cash(exports: Exports, cash: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Add what of the cash is ours, in cents and in the reporting currency."""
    gone = targets[targets["is_gone"]].groupby(["payment", "clearing"])["share"].sum()
    share = cash[["payment", "clearing"]].merge(
        gone.rename("gone"), left_on=["payment", "clearing"], right_index=True, how="left"
    )["gone"]
    cash["ours"] = cash["cash"] - (cash["cash"] * share.fillna(0).to_numpy()).round().astype(int)
    rates = exports.newest("payment/fx_rates", ["currency", "rate_date"], ["rate"])
    rates["date"] = pd.to_datetime(rates["rate_date"])
    rates["rate"] = (rates["rate"].astype("float64") * 10_000).round().astype("int64")
    cash = cash.sort_values("date", kind="stable")
    cash["rate"] = pd.merge_asof(
        cash[["date", "currency"]],
        rates.loc[rates["rate"] > 0, ["date", "currency", "rate"]].sort_values("date"),
        on="date",
        by="currency",
        tolerance=7 * DAY,
    )["rate"].to_numpy()
    cash.loc[cash["currency"] == "BRL", "rate"] = 10_000
    # millionths
    cash["reported"] = cash["ours"] * cash["rate"].astype("int64")
    return cash[cash["ours"] != 0]
