"""Requests that are hostile around their body: keys, headers, paths, encodings."""

import base64
import json
from typing import Any

import pytest

from tests.hostile.cloud import KEY, Cloud
from tests.hostile.judging import faults_of
from tests.hostile.requests import request
from tests.hostile.senders import CLOUDEVENTS_BINARY, JSON, PAGERDUTY, PROMETHEUS

OTHER = "Zx9pQ2vB7nM4tL8sW3yZ6cF1gH5jD0aE"
GOOD = PROMETHEUS.body([PROMETHEUS.good(1)])


def test_with_five_keys_at_once_the_first_place_counts(cloud: Cloud) -> None:
    body = json.dumps({**PAGERDUTY.good(1), "routing_key": OTHER}).encode()
    event = request(
        f"/i/{KEY}/v2/enqueue",
        body,
        {"authorization": f"Bearer {OTHER}", "x-routing-key": OTHER},
        queryStringParameters={"access_token": OTHER},
    )
    assert cloud.ask(event).status == 202
    event["rawPath"] = f"/i/{OTHER}/v2/enqueue"
    event["headers"]["authorization"] = f"Bearer {KEY}"
    assert json.loads(cloud.ask(event).body)["errors"] == ["Invalid routing key"]


@pytest.mark.parametrize(
    "key",
    [
        f"{KEY},{KEY}",
        f"{KEY} {KEY}",
        "",
        " ",
        "\0" * 32,
        "é" * 32,
        "\U0001f6a8" * 32,
        "k" * 9_000,
        "..%2f" * 6 + "ab",
        "{key}",
        "*" * 32,
        KEY.lower(),
    ],
)
@pytest.mark.parametrize("place", ["authorization", "x-routing-key", "query", "basic", "body"])
def test_what_is_no_key_opens_nothing_and_leaves_nothing(cloud: Cloud, place: str, key: str) -> None:
    headers: dict[str, str] = {"authorization": ""}
    more: dict[str, Any] = {}
    item = {**PAGERDUTY.good(1), "routing_key": ""}
    match place:
        case "authorization":
            headers["authorization"] = f"Bearer {key}"
        case "basic":
            headers["authorization"] = f"Basic {base64.b64encode(f'x:{key}'.encode()).decode()}"
        case "query":
            more["queryStringParameters"] = {"access_token": key}
        case "body":
            item["routing_key"] = key
        case _:
            headers[place] = key
    answer = cloud.ask(request("/v2/enqueue", json.dumps(item).encode(), headers, **more))
    assert answer.status == 400
    assert PAGERDUTY.faults_of_error(answer) == []
    assert (answer.messages, answer.writes) == ([], 0)


@pytest.mark.parametrize(
    "value", ["Basic %%%", "Basic /w==", "Bearer", "Bearer  ", "Digest x", "\0", "é" * 99]
)
def test_an_authorization_without_sense_is_no_key(cloud: Cloud, value: str) -> None:
    answer = cloud.ask(request("/api/v2/alerts", GOOD, {"authorization": value}))
    assert (answer.status, answer.messages) == (401, [])
    assert PROMETHEUS.faults_of_error(answer) == []


@pytest.mark.parametrize(
    "tail",
    [
        "/../v1/events",
        "/v1/../v1/events",
        "//v1/events",
        "/v1//events",
        "/v1/events/%6Ason",
        "/v1/events/%2e%2e/json",
        "/v1/events%00",
        "/v1/events\0",
        "/v1/events/json/x",
        "/v1/events?x",
        f"/i/{KEY}/v1/events",
        "/V1/EVENTS",
        "/v1/incidents",
        "",
        "/",
        "/v1/events/" + "x" * 9_000,
        "/v1/events/<script>",
    ],
)
def test_tricks_in_the_path_lead_nowhere(cloud: Cloud, tail: str) -> None:
    answer = cloud.ask(request(f"/i/{KEY}{tail}", JSON.body([JSON.good(1)])))
    assert (answer.status, answer.messages, answer.writes) == (404, [], 0)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.body) < 2_000


@pytest.mark.parametrize("body", ["%%%", "abc", "e30=\0", "é", "=" * 10_000, "e3 0="])
def test_what_is_called_base64_and_is_not_is_refused(cloud: Cloud, body: str) -> None:
    answer = cloud.ask(request("/v1/events", b"") | {"body": body})
    assert (answer.status, answer.messages) == (400, [])
    assert json.loads(answer.body)["field"] == "body"


def test_a_flood_of_headers_is_carried(cloud: Cloud) -> None:
    flood = {f"x-{number}": "y" * 100 for number in range(5_000)}
    answer = cloud.ask(request("/api/v2/alerts", GOOD, flood))
    assert (answer.status, len(answer.events)) == (200, 1)


def test_a_flood_of_attributes_in_headers_is_cut_and_said_so(cloud: Cloud) -> None:
    sender = CLOUDEVENTS_BINARY
    flood = {f"ce-x{number}": "%ff%00%e2%80%ae" * 50 for number in range(5_000)}
    answer = cloud.ask(request("/v1/events", sender.body([sender.good(1)]), {**sender.headers, **flood}))
    assert faults_of(answer, sender) == []
    (event,) = answer.events
    assert len(event.labels) <= 64
    assert "truncated" in event.flags


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json, text/plain",
        "application/json; charset=utf-7",
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        ";;;",
        "a/" + "b" * 9_000,
        "\0",
    ],
)
def test_our_own_json_is_read_whatever_it_is_called(cloud: Cloud, content_type: str) -> None:
    answer = cloud.ask(request("/v1/events", JSON.body([JSON.good(1)]), {"content-type": content_type}))
    assert (answer.status, len(answer.events)) == (202, 1)


@pytest.mark.parametrize("origin", ["evil.example\r\nx-evil: 1", "\0", "é.example", "x" * 9_000, ""])
def test_the_handshake_never_repeats_what_no_header_can_hold(cloud: Cloud, origin: str) -> None:
    answer = cloud.ask(request("/v1/events", b"", {"webhook-request-origin": origin}, method="OPTIONS"))
    assert answer.status == 200
    assert all(value.isprintable() and value.isascii() for value in answer.headers.values())
    assert (answer.messages, answer.writes) == ([], 0)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "TRACE", "post", ""])
def test_other_methods_do_nothing(cloud: Cloud, method: str) -> None:
    answer = cloud.ask(request(f"/i/{KEY}/api/v2/alerts", GOOD, method=method))
    assert (answer.status, answer.messages, answer.writes) == (405, [], 0)


@pytest.mark.parametrize("position", range(1_960, 2_001, 4))
def test_a_key_is_kept_nowhere_not_even_where_an_excerpt_ends(cloud: Cloud, position: int) -> None:
    body = b"x" * position + KEY.encode() * 2
    answer = cloud.ask(request("/v1/events", body))
    (item,) = answer.refused
    assert KEY[:8] not in json.dumps(item)


def test_a_key_as_the_name_of_a_label_is_not_kept(cloud: Cloud) -> None:
    body = json.dumps([{"labels": {KEY: {}}}]).encode()
    answer = cloud.ask(request("/api/v2/alerts", body))
    assert (answer.status, len(answer.refused)) == (400, 1)
    assert KEY not in str(answer.kept)
