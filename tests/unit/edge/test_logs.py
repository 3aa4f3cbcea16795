import json

import pytest

from leitplanke.edge.logs import count, logger


def test_a_log_line_is_json_with_its_function_and_a_utc_time(capsys: pytest.CaptureFixture[str]) -> None:
    log = logger("test_a_log_line")
    log.info("stored", extra={"events": 3})
    line = json.loads(capsys.readouterr().out)
    assert line["service"] == "test_a_log_line"
    assert line["message"] == "stored"
    assert line["events"] == 3
    assert line["timestamp"].endswith("+00:00")


def test_counts_become_one_metric_line_without_zeros(capsys: pytest.CaptureFixture[str]) -> None:
    count("receive_events", {"EventsReceived": 256, "ItemsRejected": 0})
    line = json.loads(capsys.readouterr().out)
    assert line["service"] == "receive_events"
    assert line["EventsReceived"] == [256.0]
    assert "ItemsRejected" not in line
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Leitplanke"


def test_nothing_counted_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    count("receive_events", {"EventsReceived": 0})
    assert capsys.readouterr().out == ""
