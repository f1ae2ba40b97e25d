"""Whom a run tells that it needs them, and what it keeps to itself."""

import pytest
from hand_made_warehouse import make_warehouse
from operating import HOLD, RUN_ID, process

from orchestration.errors import InputError, RefusedError
from orchestration.publication import publish
from orchestration.run_log import log_path
from orchestration.runs import at_work, past_runs

ORPHANS = "update stg_payment__payments set contract_id = 'nobody' where payment_id <= 'P15'"


def test_a_refusal_is_told_without_the_rows(tmp_path, webhook, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_ALERT_COMMAND", f"cat > {tmp_path / 'mail'}")
    home = tmp_path / "home"
    home.mkdir()
    warehouse = make_warehouse(home / "warehouse.duckdb", ORPHANS)
    with pytest.raises(RefusedError) as refused, at_work(home, RUN_ID):
        publish(home, warehouse, RUN_ID)
    assert "payment_id = P1" in str(refused.value)
    (alert,) = webhook
    assert alert["text"] == (tmp_path / "mail").read_text()
    assert (alert["outcome"], alert["home"], alert["run_id"]) == ("refused", "home", RUN_ID)
    assert "few_payments_are_orphans (arrivals, critical): At most" in alert["text"]
    assert str(home / "reports" / RUN_ID / "index.html") in alert["text"]
    assert "nobody" not in alert["text"]
    assert "P1" not in alert["text"]


def test_a_run_that_goes_well_alerts_nobody(tmp_path, webhook):
    with at_work(tmp_path, RUN_ID):
        pass
    assert webhook == []


def test_exports_that_are_late_are_told(tmp_path, webhook):
    with at_work(tmp_path, RUN_ID) as recorder:
        recorder.note(
            release_id="r", problems=("required_kinds_are_fresh (arrivals, warning): Fresh.",)
        )
    (alert,) = webhook
    assert alert["outcome"] == "late"


def test_an_alert_that_cannot_be_sent_fails_no_run(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("orchestration.alerts.RETRY_AFTER_SECONDS", (0.01,))
    monkeypatch.setenv("WAREHOUSE_ALERT_WEBHOOK", "http://user:topsecret@127.0.0.1:9/hook")
    monkeypatch.setenv("WAREHOUSE_ALERT_COMMAND", "exit 7 # topsecret")
    with pytest.raises(ValueError, match="first"), at_work(tmp_path, RUN_ID):
        raise ValueError("first")
    assert len(caplog.records) == 2
    log = log_path(tmp_path, RUN_ID).read_text()
    assert "The alert of WAREHOUSE_ALERT_WEBHOOK could not be sent" in log
    assert "The alert of WAREHOUSE_ALERT_COMMAND could not be sent" in log
    assert "topsecret" not in log + caplog.text


def test_a_run_that_waited_in_vain_is_told(tmp_path, webhook):
    other = process(HOLD, tmp_path)
    with pytest.raises(InputError, match="another run"), at_work(tmp_path, RUN_ID, 0.001):
        pass
    other.communicate("\n")
    (alert,) = webhook
    assert alert["outcome"] == "blocked"
    assert "another run is at work there: run the-other of" in alert["text"]
    assert past_runs(tmp_path) == []
