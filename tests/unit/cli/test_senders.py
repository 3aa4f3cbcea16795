"""`send` and `replay`: what senders say, line by line, and where to go on after a break."""

import json
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.cli.replaying import Pace
from tests.unit.cli.conftest import KEY, FakeApi, Run
from tests.unit.client.answers import refusal

DOOR = "POST /v1/events"


def accepting(request: httpx.Request) -> httpx.Response:
    """Like the door: an event needs an alert_key or to be a CloudEvent; the others are named."""
    events = json.loads(request.content)
    bad = [n for n, event in enumerate(events) if "alert_key" not in event and "specversion" not in event]
    rejected = [
        {
            "position": n,
            "field": f"events[{n}].alert_key",
            "reason": "alert_key is missing",
            "remedy": "name it",
        }
        for n in bad
    ]
    if len(bad) == len(events):
        return refusal(400, "nothing-accepted", rejected=rejected, rejected_count=len(rejected))
    return httpx.Response(
        202, json={"accepted": len(events) - len(bad), "rejected": rejected, "rejected_count": len(bad)}
    )


@pytest.fixture
def replayed(run: Run, api: FakeApi, tmp_path: Path) -> Callable[..., Any]:
    """Replay these lines; what `--json` tells."""
    api.routes[DOOR] = accepting
    file = tmp_path / "events.jsonl"

    def told(*lines: object, more: tuple[str, ...] = ()) -> Any:
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_text("\n".join(texts) + "\n", "utf-8")
        return run("replay", str(file), *more, "--json")

    return told


def test_an_event_is_sent_with_the_key_as_it_was_typed(run: Run, api: FakeApi) -> None:
    api.routes[DOOR] = accepting
    typed = "--service vpn --severity critical --label site=north --annotation runbook=r1 --link https://x.example"
    done = run("send", "vpn/1", "VPN is down", *typed.split(), "--at", "2026-03-01T03:10Z")
    assert (done.code, done.err) == (0, "")
    assert "leitplanke incidents --service vpn" in done.out
    (request,) = api.asked
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(request.content) == [
        {
            "alert_key": "vpn/1",
            "title": "VPN is down",
            "service": "vpn",
            "severity": "critical",
            "labels": {"site": "north"},
            "annotations": {"runbook": "r1"},
            "links": ["https://x.example"],
            "occurred_at": "2026-03-01T03:10:00Z",
        }
    ]


def test_it_is_over_with_the_same_key(run: Run, api: FakeApi) -> None:
    api.routes[DOOR] = accepting
    assert run("send", "vpn/1", "--resolve", "--json").json["accepted"] == 1
    assert api.bodies() == [[{"alert_key": "vpn/1", "action": "resolve"}]]


def test_a_trigger_without_a_title_is_refused_before_anybody_is_asked(run: Run, api: FakeApi) -> None:
    assert run("send", "vpn/1").code == 2
    assert api.asked == []


def test_a_key_that_opens_nothing_is_told_as_such(run: Run, api: FakeApi) -> None:
    api.routes[DOOR] = refusal(401, "unknown-key", detail="no such key", remedy="make one")
    done = run("send", "vpn/1", "VPN is down")
    assert (done.code, KEY in done.err) == (4, False)
    assert "no such key" in done.err


def test_an_event_that_cannot_be_used_is_told_with_the_remedy(run: Run, api: FakeApi) -> None:
    api.routes[DOOR] = refusal(400, "nothing-accepted", detail="severity: no such word", remedy="send error")
    done = run("send", "vpn/1", "x", "--severity", "purple")
    assert done.code == 2
    assert "do this: send error" in done.err


def test_good_lines_are_taken_and_each_bad_one_is_named(replayed: Callable[..., Any], api: FakeApi) -> None:
    done = replayed({"alert_key": "a"}, "no json", {"title": "no key"}, "", [1], {"alert_key": "b"})
    assert done.code == 1
    assert (done.json["done"], done.json["accepted"], done.json["next_line"]) == (True, 2, 7)
    assert [(one["line"], one["field"]) for one in done.json["refused"]] == [
        (2, "line"),
        (5, "line"),
        (3, "alert_key"),
    ]
    assert len(api.asked) == 1


def test_lines_go_out_in_their_order_and_in_bounded_requests(
    replayed: Callable[..., Any], api: FakeApi
) -> None:
    done = replayed(*({"alert_key": str(number)} for number in range(45)))
    assert (done.code, done.json["accepted"]) == (0, 45)
    assert [len(body) for body in api.bodies()] == [20, 20, 5]
    assert [event["alert_key"] for body in api.bodies() for event in body] == [str(n) for n in range(45)]


def test_cloudevents_and_our_own_json_may_be_mixed(replayed: Callable[..., Any], api: FakeApi) -> None:
    cloud = {"specversion": "1.0", "id": "1", "source": "/x", "type": "t"}
    assert replayed({"alert_key": "a"}, cloud, cloud, {"alert_key": "b"}).json["accepted"] == 4
    kinds = [request.headers["content-type"] for request in api.asked]
    assert kinds == ["application/json", "application/cloudevents-batch+json", "application/json"]


def test_only_bad_lines_are_named_one_by_one_as_well(replayed: Callable[..., Any]) -> None:
    done = replayed({"title": "x"}, {"title": "y"})
    assert [one["line"] for one in done.json["refused"]] == [1, 2]


def test_a_request_that_is_refused_as_a_whole_does_not_cost_its_good_lines(
    replayed: Callable[..., Any], api: FakeApi
) -> None:
    def too_large(request: httpx.Request) -> httpx.Response:
        if b"huge" in request.content:
            return refusal(413, "too-large", detail="the body is too large", remedy="send less")
        return accepting(request)

    api.routes[DOOR] = too_large
    done = replayed({"alert_key": "a"}, {"alert_key": "huge"}, {"alert_key": "b"})
    assert done.json["accepted"] == 2
    assert [(one["line"], one["reason"]) for one in done.json["refused"]] == [(2, "the body is too large")]


def test_what_breaks_off_says_where_to_go_on_and_goes_on_there(
    replayed: Callable[..., Any], api: FakeApi
) -> None:
    down = refusal(503, "unavailable", detail="SQS is away")
    api.routes[DOOR] = [accepting, down]
    lines = [{"alert_key": str(number)} for number in range(45)]
    done = replayed(*lines)
    assert done.code == 7
    assert (done.json["done"], done.json["accepted"], done.json["next_line"]) == (False, 20, 21)
    fault = json.loads(done.err)
    assert fault["error"] == "broke off before line 21: SQS is away (503)"
    assert fault["line"].endswith("events.jsonl --from-line 21")

    api.routes[DOOR] = accepting
    api.asked.clear()
    again = replayed(*lines, more=("--from-line", "21"))
    assert (again.code, again.json["accepted"]) == (0, 25)
    assert api.bodies()[0][0] == {"alert_key": "20"}


def test_ctrl_c_says_where_to_go_on(run: Run, api: FakeApi, tmp_path: Path) -> None:
    def interrupted(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    file = tmp_path / "events.jsonl"
    file.write_text('{"alert_key": "a"}\n' * 30)
    api.routes[DOOR] = [accepting, interrupted]
    done = run("replay", str(file))
    assert done.code == 130
    assert f"Go on with: leitplanke replay {file} --from-line 21" in done.err
    assert "20 events taken" in done.out


def test_it_may_be_told_as_if_it_happened_now(replayed: Callable[..., Any], api: FakeApi) -> None:
    replayed({"alert_key": "a", "occurred_at": "2025-01-01T00:00:00Z"}, more=("--now",))
    assert api.bodies() == [[{"alert_key": "a"}]]


def test_a_file_that_there_is_not_is_told_before_anything_else(run: Run, api: FakeApi) -> None:
    done = run("replay", "no-such-file")
    assert (done.code, done.out) == (2, "")
    assert "no-such-file cannot be read: No such file" in done.err


def test_what_people_see_names_lines_on_standard_error(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.routes[DOOR] = accepting
    file = tmp_path / "events.jsonl"
    file.write_text('{"alert_key": "a"}\n{"title": "x"}\n')
    done = run("replay", str(file))
    assert re.fullmatch(r"1 event taken, 1 line refused, in [\d.]+ s \([\d,]+/s\)\n", done.out)
    assert done.err == "line 2: alert_key: alert_key is missing; name it\n"


@pytest.mark.parametrize(
    "odd",
    [b'{"alert_key": "caf\xe9"}', b'{"alert_key": "\\ud800"}', b'{"value": NaN}', b"[" * 10_000],
    ids=["Latin-1", "half a character", "NaN", "too deep"],
)
def test_of_odd_lines_the_neighbours_are_taken(run: Run, api: FakeApi, tmp_path: Path, odd: bytes) -> None:
    api.routes[DOOR] = accepting
    file = tmp_path / "events.jsonl"
    file.write_bytes(b'{"alert_key": "a"}\n' + odd + b'\n{"alert_key": "b"}\n')
    done = run("replay", str(file), "--json")
    assert (done.code, done.json["accepted"], done.json["next_line"]) == (1, 2, 4)
    assert [one["line"] for one in done.json["refused"]] == [2]
    assert "UTF-8" in done.json["refused"][0]["reason"]


def test_a_pipe_is_read_once(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.routes[DOOR] = accepting
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as writer:
        writing = writer.submit(pipe.write_text, '{"alert_key": "a"}\n{"alert_key": "b"}\n')
        done = run("replay", str(pipe), "--json")
        writing.result(timeout=10)
    assert (done.code, done.json["accepted"]) == (0, 2)


def test_whatever_stops_it_says_where_to_go_on(
    run: Run, api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        if len(api.asked) > 1:
            raise RuntimeError("no more")
        return accepting(request)

    api.routes[DOOR] = broken
    file = tmp_path / "events.jsonl"
    file.write_text('{"alert_key": "a"}\n' * 30)
    done = run("replay", str(file))
    assert done.code == 1
    assert done.out.startswith("20 events taken")
    assert f"leitplanke replay {file} --from-line 21" in done.err


def test_a_rate_holds_back_and_is_not_made_up_for_after_a_pause() -> None:
    now = [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(10, clock=lambda: now[0], sleep=sleep)
    for _ in range(3):
        pace.wait_for(20)
    assert slept == [2.0, 2.0]
    now[0] += 60
    for _ in range(2):
        pace.wait_for(20)
    assert slept == [2.0, 2.0, 2.0]
