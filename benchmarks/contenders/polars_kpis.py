"""Ten KPIs by month in Polars.

    python polars_kpis.py EXPORTS FIGURES.csv

Money is kept in whole cents, instants in the business time zone, without their zone.
"""

import sys
from pathlib import Path

import polars as pl
from polars_cash import read_cash, read_targets, reported
from polars_exports import Exports, instant, resolved

MESSAGES = ["email", "sms", "whatsapp"]
BY_PERSON = ["opened", "clicked", "visited", "replied", "opted_out"]


def read_contacts(exports: Exports, golden: pl.DataFrame) -> pl.LazyFrame:
    """Give the contacts made so far."""
    rows = exports.newest(
        "contact/contacts",
        ["contact_id"],
        [
            *("customer_id", "contract_id", "channel", "direction", "outcome", "actor"),
            "started_at",
        ],
    )
    rows = rows.with_columns(
        pl.col("channel", "direction", "outcome", "actor").str.to_lowercase(),
        instant("started_at"),
    ).with_columns(
        pl.col("started_at").dt.date().alias("date"),
        pl.col("channel").is_in(["voice", "ivr"]).fill_null(False).alias("is_call"),
    )
    return resolved(rows.filter(pl.col("date") <= exports.as_of), golden)


def read_events(exports: Exports) -> pl.LazyFrame:
    """Give what was reported of messages."""
    return (
        exports.delivered(
            "contact/contact_events",
            ["contact_id", "event", "occurred_at", "is_machine", "is_automatic"],
        )
        .with_columns(instant("occurred_at"))
        .unique(["contact_id", "event", "occurred_at"], keep="last")
        .with_columns(
            pl.col("event").str.to_lowercase(), pl.col("occurred_at").dt.date().alias("date")
        )
        .filter(pl.col("date") <= exports.as_of)
        .with_columns(
            (
                pl.col("event").is_in(BY_PERSON)
                & (pl.col("is_machine") != "true").fill_null(True)
                & (pl.col("is_automatic") != "true").fill_null(True)
            ).alias("by_person")
        )
        .drop("is_machine", "is_automatic")
    )


def follow_messages(contacts: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Add to contacts when a message was sent, and what became of it within seven days."""
    event = pl.col("event")
    sent = (
        events.lazy()
        .filter(event == "sent")
        .group_by("contact_id")
        .agg(pl.col("date").min().alias("sent_date"))
    )
    messages = (
        contacts.lazy()
        .filter(~pl.col("is_call"))
        .select("contact_id", "date")
        .join(sent, on="contact_id", how="left")
        .select("contact_id", pl.coalesce("sent_date", "date").alias("sent_date"))
    )
    followed = (
        events.lazy()
        .join(messages, on="contact_id")
        .filter(pl.col("date") <= pl.col("sent_date").dt.offset_by("7d"))
        .group_by("contact_id")
        .agg(
            pl.col("occurred_at").filter(event == "delivered").max().alias("delivered_at"),
            pl.col("occurred_at").filter(event == "bounced").max().alias("bounced_at"),
            pl.col("by_person").any().alias("has_person"),
            (pl.col("by_person") & event.is_in(["opened", "clicked", "visited"]))
            .any()
            .alias("is_opened"),
            (event != "queued").any().alias("has_left"),
        )
    )
    return (
        contacts.lazy()
        .join(messages, on="contact_id", how="left")
        .join(followed, on="contact_id", how="left")
        .with_columns(
            (pl.col("outcome").is_not_null() | pl.col("has_left").fill_null(True)).alias("is_sent"),
            pl.when(pl.col("has_person"))
            .then(True)
            .when(pl.col("delivered_at").is_not_null() | pl.col("bounced_at").is_not_null())
            .then(
                pl.col("bounced_at").is_null()
                | (pl.col("delivered_at") > pl.col("bounced_at")).fill_null(False)
            )
            .otherwise(pl.col("outcome").is_in(["delivered", "connected"]).fill_null(False))
            .alias("is_delivered"),
            pl.col("is_opened").fill_null(False),
        )
        .with_columns(
            pl.when(pl.col("is_call"))
            .then((pl.col("outcome") == "connected").fill_null(False))
            .otherwise(pl.col("is_delivered"))
            .alias("is_contacted")
        )
        .collect(engine="streaming")
    )


def follow_actions(
    contacts: pl.DataFrame, events: pl.DataFrame, cash: pl.DataFrame, targets: pl.DataFrame
) -> pl.DataFrame:
    """Give the actions that reached a customer, whether answered and whether followed by cash."""
    actions = contacts.filter((pl.col("direction") == "outbound") & pl.col("is_contacted")).select(
        "contact_id", "customer_id", "channel", "started_at", "date"
    )
    answers = contacts.filter(
        (pl.col("direction") == "inbound") & (pl.col("is_contacted") | ~pl.col("is_call"))
    ).select("customer_id", pl.col("started_at").alias("answered_at"))
    payments = (
        cash.filter(pl.col("restated") > 0)
        .join(targets.select("cash_id", "debtor", "is_gone"), on="cash_id", how="left")
        .filter(~pl.col("is_gone").fill_null(False))
        .select(
            pl.coalesce("debtor", "customer_id").alias("customer_id"),
            pl.col("booked_at").alias("paid_at"),
        )
    )
    actions = actions.sort("started_at")
    for moments, at in ((answers, "answered_at"), (payments, "paid_at")):
        actions = actions.join_asof(
            moments.drop_nulls().sort(at),
            left_on="started_at",
            right_on=at,
            by="customer_id",
            strategy="forward",
            allow_exact_matches=False,
            coalesce=False,
            check_sortedness=False,
        )
    replies = (
        events.lazy()
        .filter(pl.col("by_person") & pl.col("event").is_in(["clicked", "visited", "replied"]))
        .join(actions.lazy().select("contact_id", "started_at"), on="contact_id")
        .filter(pl.col("occurred_at") > pl.col("started_at"))
        .group_by("contact_id")
        .agg(pl.col("date").min().alias("replied_date"))
    )
    answered = pl.min_horizontal(pl.col("answered_at").dt.date(), "replied_date")
    return (
        actions.lazy()
        .join(replies, on="contact_id", how="left")
        .select(
            "customer_id",
            "channel",
            "date",
            (answered <= pl.col("date").dt.offset_by("7d")).fill_null(False).alias("is_answered"),
            (pl.col("paid_at").dt.date() <= pl.col("date").dt.offset_by("30d"))
            .fill_null(False)
            .alias("is_paid"),
        )
        .collect(engine="streaming")
    )


def read_sessions(exports: Exports, contacts: pl.DataFrame) -> pl.LazyFrame:
    """Give the visits to the portal in which a payment was submitted."""
    channels = contacts.lazy().select(
        pl.col("contact_id").alias("visited_from_contact_id"), "channel"
    )
    return (
        exports.newest(
            "payment/portal_sessions",
            ["session_id"],
            ["started_at", "visited_from_contact_id", "submitted_at", "succeeded_at"],
        )
        .with_columns(
            instant(name).dt.date().alias(name)
            for name in ("started_at", "submitted_at", "succeeded_at")
        )
        .with_columns(
            pl.coalesce("submitted_at", "succeeded_at").alias("date"),
            (pl.col("succeeded_at") <= exports.as_of).fill_null(False).not_().alias("is_failed"),
        )
        .filter((pl.col("started_at") <= exports.as_of) & (pl.col("date") <= exports.as_of))
        .join(channels, on="visited_from_contact_id", how="left")
    )


def read_offers(exports: Exports, contracts: pl.DataFrame) -> pl.LazyFrame:
    """Give the offers, with the portfolio of the largest contract, and whether accepted."""
    portfolios = (
        exports.newest(
            "billing/agreement_contracts", ["agreement_id", "contract_id"], ["replaced_amount"]
        )
        .join(contracts.lazy().select("contract_id", "portfolio"), on="contract_id")
        .sort(
            pl.col("replaced_amount").cast(pl.Float64),
            "contract_id",
            descending=[True, False],
            nulls_last=True,
        )
        .unique("agreement_id", keep="first")
        .select("agreement_id", "portfolio")
    )
    offered = pl.col("offered_at")
    return (
        exports.newest(
            "billing/agreements", ["agreement_id"], ["offered_at", "signed_at", "activated_date"]
        )
        .with_columns(
            instant("offered_at").dt.date(),
            instant("signed_at").dt.date(),
            pl.col("activated_date").str.to_date(),
        )
        .filter(offered <= exports.as_of)
        .join(portfolios, on="agreement_id", how="left")
        .select(
            "portfolio",
            offered.alias("date"),
            pl.any_horizontal(
                pl.col(name).is_between(offered, exports.as_of).fill_null(False)
                for name in ("signed_at", "activated_date")
            ).alias("is_accepted"),
        )
    )


def figures(
    kpi_id: str,
    rows: pl.LazyFrame,
    date: str,
    numerator: str | None,
    dimension: str | None = None,
    *,
    has_denominator: bool = True,
) -> pl.LazyFrame:
    """Sum a KPI by month, in all or by the members of a dimension."""
    member = pl.col(dimension).fill_null("unknown") if dimension else pl.lit("all")
    return (
        rows.group_by(pl.col(date).dt.truncate("1mo").alias("month"), member.alias("member"))
        .agg(
            (pl.col(numerator).sum() if numerator else pl.len())
            .cast(pl.Float64)
            .alias("numerator"),
            (pl.len() if has_denominator else pl.lit(None)).cast(pl.Float64).alias("denominator"),
        )
        .with_columns(
            pl.lit(kpi_id).alias("kpi_id"),
            pl.lit(dimension or "all").alias("dimension"),
            pl.lit("all").alias("part"),
        )
    )


def unit_figures(
    kpi_id: str, actions: pl.LazyFrame, is_counted: str, dimension: str | None
) -> pl.LazyFrame:
    """Count customers, each once in a slice and month."""
    slices = [dimension] if dimension else []
    units = actions.group_by(
        pl.col("date").dt.truncate("1mo").alias("month"), "customer_id", *slices
    ).agg(pl.col(is_counted).any())
    return figures(kpi_id, units, "month", is_counted, dimension)


def main() -> None:
    """Read, compute, write."""
    exports, out = Exports(Path(sys.argv[1])), Path(sys.argv[2])
    golden = exports.golden()
    contracts = resolved(
        exports.newest("billing/contracts", ["contract_id"], ["customer_id", "portfolio"]), golden
    ).collect(engine="streaming")
    contacts, events = pl.collect_all(
        [read_contacts(exports, golden), read_events(exports)], engine="streaming"
    )
    contacts = follow_messages(contacts, events)
    cash = read_cash(exports, golden)
    targets = read_targets(exports, cash, contracts)
    cash = reported(exports, cash, targets)
    actions = follow_actions(contacts, events, cash, targets).lazy()
    sessions = read_sessions(exports, contacts)
    offers = read_offers(exports, contracts)

    outbound = contacts.lazy().filter(pl.col("direction") == "outbound")
    portfolios = contracts.lazy().select("contract_id", "portfolio")
    calls = outbound.filter(pl.col("channel") == "voice").join(
        portfolios, on="contract_id", how="left"
    )
    reached = outbound.filter(pl.col("is_contacted")).with_columns(
        pl.col("actor").is_in(["bot", "automated", "self"]).fill_null(False).alias("by_machine")
    )
    sent = outbound.filter(pl.col("channel").is_in(MESSAGES) & pl.col("is_sent"))
    delivered = sent.filter(pl.col("is_delivered"))
    ours = cash.lazy().filter(pl.col("ours") != 0)
    cash_figures = ours.with_columns(
        pl.col("channel").alias("payment_channel"),
        (pl.col("reported") / 1_000_000).alias("reported_amount"),
        (pl.col("ours") / 100).alias("amount"),
    )
    tables = [
        table
        for dimension in (None, "channel")
        for table in (
            figures("automation_share", reached, "date", "by_machine", dimension),
            figures("message_delivery_rate", sent, "sent_date", "is_delivered", dimension),
            figures("message_open_rate", delivered, "sent_date", "is_opened", dimension),
            figures("payment_attempt_failure_rate", sessions, "date", "is_failed", dimension),
            unit_figures("response_rate", actions, "is_answered", dimension),
            unit_figures("payment_conversion_rate", actions, "is_paid", dimension),
        )
    ]
    for dimension in (None, "portfolio"):
        tables += [
            figures("outbound_call_volume", calls, "date", None, dimension, has_denominator=False),
            figures("offer_acceptance_rate", offers, "date", "is_accepted", dimension),
        ]
    for dimension, amount in (
        (None, "reported_amount"),
        ("payment_channel", "reported_amount"),
        ("currency", "amount"),
    ):
        tables.append(
            figures(
                "cash_collected", cash_figures, "date", amount, dimension, has_denominator=False
            )
        )
    mix = figures("payment_channel_mix", cash_figures, "date", "reported_amount", "paid_channel")
    tables.append(
        mix.with_columns(
            pl.col("member").alias("part"),
            pl.lit("all").alias("member"),
            pl.lit("all").alias("dimension"),
            pl.col("numerator").sum().over("month").alias("denominator"),
        )
    )
    columns = ["kpi_id", "month", "dimension", "member", "part", "numerator", "denominator"]
    done = pl.collect_all([table.select(columns) for table in tables], engine="streaming")
    pl.concat(done).write_csv(out)


if __name__ == "__main__":
    main()
