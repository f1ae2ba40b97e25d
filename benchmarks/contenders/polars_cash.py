"""Cash in Polars: what came in, what was undone, and which contracts it was for."""

import polars as pl
from polars_exports import Exports, cents, instant, resolved

UNDOING = ["reversed", "charged_back", "refunded"]
CLEARING = ["payment", "clearing"]


def read_cash(exports: Exports, golden: pl.DataFrame) -> pl.DataFrame:
    """Give cash by movement: what cleared, and what undoes it, each on its day."""
    is_payment = pl.col("status") == "cleared"
    is_day = pl.col("written").str.len_bytes() == 10
    end_of_day = pl.col("date").cast(pl.Datetime("us")).dt.offset_by("86399s")
    rows = (
        exports.delivered(
            "payment/payments",
            [
                *("payment_id", "contract_id", "instalment_id", "agreement_id", "customer_id"),
                *("amount", "currency", "status", "status_at", "original_payment_id", "channel"),
            ],
        )
        .with_columns(pl.col("status_at").alias("written"), instant("status_at"))
        .unique(["payment_id", "status", "status_at"], keep="last")
        .with_columns(
            pl.col("status", "channel").str.to_lowercase(),
            pl.col("currency").str.to_uppercase().fill_null("BRL"),
            pl.col("status_at").dt.date().alias("date"),
            cents("amount").alias("cents"),
        )
        .filter(pl.col("status").is_in(["cleared", *UNDOING]) & (pl.col("date") <= exports.as_of))
        .with_columns(
            is_payment.alias("is_payment"),
            pl.when(is_payment)
            .then("payment_id")
            .otherwise(pl.coalesce("original_payment_id", "payment_id"))
            .alias("payment"),
            pl.when(is_day).then(end_of_day).otherwise("status_at").alias("booked_at"),
            pl.when(is_day & ~is_payment)
            .then(end_of_day)
            .otherwise("status_at")
            .alias("ordered_at"),
        )
        .sort("payment", "ordered_at", ~pl.col("is_payment"), "payment_id")
    )
    # a clearing with no reversal since the last one repeats it, and the other way round
    is_refund = pl.col("status") == "refunded"
    before = pl.col("is_payment").shift(fill_value=False).over("payment", is_refund)
    rows = rows.filter(is_refund | (pl.col("is_payment") != before))
    rows = rows.with_columns(pl.col("is_payment").cum_sum().over("payment").alias("clearing"))
    sign, most = pl.col("cleared").sign(), pl.col("cleared").abs()
    so_far = pl.col("undone").cum_sum().over(CLEARING)
    rows = (
        rows.filter(pl.col("clearing") > 0)
        .with_columns(
            pl.col("cents").first().over(CLEARING).alias("cleared"),
            pl.col("currency").first().over(CLEARING),
            pl.col("channel").first().over(CLEARING).alias("paid_channel"),
            pl.when("is_payment").then(0).otherwise(pl.col("cents").abs()).alias("undone"),
        )
        .with_columns(
            pl.min_horizontal(so_far, most).alias("capped"),
            pl.min_horizontal(so_far - pl.col("undone"), most).alias("capped_before"),
        )
        .with_columns(
            pl.when("is_payment")
            .then("cents")
            .otherwise((pl.col("capped_before") - pl.col("capped")) * sign)
            .alias("cash"),
            pl.when("is_payment")
            .then(pl.col("cleared") - sign * pl.col("capped").max().over(CLEARING))
            .otherwise(0)
            .alias("restated"),
            (pl.col("payment") + ":" + pl.col("clearing").cast(pl.String)).alias("cash_id"),
        )
        .filter(pl.col("cash") != 0)
    )
    return resolved(rows, golden).collect(engine="streaming")


def read_targets(exports: Exports, cash: pl.DataFrame, contracts: pl.DataFrame) -> pl.DataFrame:
    """Give the contracts a payment is for, and its share for each, by precedence."""
    paid = cash.lazy().filter(pl.col("is_payment"))
    known = contracts.lazy().select("contract_id", pl.col("customer_id").alias("debtor"))

    allocated = (
        exports.newest(
            "payment/allocations", ["payment_id", "contract_id", "instalment_id"], ["amount"]
        )
        .with_columns(cents("amount").alias("part"))
        .filter(pl.col("part") > 0)
        .join(known, on="contract_id", how="semi")
        .group_by("payment_id", "contract_id")
        .agg(pl.col("part").sum())
    )
    source = paid.select("cash_id", "payment_id", "cash").join(allocated, on="payment_id")
    whole = pl.max_horizontal(pl.col("part").sum().over("cash_id"), "cash")
    source = source.with_columns((pl.col("part") / whole).alias("share"))

    instalments = exports.newest("billing/instalments", ["instalment_id"], ["contract_id"]).rename(
        {"contract_id": "of_instalment"}
    )
    named = (
        paid.select("cash_id", "contract_id", "instalment_id")
        .join(instalments, on="instalment_id", how="left")
        .select("cash_id", pl.coalesce("contract_id", "of_instalment").alias("contract_id"))
        .join(known, on="contract_id", how="semi")
        .with_columns(pl.lit(1.0).alias("share"))
    )

    active = exports.newest("billing/agreements", ["agreement_id"], ["activated_date"]).filter(
        pl.col("activated_date").str.to_date() <= exports.as_of
    )
    replaced = (
        exports.newest(
            "billing/agreement_contracts", ["agreement_id", "contract_id"], ["replaced_amount"]
        )
        .join(active, on="agreement_id", how="semi")
        .join(known, on="contract_id", how="semi")
        .with_columns(pl.col("replaced_amount").cast(pl.Float64))
        .with_columns(
            (
                pl.col("replaced_amount") / pl.col("replaced_amount").sum().over("agreement_id")
            ).alias("share")
        )
    )
    agreed = paid.select("cash_id", "agreement_id").join(replaced, on="agreement_id")

    only = contracts.lazy().filter(pl.col("customer_id").is_unique())
    alone = (
        paid.filter(
            pl.all_horizontal(pl.col("contract_id", "instalment_id", "agreement_id").is_null())
        )
        .select("cash_id", "customer_id")
        .join(only, on="customer_id")
        .with_columns(pl.lit(1.0).alias("share"))
    )

    ways = pl.concat(
        way.select("cash_id", "contract_id", "share", pl.lit(precedence).alias("precedence"))
        for precedence, way in enumerate((source, named, agreed, alone))
    )
    targets = (
        ways.filter(pl.col("precedence") == pl.col("precedence").min().over("cash_id"))
        .join(known, on="contract_id")
        .join(paid.select("cash_id", "date"), on="cash_id")
        .collect(engine="streaming")
    )
    return mark_gone(exports, targets)


def mark_gone(exports: Exports, targets: pl.DataFrame) -> pl.DataFrame:
    """Tell which targets were sold or recalled before the day they were paid on."""
    claims = (
        exports.newest(
            "billing/adjustments",
            ["adjustment_id"],
            ["contract_id", "kind", "amount", "adjusted_date"],
        )
        .with_columns(
            pl.col("kind").str.to_lowercase(),
            pl.col("adjusted_date").str.to_date(),
            cents("amount").alias("part"),
        )
        .filter(
            pl.col("kind").is_in(["debt_sale", "recall"])
            & (pl.col("adjusted_date") <= exports.as_of)
        )
        .sort("adjusted_date")
        .with_columns(pl.col("part").cum_sum().over("contract_id", "kind").alias("so_far"))
        .collect()
    )
    targets = targets.sort("date")
    for kind in ("debt_sale", "recall"):
        targets = targets.join_asof(
            claims.filter(pl.col("kind") == kind).select(
                "contract_id", "adjusted_date", pl.col("so_far").alias(kind)
            ),
            left_on="date",
            right_on="adjusted_date",
            by="contract_id",
            allow_exact_matches=False,
            coalesce=True,
            check_sortedness=False,
        )
    return targets.with_columns(
        pl.any_horizontal(
            (pl.col(kind) > 0).fill_null(False) for kind in ("debt_sale", "recall")
        ).alias("is_gone")
    )


def reported(exports: Exports, cash: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
    """Add what of the cash is ours, in cents and, in millionths, in the reporting currency."""
    gone = (
        targets.filter(pl.col("is_gone"))
        .group_by("cash_id")
        .agg(pl.col("share").sum().alias("gone"))
    )
    rates = (
        exports.newest("payment/fx_rates", ["currency", "rate_date"], ["rate"])
        .with_columns(
            pl.col("rate_date").str.to_date().alias("date"),
            (pl.col("rate").cast(pl.Float64) * 10_000).round().cast(pl.Int64),
        )
        .filter(pl.col("rate") > 0)
        .select("currency", "date", "rate")
        .sort("date")
        .collect()
    )
    ours = pl.col("cash") - (pl.col("cash") * pl.col("gone").fill_null(0)).round().cast(pl.Int64)
    rate = pl.when(pl.col("currency") == "BRL").then(10_000).otherwise("rate")
    return (
        cash.join(gone, on="cash_id", how="left")
        .sort("date")
        .join_asof(rates, on="date", by="currency", tolerance="7d", check_sortedness=False)
        .with_columns(ours.alias("ours"))
        .with_columns((pl.col("ours") * rate).alias("reported"))
    )
