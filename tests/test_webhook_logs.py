"""The connectors of SendGrid, WhatsApp and Twilio: what their logs become."""

import json
from collections import Counter
from pathlib import Path

import pytest
from loading import load_all, rows

from orchestration.ingestion.sources import load_source

SOURCES = Path(__file__).resolve().parents[1] / "sources"
CONTACTS = (
    "select contact_id, channel, direction, outcome, started_at from raw.contact_contacts"
    " order by row_number, file_name"
)
EVENTS = (
    "select contact_id, event, occurred_at, is_machine from raw.contact_contact_events"
    " order by row_number, file_name"
)
REJECTED = "select kind, row_number, reason from raw.rejected_rows order by all"


@pytest.fixture
def load_log(warehouse, write_exports, monkeypatch):
    """Load files by a connector; return the contacts, the events and the rejected rows."""
    monkeypatch.setenv("WAREHOUSE_SECRET", "a secret of 32 characters or more")

    def load(system, files):
        exports = write_exports({f"{system}/{name}": text for name, text in files.items()})
        loaded = load_all(warehouse, exports, [load_source(SOURCES / f"{system}.yml")])
        for file in loaded:
            assert file.rows_in == file.rows_loaded + file.rows_rejected
        return rows(warehouse, CONTACTS), rows(warehouse, EVENTS), rows(warehouse, REJECTED)

    return load


def lines(*values):
    return "".join(json.dumps(value) + "\n" for value in values)


def mail_event(event, seconds=0, **more):
    return {
        "email": "ana@example.com",
        "timestamp": 1706745600 + seconds,
        "event": event,
        "sg_message_id": "m1.filter0001.0",
        "sg_event_id": f"e{seconds}",
        **more,
    }


def test_mail_events_become_contacts_and_events(load_log, warehouse):
    posted = [
        [mail_event("processed", category=["dunning", "br"]), mail_event("deferred", 1)],
        [mail_event("delivered", 2), mail_event("open", 3, sg_machine_open=True)],
        mail_event("open", 4, sg_machine_open=False),
        mail_event("click", 5),
        mail_event("bounce", 6, type="blocked"),
        mail_event("bounce", 7, type="bounce"),
        mail_event("spamreport", 8),
        mail_event("group_unsubscribe", 9, asm_group_id=1),
        mail_event("exploded", 10),
        mail_event("dropped", 11, sg_message_id="m2.filter0001.0", category="dunning"),
    ]
    message = "m1.filter0001.0"
    assert load_log("sendgrid", {"2024-01-31.jsonl": lines(*posted)}) == (
        [
            (message, "email", "outbound", None, "2024-02-01 00:00:00+00"),
            ("m2.filter0001.0", "email", "outbound", "failed", "2024-02-01 00:00:11+00"),
        ],
        [
            (message, "sent", "2024-02-01 00:00:00+00", None),
            (message, "delivered", "2024-02-01 00:00:02+00", None),
            (message, "opened", "2024-02-01 00:00:03+00", "true"),
            (message, "opened", "2024-02-01 00:00:04+00", "false"),
            (message, "clicked", "2024-02-01 00:00:05+00", None),
            (message, "bounced", "2024-02-01 00:00:07+00", None),
            (message, "opted_out", "2024-02-01 00:00:08+00", None),
            (message, "opted_out", "2024-02-01 00:00:09+00", None),
        ],
        [
            ("contact_events", 11, "its where cannot tell whether the row is of"
             " contact.contact_events"),
            ("contacts", 11, "its where cannot tell whether the row is of contact.contacts"),
        ],
    )  # fmt: skip
    assert rows(warehouse, "select distinct campaign from raw.contact_contacts") == [("dunning",)]
    assert rows(
        warehouse,
        "select count(distinct customer_id), max(length(customer_id)),"
        " bool_and(customer_id = contact_point_id) from raw.contact_contacts",
    ) == [(1, 32, True)]


def posted_by_whatsapp(**lists):
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}, **lists}
    return {"object": "x", "entry": [{"id": "5", "changes": [{"value": value, "field": "f"}]}]}


def status(of_message, to, seconds):
    return {
        "id": of_message,
        "status": to,
        "timestamp": str(1706745600 + seconds),
        "recipient_id": "5511987654321",
    }


def test_whatsapp_bodies_become_contacts_and_events(load_log, warehouse):
    call = {
        "id": "wacid.1",
        "event": "terminate",
        "from": "551130001000",
        "to": "5511987654321",
        "direction": "BUSINESS_INITIATED",
        "timestamp": "1706745720",
        "start_time": "1706745660",
        "status": "COMPLETED",
        "duration": 60,
    }
    answer = {
        "id": "wamid.9",
        "from": "5511987654321",
        "timestamp": "1706745700",
        "type": "text",
        "text": {"body": "I paid yesterday"},
        "context": {"id": "wamid.1", "from": "551130001000"},
    }
    bodies = [
        posted_by_whatsapp(statuses=[status("wamid.1", "sent", 0)]),
        posted_by_whatsapp(
            statuses=[status("wamid.1", "delivered", 1), status("wamid.1", "read", 2)]
        ),
        posted_by_whatsapp(statuses=[status("wamid.2", "failed", 3)]),
        posted_by_whatsapp(messages=[answer, {**answer, "id": "wamid.10", "type": "reaction"}]),
        posted_by_whatsapp(calls=[{**call, "event": "connect", "status": None}, call]),
        posted_by_whatsapp(statuses=[{**status("wacid.1", "RINGING", 4), "type": "call"}]),
        posted_by_whatsapp(statuses=[status("wamid.1", "evaporated", 5)]),
        posted_by_whatsapp(event="APPROVED"),
    ]
    contacts, events, rejected = load_log("whatsapp", {"2024-01-31.jsonl": lines(*bodies)})
    assert contacts == [
        ("wamid.1", "whatsapp", "outbound", None, "2024-02-01 00:00:00+00"),
        ("wamid.2", "whatsapp", "outbound", "failed", "2024-02-01 00:00:03+00"),
        ("wamid.9", "whatsapp", "inbound", "delivered", "2024-02-01 00:01:40+00"),
        ("wacid.1", "voice", "outbound", "connected", "2024-02-01 00:01:00+00"),
    ]
    assert events == [
        ("wamid.1", "sent", "2024-02-01 00:00:00+00", None),
        ("wamid.1", "delivered", "2024-02-01 00:00:01+00", None),
        ("wamid.1", "opened", "2024-02-01 00:00:02+00", None),
        ("wamid.1", "replied", "2024-02-01 00:01:40+00", None),
    ]
    assert Counter((kind, row_number) for kind, row_number, _ in rejected) == {
        ("contacts", 10): 1,
        ("contact_events", 10): 1,
        ("contacts", 11): 1,
        ("contact_events", 11): 1,
    }
    query = "select count(distinct customer_id), max(duration_seconds) from raw.contact_contacts"
    assert rows(warehouse, query) == [(1, "60")]


def call_of_twilio(sid, status, **more):
    return {
        "sid": sid,
        "status": status,
        "date_created": "Wed, 31 Jan 2024 23:59:58 +0000",
        "date_updated": "Thu, 01 Feb 2024 00:01:00 +0000",
        "start_time": "Thu, 01 Feb 2024 00:00:00 +0000",
        "from": "+551130001000",
        "to": "+5511987654321",
        "direction": "outbound-api",
        "duration": "15",
        "answered_by": None,
        "parent_call_sid": None,
        **more,
    }


def test_twilio_lists_and_callbacks_become_contacts_and_events(load_log, warehouse):
    calls = [
        call_of_twilio("CA1", "completed"),
        call_of_twilio("CA2", "completed", answered_by="machine_end_beep"),
        call_of_twilio("CA3", "busy", start_time=None, duration=None),
        call_of_twilio("CA4", "no-answer"),
        call_of_twilio("CA5", "completed", parent_call_sid="CA1", direction="outbound-dial"),
        call_of_twilio("CA6", "in-progress"),
        call_of_twilio("CA7", "teleported"),
        {
            **call_of_twilio("CA8", "completed", direction="inbound"),
            "from": "+5511987654321",
            "to": "+551130001000",
        },
    ]
    message = {
        "sid": "SM1",
        "status": "delivered",
        "date_created": "Thu, 01 Feb 2024 00:02:00 +0000",
        "date_sent": "Thu, 01 Feb 2024 00:02:01 +0000",
        "date_updated": "Thu, 01 Feb 2024 00:02:05 +0000",
        "from": "whatsapp:+551130001000",
        "to": "whatsapp:+5511987654321",
        "direction": "outbound-api",
        "error_code": None,
        "body": "Call us on (11) 3000-1000",
    }
    messages = [
        message,
        {
            **message,
            "sid": "SM2",
            "status": "undelivered",
            "error_code": 30005,
            "from": "+551130001000",
            "to": "+5511987654321",
        },
        {**message, "sid": "SM3", "status": "queued"},
    ]
    callbacks = [
        {"MessageSid": "SM1", "MessageStatus": "sent", "received_at": "2024-02-01T00:02:02Z"},
        {"MessageSid": "SM1", "MessageStatus": "read", "received_at": "2024-02-01T00:03:00Z"},
        {
            "MessageSid": "SM2",
            "MessageStatus": "undelivered",
            "ErrorCode": "30005",
            "received_at": "2024-02-01T00:03:01Z",
        },
        {
            "MessageSid": "SM4",
            "MessageStatus": "undelivered",
            "ErrorCode": "30003",
            "received_at": "2024-02-01T00:03:02Z",
        },
    ]
    contacts, events, rejected = load_log(
        "twilio",
        {
            "calls_2024-01-31.json": json.dumps({"calls": calls, "page": 0}),
            "messages_2024-01-31.json": json.dumps({"page": 0, "messages": messages}),
            "callbacks_2024-01-31.jsonl": lines(*callbacks),
        },
    )
    started = "2024-02-01 00:00:00+00"
    assert sorted(contacts) == [
        ("CA1", "voice", "outbound", "connected", started),
        ("CA2", "voice", "outbound", "voicemail", started),
        ("CA3", "voice", "outbound", "busy", "2024-01-31 23:59:58+00"),
        ("CA4", "voice", "outbound", "no_answer", started),
        ("CA8", "voice", "inbound", "connected", started),
        ("SM1", "whatsapp", "outbound", "delivered", "2024-02-01 00:02:01+00"),
        ("SM2", "sms", "outbound", "bounced", "2024-02-01 00:02:01+00"),
    ]
    assert events == [
        ("SM1", "sent", "2024-02-01T00:02:02Z", None),
        ("SM1", "opened", "2024-02-01T00:03:00Z", None),
        ("SM2", "bounced", "2024-02-01T00:03:01Z", None),
    ]
    assert [(kind, row_number) for kind, row_number, _ in rejected] == [("contacts", 7)]
    # the same telephone, however it is written and whoever called
    assert rows(warehouse, "select count(distinct customer_id) from raw.contact_contacts") == [(1,)]


def test_the_examples_of_sendgrid_hold_what_they_show(load_log, shared_data):
    examples = (shared_data / "webhooks/sendgrid_event_webhook.json").read_text("utf-8")
    contacts, events, rejected = load_log(
        "sendgrid", {"2017-12-15.jsonl": lines(json.loads(examples))}
    )
    message = "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0"
    at = "2017-12-15 00:59:29+00"
    assert contacts == [
        (message, "email", "outbound", None, at),
        (message, "email", "outbound", "failed", at),
    ]
    assert events == [
        (message, event, at, "false" if event == "opened" else None)
        for event in ("sent", "delivered", "bounced", "opened", "clicked", *["opted_out"] * 3)
    ]
    assert rejected == []


def test_the_examples_of_whatsapp_hold_what_they_show(load_log, shared_data):
    bodies = [
        body
        for name in ("message_status", "call_terminate")
        for body in json.loads(
            (shared_data / f"webhooks/whatsapp_cloud_{name}.json").read_text("utf-8")
        ).values()
    ]
    contacts, events, rejected = load_log("whatsapp", {"2023-10-25.jsonl": lines(*bodies)})
    sent_at, later = "2023-10-25 20:49:05+00", "2023-07-15 00:20:58+00"
    assert contacts == [
        ("wamid.xyzxyz", "whatsapp", "outbound", None, sent_at),
        ("wamid.xyzxyz", "whatsapp", "outbound", "failed", later),
        ("wamid.xyzxyz", "whatsapp", "outbound", None, sent_at),
        (
            "wacid.ABGGFjFVU2AfAgo6V-Hc5eCgK5Gh",
            "voice",
            "outbound",
            "connected",
            "2022-12-21 17:47:04+00",
        ),
    ]
    assert events == [
        ("wamid.xyzxyz", "sent", sent_at, None),
        ("wamid.xyzxyz", "delivered", sent_at, None),
        ("wamid.xyzxyz", "opened", later, None),
        ("wamid.xyzxyz", "sent", sent_at, None),
    ]
    assert rejected == []
