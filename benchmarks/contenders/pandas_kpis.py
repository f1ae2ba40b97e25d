"""Ten KPIs by month in pandas.

    python pandas_kpis.py EXPORTS FIGURES.csv

Money is kept in whole cents, instants in the business time zone, without their zone.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from pandas_cash import find_targets, mark_gone, read_cash, report_cash
from pandas_exports import Exports, golden, instants, resolved

DAY = pd.Timedelta(days=1)
MESSAGES = ["email", "sms", "whatsapp"]


def month(dates: pd.Series) -> pd.Series:
    """Give the first day of the months dates lie in."""
    return dates.dt.to_period("M").dt.start_time


def read_contacts(exports: Exports, into: pd.Series) -> pd.DataFrame:
    """Give the contacts made so far."""
    rows = exports.newest(
        "contact/contacts",
        ["contact_id"],
        [
            *("customer_id", "contract_id", "channel", "direction", "outcome", "actor"),
            "started_at",
        ],
    )
    for name in ("channel", "direction", "outcome", "actor"):
        rows[name] = rows[name].str.lower().astype("category")
    rows["started_at"] = instants(rows["started_at"])
    rows["date"] = rows["started_at"].dt.normalize()
    rows["customer_id"] = resolved(rows["customer_id"], into)
    rows["is_call"] = rows["channel"].isin(["voice", "ivr"])
    return rows[rows["date"] <= exports.as_of]


def read_events(exports: Exports) -> pd.DataFrame:
    """Give what was reported of messages."""
    rows = exports.delivered(
        "contact/contact_events",
        ["contact_id", "event", "occurred_at", "is_machine", "is_automatic"],
    )
    rows["occurred_at"] = instants(rows["occurred_at"])
    rows["event"] = rows["event"].astype("category")
    rows = rows.drop_duplicates(["contact_id", "event", "occurred_at"], keep="last")
    rows["event"] = rows["event"].str.lower().astype("category")
    rows["date"] = rows["occurred_at"].dt.normalize()
    rows["by_person"] = (
        rows["event"].isin(["opened", "clicked", "visited", "replied", "opted_out"])
        & (rows["is_machine"] != "true")
        & (rows["is_automatic"] != "true")
    )
    return rows.loc[
        rows["date"] <= exports.as_of, ["contact_id", "event", "occurred_at", "date", "by_person"]
    ]


def follow_messages(contacts: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Add to contacts when a message was sent, and what became of it within seven days."""
    sent = events[events["event"] == "sent"].groupby("contact_id")["date"].min()
    contacts["sent_date"] = contacts["contact_id"].map(sent).fillna(contacts["date"])
    # numbers are found faster than ids
    contacts = contacts.reset_index(drop=True)
    messages = contacts.loc[~contacts["is_call"], ["contact_id", "sent_date"]]
    reported = events.merge(messages.rename_axis("message").reset_index(), on="contact_id")
    reported = reported[reported["date"] <= reported["sent_date"] + 7 * DAY]
    message, event = reported["message"], reported["event"]
    last = {
        name: reported[event == name]
        .groupby("message")["occurred_at"]
        .max()
        .reindex(contacts.index)
        for name in ("delivered", "bounced")
    }
    has_person = contacts.index.isin(message[reported["by_person"]])
    is_opening = reported["by_person"] & event.isin(["opened", "clicked", "visited"])
    has_left = contacts.index.isin(message[event != "queued"])
    is_reported = contacts.index.isin(message)
    contacts["is_sent"] = contacts["outcome"].notna() | has_left | ~is_reported
    contacts["is_delivered"] = np.select(
        [has_person, last["delivered"].notna() | last["bounced"].notna()],
        [True, last["bounced"].isna() | (last["delivered"] > last["bounced"])],
        contacts["outcome"].isin(["delivered", "connected"]),
    )
    contacts["is_opened"] = contacts.index.isin(message[is_opening])
    contacts["is_contacted"] = np.where(
        contacts["is_call"], contacts["outcome"] == "connected", contacts["is_delivered"]
    )
    return contacts


def follow_actions(
    contacts: pd.DataFrame, events: pd.DataFrame, cash: pd.DataFrame, targets: pd.DataFrame
) -> pd.DataFrame:
    """Give the actions that reached a customer, whether answered and whether followed by cash."""
    actions = contacts.loc[
        (contacts["direction"] == "outbound") & contacts["is_contacted"],
        ["contact_id", "customer_id", "channel", "started_at", "date"],
    ].sort_values("started_at")
    answers = contacts[
        (contacts["direction"] == "inbound") & (contacts["is_contacted"] | ~contacts["is_call"])
    ]
    paid = cash.loc[cash["restated"] > 0, ["payment", "clearing", "customer_id", "booked_at"]]
    paid = paid.merge(
        targets[["payment", "clearing", "debtor", "is_gone"]],
        on=["payment", "clearing"],
        how="left",
    )
    paid = paid[~paid["is_gone"].fillna(False).astype(bool)]
    payments = pd.DataFrame(
        {
            "customer_id": paid["debtor"].fillna(paid["customer_id"]),
            "at": paid["booked_at"],
        }
    )
    calls = answers[["customer_id", "started_at"]].rename(columns={"started_at": "at"})
    for name, moments in (("answered", calls), ("paid", payments)):
        actions[name] = pd.merge_asof(
            actions[["customer_id", "started_at"]],
            moments.dropna().sort_values("at").assign(found=lambda rows: rows["at"]),
            left_on="started_at",
            right_on="at",
            by="customer_id",
            direction="forward",
            allow_exact_matches=False,
        )["found"].to_numpy()
    genuine = events[events["by_person"] & events["event"].isin(["clicked", "visited", "replied"])]
    genuine = genuine.merge(actions[["contact_id", "started_at"]], on="contact_id")
    genuine = genuine[genuine["occurred_at"] > genuine["started_at"]]
    replied = actions["contact_id"].map(genuine.groupby("contact_id")["date"].min())
    answered = actions["answered"].dt.normalize()
    first = answered.where(replied.isna() | (answered <= replied), replied)
    actions["is_answered"] = first <= actions["date"] + 7 * DAY
    actions["is_paid"] = actions["paid"].dt.normalize() <= actions["date"] + 30 * DAY
    return actions


def read_sessions(exports: Exports, contacts: pd.DataFrame) -> pd.DataFrame:
    """Give the visits to the portal in which a payment was submitted."""
    rows = exports.newest(
        "payment/portal_sessions",
        ["session_id"],
        ["started_at", "visited_from_contact_id", "submitted_at", "succeeded_at"],
    )
    succeeded = instants(rows["succeeded_at"]).dt.normalize()
    rows["date"] = instants(rows["submitted_at"]).dt.normalize().fillna(succeeded)
    rows["is_failed"] = ~(succeeded <= exports.as_of)
    rows["channel"] = rows["visited_from_contact_id"].map(
        contacts.set_index("contact_id")["channel"].astype("str")
    )
    started = instants(rows["started_at"]).dt.normalize()
    return rows[(started <= exports.as_of) & (rows["date"] <= exports.as_of)]


def read_offers(exports: Exports, contracts: pd.DataFrame) -> pd.DataFrame:
    """Give the offers, with the portfolio of the largest contract, and whether accepted."""
    rows = exports.newest(
        "billing/agreements", ["agreement_id"], ["offered_at", "signed_at", "activated_date"]
    )
    replaced = exports.newest(
        "billing/agreement_contracts", ["agreement_id", "contract_id"], ["replaced_amount"]
    ).merge(contracts, on="contract_id")
    replaced["replaced_amount"] = replaced["replaced_amount"].astype("float64")
    replaced = replaced.sort_values(["replaced_amount", "contract_id"], ascending=[False, True])
    portfolio = replaced.drop_duplicates("agreement_id").set_index("agreement_id")["portfolio"]
    rows["portfolio"] = rows["agreement_id"].map(portfolio)
    rows["date"] = instants(rows["offered_at"]).dt.normalize()
    signed = instants(rows["signed_at"]).dt.normalize()
    activated = pd.to_datetime(rows["activated_date"])
    rows["is_accepted"] = signed.between(rows["date"], exports.as_of) | activated.between(
        rows["date"], exports.as_of
    )
    return rows[rows["date"] <= exports.as_of]


def figures(
    kpi_id: str,
    rows: pd.DataFrame,
    date: str,
    numerator: pd.Series,
    dimension: str | None = None,
    *,
    has_denominator: bool = True,
) -> pd.DataFrame:
    """Sum a KPI by month, in all or by the members of a dimension."""
    member = "all"
    if dimension:
        member = rows[dimension].astype("str").fillna("unknown")
    summed = (
        pd.DataFrame({"month": month(rows[date]), "member": member, "numerator": numerator})
        .groupby(["month", "member"], as_index=False)["numerator"]
        .agg(numerator="sum", denominator="size")
    )
    if not has_denominator:
        summed["denominator"] = pd.NA
    return summed.assign(kpi_id=kpi_id, dimension=dimension or "all", part="all")


def unit_figures(
    kpi_id: str, actions: pd.DataFrame, is_counted: str, dimension: str | None
) -> pd.DataFrame:
    """Count customers, each once in a slice and month."""
    member = actions[dimension].astype("str") if dimension else "all"
    units = (
        actions.assign(month=month(actions["date"]), member=member)
        .groupby(["month", "member", "customer_id"], sort=False)[is_counted]
        .max()
        .groupby(["month", "member"])
        .agg(numerator="sum", denominator="size")
        .reset_index()
    )
    return units.assign(kpi_id=kpi_id, dimension=dimension or "all", part="all")


def main() -> None:
    """Read, compute, write."""
    exports, out = Exports(Path(sys.argv[1])), Path(sys.argv[2])
    into = golden(exports)
    contracts = exports.newest("billing/contracts", ["contract_id"], ["customer_id", "portfolio"])
    contracts["customer_id"] = resolved(contracts["customer_id"], into)
    portfolio = contracts.set_index("contract_id")["portfolio"]
    debtor = contracts.set_index("contract_id")["customer_id"]

    events = read_events(exports)
    contacts = follow_messages(read_contacts(exports, into), events)
    cash = read_cash(exports, into)
    targets = find_targets(exports, cash, contracts).reset_index(drop=True)
    targets["debtor"] = targets["contract_id"].map(debtor)
    booked = cash.loc[cash["is_payment"], ["payment", "clearing", "date"]]
    targets = targets.merge(booked, on=["payment", "clearing"], how="left")
    targets["is_gone"] = mark_gone(exports, targets)
    cash = report_cash(exports, cash, targets)
    actions = follow_actions(contacts, events, cash, targets)
    sessions = read_sessions(exports, contacts)
    offers = read_offers(exports, contracts)

    outbound = contacts[contacts["direction"] == "outbound"]
    calls = outbound[outbound["channel"] == "voice"]
    calls = calls.assign(portfolio=calls["contract_id"].map(portfolio))
    reached = outbound[outbound["is_contacted"]]
    by_machine = reached["actor"].isin(["bot", "automated", "self"])
    sent = outbound[outbound["channel"].isin(MESSAGES) & outbound["is_sent"]]
    delivered = sent[sent["is_delivered"]]
    ones = pd.Series(1, index=calls.index)

    tables = []
    for dimension in (None, "channel"):
        tables += [
            figures("automation_share", reached, "date", by_machine, dimension),
            figures("message_delivery_rate", sent, "sent_date", sent["is_delivered"], dimension),
            figures("message_open_rate", delivered, "sent_date", delivered["is_opened"], dimension),
            figures(
                "payment_attempt_failure_rate", sessions, "date", sessions["is_failed"], dimension
            ),
            unit_figures("response_rate", actions, "is_answered", dimension),
            unit_figures("payment_conversion_rate", actions, "is_paid", dimension),
        ]
    for dimension in (None, "portfolio"):
        tables += [
            figures("outbound_call_volume", calls, "date", ones, dimension, has_denominator=False),
            figures("offer_acceptance_rate", offers, "date", offers["is_accepted"], dimension),
        ]
    for dimension, amount, units in (
        (None, "reported", 1_000_000),
        ("channel", "reported", 1_000_000),
        ("currency", "ours", 100),
    ):
        summed = figures(
            "cash_collected", cash, "date", cash[amount], dimension, has_denominator=False
        )
        summed["numerator"] /= units
        tables.append(summed.replace({"dimension": {"channel": "payment_channel"}}))
    mix = figures("payment_channel_mix", cash, "date", cash["reported"], "paid_channel")
    mix = mix.assign(part=mix["member"], member="all", dimension="all")
    mix["numerator"] /= 1_000_000
    mix["denominator"] = mix.groupby("month")["numerator"].transform("sum")
    tables.append(mix)

    columns = ["kpi_id", "month", "dimension", "member", "part", "numerator", "denominator"]
    pd.concat(tables)[columns].to_csv(out, index=False)


if __name__ == "__main__":
    main()
