"""Who speaks at which route, how, and what an error has to look like for it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.hostile.cloud import KEY, Answered

Item = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One protocol in one of its forms. `slots`: where an item has what all items have.

    `batch` says whether one request holds several items, `wrap` makes the body's value of them.
    """

    name: str
    wire: str
    good: Callable[[int], Item]
    slots: Mapping[str, tuple[str, ...]]
    wrap: Callable[[Sequence[Any]], Any] = list
    batch: bool = True
    ok: int = 202
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})

    def __str__(self) -> str:
        return self.name

    def body(self, items: Sequence[Any]) -> bytes:
        """The items as this protocol sends them; lone surrogates as escapes."""
        return json.dumps(self.wrap(items)).encode()

    def changed(self, slot: str, value: Any, number: int = 7) -> Item:
        """A good item with this value in that place."""
        item = self.good(number)
        inner: Any = item
        *path, last = self.slots[slot]
        for name in path:
            inner = inner[name]
        inner[last] = value
        return item

    def faults_of_error(self, answer: Answered) -> list[str]:
        """What is wrong with an error answer, as this protocol words them."""
        return _ERRORS[self.wire](answer)


def _labels(number: int) -> dict[str, str]:
    return {"alertname": "GatewayDown", "instance": f"gw-{number}", "severity": "critical", "x": "y"}


def _prometheus(number: int) -> Item:
    return {
        "labels": _labels(number),
        "annotations": {"summary": "the gateway is down"},
        "startsAt": "2026-03-11T11:50:00Z",
        "endsAt": "2198-03-11T12:04:00Z",
        "generatorURL": "http://prometheus.example/graph",
    }


def _alertmanager(number: int) -> Item:
    return {**_prometheus(number), "status": "firing", "fingerprint": f"57c6d9296de2ad{number:02}"}


def _pagerduty(number: int) -> Item:
    return {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": f"gw-{number}",
        "payload": {
            "summary": "the gateway is down",
            "source": f"gw-{number}",
            "severity": "critical",
            "timestamp": "2026-03-11T11:50:00Z",
            "custom_details": {"x": "y"},
        },
    }


def _json(number: int) -> Item:
    return {
        "alert_key": f"gw-{number}",
        "title": "the gateway is down",
        "severity": "critical",
        "labels": _labels(number),
        "annotations": {"summary": "it is"},
        "occurred_at": "2026-03-11T11:50:00Z",
    }


def _cloudevent(number: int) -> Item:
    return {
        "specversion": "1.0",
        "id": f"{number}",
        "source": "/gateways",
        "subject": f"gw-{number}",
        "type": "com.example.gateway.failed",
        "time": "2026-03-11T11:50:00Z",
        "data": _json(number),
    }


_LABELLED = {
    "title": ("annotations", "summary"),
    "label": ("labels", "x"),
    "labels": ("labels",),
    "annotations": ("annotations",),
    "time": ("startsAt",),
    "severity": ("labels", "severity"),
}
PROMETHEUS = Sender(name="prometheus", wire="prometheus", good=_prometheus, slots=_LABELLED, ok=200)
ALERTMANAGER = Sender(
    name="alertmanager",
    wire="alertmanager",
    good=_alertmanager,
    slots={**_LABELLED, "key": ("fingerprint",)},
    wrap=lambda items: {"version": "4", "alerts": list(items)},
    ok=200,
)
PAGERDUTY = Sender(
    name="pagerduty",
    wire="pagerduty",
    good=_pagerduty,
    slots={
        "key": ("dedup_key",),
        "title": ("payload", "summary"),
        "label": ("payload", "custom_details", "x"),
        "annotations": ("payload", "custom_details"),
        "time": ("payload", "timestamp"),
        "severity": ("payload", "severity"),
    },
    wrap=lambda items: items[0],
    batch=False,
)
JSON = Sender(
    name="json",
    wire="json",
    good=_json,
    slots={
        "key": ("alert_key",),
        "title": ("title",),
        "label": ("labels", "x"),
        "labels": ("labels",),
        "annotations": ("annotations",),
        "time": ("occurred_at",),
        "severity": ("severity",),
    },
)
_IN_DATA = {
    "key": ("data", "alert_key"),
    "title": ("data", "title"),
    "label": ("data", "labels", "x"),
    "labels": ("data", "labels"),
    "annotations": ("data", "annotations"),
    "time": ("time",),
    "severity": ("data", "severity"),
}
CLOUDEVENT = Sender(
    name="cloudevents",
    wire="cloudevents",
    good=_cloudevent,
    slots=_IN_DATA,
    wrap=lambda items: items[0],
    batch=False,
    headers={"content-type": "application/cloudevents+json"},
)
CLOUDEVENTS_BATCH = Sender(
    name="cloudevents-batch",
    wire="cloudevents",
    good=_cloudevent,
    slots=_IN_DATA,
    headers={"content-type": "application/cloudevents-batch+json"},
)
CLOUDEVENTS_BINARY = Sender(
    name="cloudevents-binary",
    wire="cloudevents",
    good=_json,
    slots={name: path for name, path in JSON.slots.items() if name != "time"},
    wrap=lambda items: items[0],
    batch=False,
    headers={
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": "7",
        "ce-source": "/gateways",
        "ce-type": "com.example.gateway.failed",
    },
)
SENDERS = (
    *(PROMETHEUS, ALERTMANAGER, PAGERDUTY, JSON),
    *(CLOUDEVENT, CLOUDEVENTS_BATCH, CLOUDEVENTS_BINARY),
)


def _content_type(answer: Answered, wanted: str) -> list[str]:
    found = answer.headers.get("content-type", "")
    return [] if found == wanted else [f"content-type is {found!r}, not {wanted!r}"]


def _alertmanager_string(answer: Answered) -> list[str]:
    """API v2: an error is a JSON string."""
    text = json.loads(answer.body)
    wrong = [] if isinstance(text, str) and text.strip() else [f"not a JSON string: {answer.body[:100]}"]
    return wrong + _content_type(answer, "application/json")


def _pagerduty_object(answer: Answered) -> list[str]:
    """Events API v2: status, message, and a list of errors."""
    found = json.loads(answer.body)
    shaped = set(found) == {"status", "message", "errors"} and isinstance(found["errors"], list)
    told = shaped and all(isinstance(one, str) and one for one in found["errors"]) and found["errors"]
    return ([] if told else [f"not PagerDuty's: {answer.body[:100]}"]) + _content_type(
        answer, "application/json"
    )


def _problem(answer: Answered) -> list[str]:
    """RFC 9457, with a reason and a remedy somewhere in it."""
    found = json.loads(answer.body)
    shaped = found["type"].startswith("urn:leitplanke:error:") and found["status"] == answer.status
    told = bool(found.get("detail")) and ("remedy" in found or "rejected" in found)
    wrong = [] if shaped and told else [f"not a problem with a remedy: {answer.body[:200]}"]
    return wrong + _content_type(answer, "application/problem+json")


_ERRORS: Mapping[str, Callable[[Answered], list[str]]] = {
    "prometheus": _alertmanager_string,
    "alertmanager": _problem,
    "pagerduty": _pagerduty_object,
    "json": _problem,
    "cloudevents": _problem,
}
