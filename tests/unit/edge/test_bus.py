"""Putting events on the bus: few calls, and none is taken for granted."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from leitplanke.domain.errors import UnavailableError
from leitplanke.edge.bus import ATTEMPTS, MAX_CALL_BYTES, EventRefusedError, publish_all

Refuse = Callable[[int, dict[str, Any]], str | None]
"""The error code for an entry of the n-th call, None if it is taken."""


class Bus:
    def __init__(self, refuse: Refuse = lambda number, entry: None) -> None:
        self.refuse = refuse
        self.calls: list[list[dict[str, Any]]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(Entries)
        codes = [self.refuse(len(self.calls), entry) for entry in Entries]
        results = [{"ErrorCode": code, "ErrorMessage": "no"} if code else {"EventId": "e"} for code in codes]
        return {"FailedEntryCount": sum(code is not None for code in codes), "Entries": results}

    def put(self, *numbers: int, text: str = "") -> int:
        return publish_all(self, "the-bus", [event(n, text) for n in numbers], sleep=self.pauses.append)  # type: ignore[arg-type]

    @property
    def pauses(self) -> list[float]:
        self._pauses: list[float] = getattr(self, "_pauses", [])
        return self._pauses

    def ids(self) -> list[list[str]]:
        return [[json.loads(entry["Detail"])["id"] for entry in call] for call in self.calls]


def event(number: int, text: str = "") -> dict[str, Any]:
    subject = f"incident/{number}"
    return {
        "id": f"{subject}/1",
        "source": "leitplanke",
        "type": "incident.opened",
        "subject": subject,
        "t": text,
    }


def test_ten_entries_go_in_one_call_in_order() -> None:
    bus = Bus()

    assert bus.put(*range(23)) == 3
    assert [len(call) for call in bus.calls] == [10, 10, 3]
    assert [one for call in bus.ids() for one in call] == [f"incident/{n}/1" for n in range(23)]
    assert bus.calls[0][0] | {"Detail": ""} == {
        "Source": "leitplanke",
        "DetailType": "incident.opened",
        "Detail": "",
        "EventBusName": "the-bus",
        "Resources": ["incident/0"],
    }


def test_nothing_to_say_is_no_call() -> None:
    bus = Bus()

    assert bus.put() == 0
    assert bus.calls == []


def test_large_events_go_in_calls_of_their_own() -> None:
    bus = Bus()
    bus.put(*range(5), text="x" * (MAX_CALL_BYTES // 3))

    assert [len(call) for call in bus.calls] == [2, 2, 1]


def test_only_what_was_refused_is_sent_again() -> None:
    bus = Bus(
        lambda number, entry: "ThrottlingException" if number < 3 and "/3/" in entry["Detail"] else None
    )

    assert bus.put(1, 2, 3, 4) == 3
    assert bus.ids() == [[f"incident/{n}/1" for n in (1, 2, 3, 4)], ["incident/3/1"], ["incident/3/1"]]
    assert len(bus.pauses) == 2


def test_what_is_refused_all_the_time_has_to_come_again() -> None:
    bus = Bus(lambda number, entry: "InternalFailure")

    with pytest.raises(UnavailableError, match="refused 2 of 2"):
        bus.put(1, 2)
    assert len(bus.calls) == ATTEMPTS


def test_what_will_never_be_taken_is_not_tried_again() -> None:
    bus = Bus(lambda number, entry: "MalformedDetail" if "/2/" in entry["Detail"] else None)

    with pytest.raises(EventRefusedError, match="incident/2"):
        bus.put(1, 2, 3)
    assert len(bus.calls) == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "PutEvents"), UnavailableError),
        (ClientError({"Error": {"Code": "ValidationException"}}, "PutEvents"), EventRefusedError),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), UnavailableError),
    ],
)
def test_a_call_that_fails_as_a_whole(error: Exception, kind: type[Exception]) -> None:
    bus = Bus()

    def fail(**_: Any) -> Any:
        raise error

    bus.put_events = fail  # type: ignore[method-assign]
    with pytest.raises(kind):
        bus.put(1)
