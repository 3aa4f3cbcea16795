import json
import logging
from io import StringIO

import pytest

from leitplanke.edge.logs import count, logger
from tests.unit.edge.corpus import CORPUS, SENTENCES


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


@pytest.mark.parametrize("sentence", SENTENCES)
def test_our_lines_are_redacted_message_facts_and_traceback(
    sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = logger(f"test of {sentence}", "DEBUG")
    try:
        raise ValueError(sentence)
    except ValueError as error:
        log.debug("%s", sentence, extra={"reason": sentence, sentence: [sentence]}, exc_info=error)
        log.info({"said": sentence})
    said = capsys.readouterr().out
    assert [one for one in CORPUS if one in said] == []
    first, second = said.splitlines()
    assert json.loads(first)["exception_name"] == "ValueError"
    assert "test_logs.py" in json.loads(first)["exception"]
    assert "said" in json.loads(second)["message"]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_libraries_log_is_redacted_whoever_writes_it(sentence: str) -> None:
    written = StringIO()
    handler = logging.StreamHandler(written)
    library = logging.getLogger("a.library")
    library.addHandler(handler)
    try:
        try:
            raise ValueError(sentence)
        except ValueError as error:
            library.warning("retrying %s after %r", sentence, error, exc_info=True)
            library.error(error)
    finally:
        library.removeHandler(handler)
    assert "retrying" in written.getvalue()
    assert "Traceback" in written.getvalue()
    assert [one for one in CORPUS if one in written.getvalue()] == []
