"""The fuzzer's own parts, without the fuzzer: bytes become requests, seeds are good."""

import json

import pytest

from tests.fuzz.__main__ import _dictionary_line, _told
from tests.fuzz.inputs import RAW, request_of, seeds, words
from tests.hostile.cloud import Cloud, plugged_in
from tests.hostile.doors import doors
from tests.hostile.senders import SENDERS, Sender
from tests.model.engine import TableEngine


class Zeros:
    """A provider that has run out of bytes."""

    def __init__(self, _: bytes) -> None: ...

    def ConsumeIntInRange(self, low: int, _high: int) -> int:  # noqa: N802
        return low

    def ConsumeInt(self, _: int) -> int:  # noqa: N802
        return 0

    def ConsumeFloat(self) -> float:  # noqa: N802
        return 0.0

    def ConsumeUnicode(self, _: int) -> str:  # noqa: N802
        return ""

    def ConsumeBytes(self, _: int) -> bytes:  # noqa: N802
        return b""


@pytest.mark.parametrize("sender", SENDERS, ids=str)
def test_a_run_begins_with_requests_that_the_door_takes(
    sender: Sender, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(door.path for door in doors() if door.sender == sender)
    with plugged_in(TableEngine()) as cloud:
        taken = [_accepted(cloud, seed, sender, path) for seed in seeds(sender) if seed[0] == RAW]
    assert taken
    assert all(taken)


def _accepted(cloud: Cloud, seed: bytes, sender: Sender, path: str) -> bool:
    return cloud.ask(request_of(seed, sender, path, Zeros)).accepted


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x01", b"\x02", b"\xff"])
def test_any_bytes_are_some_request(data: bytes) -> None:
    for sender in SENDERS:
        assert request_of(data, sender, "/v1/events", Zeros)["body"] is not None


def test_words_of_a_protocol_are_written_as_the_fuzzer_reads_them() -> None:
    assert '"dedup_key":' in words(next(one for one in SENDERS if one.name == "pagerduty"))
    assert _dictionary_line('"a\\ü') == '"\\x22a\\x5c\\xc3\\xbc"'
    assert json.dumps("x") == '"x"'


def test_what_the_fuzzer_printed_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run")
    (folder / "log").write_text(
        "#2\tINITED cov: 10 ft: 11 corp: 1/1b\n#900\tNEW    cov: 25 ft: 30 corp: 2/2b\n"
        " === Uncaught Python exception: ===\nBroken: status 500\n"
        "Test unit written to /x/pagerduty-crash-1\n"
    )
    run = _told(SENDERS[0], 77, folder)
    assert (run.inputs, run.covered, str(run.finding)) == (900, (10, 25), "/x/pagerduty-crash-1")
    assert run.said == "Broken: status 500"


def test_a_process_that_dies_without_a_word_is_a_finding(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run")
    (folder / "log").write_text("no module named atheris\n")
    assert _told(SENDERS[0], 1, folder).finding == folder / "log"
