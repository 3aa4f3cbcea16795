"""Saying something to the front door, as a monitoring system does: with an integration key."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import httpx

from leitplanke_client.event_models import Event, Received
from leitplanke_client.transport import Call, Credential, Transport

_CLOUDEVENTS = "application/cloudevents-batch+json"


class Sender:
    """`with Sender(url, key) as sender: sender.send([Event(...)])`. A message that comes twice is no harm."""

    def __init__(
        self,
        url: str,
        key: Credential,
        *,
        http: httpx.BaseTransport | None = None,
        **transport: Any,
    ) -> None:
        self._transport = Transport(url, key, http=http, **transport)

    def __enter__(self) -> "Sender":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    def send(self, events: Sequence[Event]) -> Received:
        """Say these. Good ones are stored even if others are refused; WrongRequestError if none was good."""
        return self.send_raw([event.model_dump(mode="json", exclude_defaults=True) for event in events])

    def send_raw(self, events: Sequence[Mapping[str, Any]], *, cloudevents: bool = False) -> Received:
        """The same with events as plain data: our own JSON, or CloudEvents 1.0."""
        headers = {"content-type": _CLOUDEVENTS} if cloudevents else {}
        call = Call(method="POST", path="/v1/events", json=list(events), headers=headers)
        return self._transport.ask(call, Received)
