"""Work and memory stay in proportion to what was sent, whatever it is."""

import json
import subprocess
import sys
import tracemalloc

import pytest

from infra.packaging.functions import ROOT
from leitplanke.domain.signatures import normalise
from leitplanke.wire.intake import MAX_ITEMS
from tests.hostile.body_attacks import BODY_ATTACKS
from tests.hostile.cloud import Answered, Cloud
from tests.hostile.judging import MAX_WRITES, faults_of
from tests.hostile.requests import request
from tests.hostile.senders import ALERTMANAGER, CLOUDEVENTS_BATCH, JSON, PAGERDUTY, PROMETHEUS, Sender

MEGABYTE = 1_000_000
SENT = 250_000
"""Bytes, about: enough for what grows with them to show."""
_COSTLY = {
    "empty lists": lambda sender: json.dumps(sender.wrap([[]] * (SENT // 4))).encode(),
    "objects of one number": lambda sender: json.dumps(sender.wrap([{"": 0}] * (SENT // 9))).encode(),
    "a text of emoji": lambda sender: sender.body([sender.changed("title", "\U0001f6a8" * (SENT // 12))]),
    "a text of lone surrogates": lambda sender: sender.body(
        [sender.changed("title", "\ud800" * (SENT // 6))]
    ),
    "a text of controls": lambda sender: sender.body([sender.changed("title", "\x01" * (SENT // 6))]),
    "a text of backslashes": lambda sender: sender.body([sender.changed("title", "\\" * (SENT // 2))]),
    "numbers": lambda sender: sender.body([sender.changed("annotations", {"a": [1e15] * (SENT // 22)})]),
    "labels": lambda sender: sender.body(
        [sender.changed("annotations", {f"{number:07}": "x" for number in range(SENT // 16)})]
    ),
    "brackets": lambda _: b"[" * SENT,
}
MEMORY_PER_BYTE = 100
"""A list of empty lists costs 64 bytes for each three sent; a gateway's base64 and our copies come on top."""
MEMORY_BASE = 2 * MEGABYTE


@pytest.mark.parametrize("name", _COSTLY)
@pytest.mark.parametrize("sender", [PROMETHEUS, ALERTMANAGER, PAGERDUTY, JSON, CLOUDEVENTS_BATCH], ids=str)
def test_memory_stays_in_proportion_to_the_body(cloud: Cloud, sender: Sender, name: str) -> None:
    body = _COSTLY[name](sender)
    event = request(f"/v1/events/{sender.wire}", body, sender.headers)
    answer, peak = _peak(cloud, event)
    assert faults_of(answer, sender) == []
    assert peak < MEMORY_BASE + MEMORY_PER_BYTE * len(body)


def test_a_bomb_never_takes_more_than_the_limit_for_bodies(cloud: Cloud) -> None:
    bomb = next(attack for attack in BODY_ATTACKS if attack.name == "bomb")
    event = request("/v1/events", bomb.body(JSON), bomb.headers)
    answer, peak = _peak(cloud, event)
    assert answer.status == 413
    assert peak < 25 * MEGABYTE


def _peak(cloud: Cloud, event: dict[str, object]) -> tuple[Answered, int]:
    """The answer, and the most memory that it took beyond what was there before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        answer = cloud.ask(event)
        return answer, tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("sender", [PROMETHEUS, JSON], ids=str)
def test_ten_thousand_bad_items_are_all_kept_in_few_writes(cloud: Cloud, sender: Sender) -> None:
    bad = {"labels": {"x": {"deep": ["y" * 200] * 2}}}
    body = json.dumps([bad] * MAX_ITEMS).encode()
    answer = cloud.ask(request(f"/v1/events/{sender.wire}", body, sender.headers))
    assert faults_of(answer, sender) == []
    assert [item["position"] for item in answer.refused] == list(range(MAX_ITEMS))
    assert answer.writes <= MAX_WRITES


def test_a_few_bad_items_keep_a_long_excerpt(cloud: Cloud) -> None:
    bad = {"labels": {"x": {"deep": "y" * 5_000}}}
    answer = cloud.ask(request("/v1/events", json.dumps([bad] * 10).encode()))
    assert {len(item["excerpt"]) for item in answer.refused} == {2_000}


_SLOW = (
    "a-",
    "a.",
    "1.",
    "1:",
    "1 ",
    "1,",
    "a1-1",
    "0a1b",
    "::1",
    ".@",
    "jan 1 ",
    "1:2:3 ",
    "a.a-",
    "//",
    ">-1",
    "ⅷ.",
)


def test_no_symptom_keeps_the_signatures_rules_busy_for_ever() -> None:
    """In a process of its own: a rule that backtracks without end would hang the tests."""
    done = subprocess.run(
        [sys.executable, "-c", _NORMALISE_ALL, *_SLOW],
        cwd=ROOT,
        env={"PYTHONPATH": "shared"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == [str(len(normalise((part * 1_024)[:1_024]))) for part in _SLOW]


_NORMALISE_ALL = """
import sys
from leitplanke.domain.signatures import normalise
for part in sys.argv[1:]:
    print(len(normalise((part * 1_024)[:1_024])))
"""
