"""Ten KPIs by month in pandas.

    python pandas_kpis.py EXPORTS FIGURES.csv

Money is kept in whole cents, instants in the business time zone, without their zone.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

ZONE = "America/Sao_Paulo"
DAY = pd.Timedelta(days=1)
MESSAGES = ["email", "sms", "whatsapp"]
UNDOING = ["reversed", "charged_back", "refunded"]
LAST = pd.Timestamp("2200-01-01")


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


def month(dates: pd.Series) -> pd.Series:
    """Give the first day of the months dates lie in."""
    return dates.dt.to_period("M").dt.start_time


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
    of_instalment = paid["instalment_id"].map(
        instalments.set_index("instalment_id")["contract_id"]
    )
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


def follow_actions(
    contacts: pd.DataFrame, events: pd.DataFrame, cash: pd.DataFrame, targets: pd.DataFrame
) -> pd.DataFrame:
    """Give the actions that reached a customer: were they answered, were they followed by cash?"""
    actions = contacts.loc[
        (contacts["direction"] == "outbound") & contacts["is_contacted"],
        ["contact_id", "customer_id", "channel", "started_at", "date"],
    ].sort_values("started_at")
    answers = contacts[
        (contacts["direction"] == "inbound") & (contacts["is_contacted"] | ~contacts["is_call"])
    ]
    paid = cash.loc[cash["restated"] > 0, ["payment", "clearing", "customer_id", "booked_at"]]
    paid = paid.merge(
        targets[["payment", "clearing", "debtor", "is_gone"]], on=["payment", "clearing"], how="left"
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
        moments = moments.dropna().sort_values("at").assign(found=lambda rows: rows["at"])
        actions[name] = pd.merge_asof(
            actions[["customer_id", "started_at"]],
            moments,
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
